"""Discovery: what a server lists, and whether it lists it as the specification says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .answer import error_findings
from .call import Entry
from .exchange import NOT_JSON, Exchange, json_findings
from .finding import Finding, held
from .shape import shape_findings


def discovery_findings(discovery: Exchange) -> Iterator[Finding]:
    """What the answer to GET /cds-services shows."""
    found = discovery.status == 200
    yield held("discovery.address", found, discovery.name, f"{discovery.told}, not 200")
    if not found:
        yield from error_findings(discovery)
        return
    yield from json_findings(discovery)
    if discovery.document is not NOT_JSON:
        yield from shape_findings("discovery", discovery.document, discovery.name)


def entries_of(document: Any) -> Iterator[Entry]:
    """The entries that can be called; what is malformed in them is left out."""
    services = document.get("services") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else []:
        if not isinstance(service, dict) or not all(isinstance(service.get(k), str) for k in ("id", "hook")):
            continue
        prefetch = service.get("prefetch")
        templates = prefetch.items() if isinstance(prefetch, dict) else ()
        yield Entry(service["id"], service["hook"], {k: t for k, t in templates if isinstance(t, str)})

"""A worker's first call, made before it takes any: what is made when it is first needed is then there."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from ..conformance.sample import Sample, samples
from ..http.envelope import EnvelopeReader
from ..random_uuid import random_uuid
from ..service import Service, explain_hook
from ..settings import Settings

HOOK = "order-select"


def warm(service: Service, today: date) -> None:
    """Answer a call about each synthetic patient that comes with the service, and drop the answers. Raises what a real
    call would raise."""
    described = service.description()
    hook = HOOK if HOOK in described.hooks else described.hooks[0]
    reader = EnvelopeReader(described, Settings().max_depth)
    for sample in samples():
        call = {
            "hook": hook,
            "hookInstance": random_uuid(),
            "context": sample.context(hook),
            "prefetch": {key: _found(template, sample) for key, template in service.prefetch.items()},
        }
        received = reader.read(msgspec.json.encode(call))
        msgspec.json.encode(explain_hook(received, service, today, random_uuid).response)


def _found(template: str, sample: Sample) -> dict[str, Any] | None:
    """What a search for this type finds, whatever else it asks for."""
    kind = template.partition("?")[0].partition("/")[0]
    resources = [resource for resource in sample.resources if resource["resourceType"] == kind]
    if "?" not in template:
        return dict(resources[0]) if resources else None
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

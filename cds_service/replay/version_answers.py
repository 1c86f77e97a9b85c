"""A program of its own: another version of this package answers calls, one JSON line each.

It is given to that version's Python as text, so `cds_service` here is that version's; it goes by names that versions
share: `load`, `make_service`, `EnvelopeReader`, `explain_hook`, `measure`.

First line out: `templates` by client profile and `knowledgeVersion`. Then for each line in (`name`, `profile`, `today`,
`body`) a line with `status` and `answer`. After the last one: `shown`, which statements are met or unknown for which
calls, by kind, address and group.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.client_profile import PROFILES
from cds_service.http.envelope import EnvelopeReader
from cds_service.http.outcome import operation_outcome
from cds_service.http.wire import Refusal
from cds_service.loading import load
from cds_service.replay.coverage import measure
from cds_service.service import Service, explain_hook, make_service

MAX_DEPTH = 100


def tell(line: Any) -> None:
    print(json.dumps(line), flush=True)


def calls(services: dict[str, Service]) -> Iterator[tuple[str, Any]]:
    """Answer what comes, and pass on what the answers rest on."""
    for text in sys.stdin:
        line = json.loads(text)
        service, name = services[line["profile"]], line["name"]
        numbers = count(1)

        def new_id(name: str = name, numbers: Iterator[int] = numbers) -> str:
            return str(uuid5(NAMESPACE_URL, f"{name}#{next(numbers)}"))

        try:
            call = EnvelopeReader(service.description(), MAX_DEPTH).read(json.dumps(line["body"]).encode())
            answer = explain_hook(call, service, date.fromisoformat(line["today"]), new_id)
        except Refusal as refusal:
            tell({"status": refusal.status, "answer": operation_outcome(refusal, "replay")})
            continue
        tell({"status": 200, "answer": answer.response})
        yield name, answer.assessment


def main(knowledge: str, wording: str) -> None:
    """Answer with the version's own folders, or with others where they are named."""
    folders = {"knowledge": Path(knowledge)} if knowledge else {}
    loaded = load(**folders, wording=Path(wording) if wording else None, snomed_affiliate=True)
    services = {
        name: make_service(loaded, "http://127.0.0.1:8080", profile=profile)
        for name, profile in PROFILES.items()
    }
    templates = {name: dict(service.prefetch) for name, service in services.items()}
    tell({"templates": templates, "knowledgeVersion": loaded.knowledge.version})
    shown = measure(loaded, calls(services)).covered
    tell(
        {
            "shown": [
                [
                    c.statement.kind,
                    c.statement.address,
                    c.statement.group,
                    [*c.shown["met"], *c.shown["unknown"]],
                ]
                for c in shown
                if c.shown["met"] or c.shown["unknown"]
            ]
        }
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

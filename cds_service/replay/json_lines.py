"""A replay as JSON Lines: one object for each call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from .run import Outcome


def as_json_lines(outcomes: Sequence[Outcome]) -> str:
    """For each call `name`, `hook`, `profile`, `today`, `asExpected`, `expects` (whether there was anything to
    compare with), `differences` (lines), `status`, `answer` (the body that came) and `evidence`: by fact the records
    behind it, each with `resource`, `element` and `date`."""
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in _lines(outcomes))


def _lines(outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    for outcome in outcomes:
        call = outcome.call
        yield {
            "name": call.name,
            "hook": call.hook,
            "profile": call.profile,
            "today": call.today,
            "asExpected": not outcome.differences,
            "expects": call.expects,
            "differences": outcome.differences,
            "status": outcome.status,
            "answer": outcome.answer,
            "evidence": {
                fact: [{"resource": e.resource, "element": e.element, "date": e.date} for e in records]
                for fact, records in outcome.evidence.items()
                if records
            },
        }

"""A ledger as text for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .ledger import Ledger, Row

MARKS = {"pass": "pass", "fail": "FAIL", "not run": "not run", "not testable from outside": "inside"}


def as_text(ledger: Ledger) -> Iterator[str]:
    """A line for each requirement, the reasons below those that did not pass, and the counts at the end.

    `inside` marks what no call from outside can show."""
    width = max(len(row.requirement.id) for row in ledger.rows)
    for row in ledger.rows:
        asked = row.requirement
        yield f"{MARKS[row.status]:<7}  {asked.level:<10}  {asked.id:<{width}}  {asked.says}"
        for why in row.why:
            yield f"{'':<21}{why}"
    yield ""
    yield ", ".join(f"{count} {status}" for status, count in ledger.counts.items())


def as_json(ledger: Ledger, url: str) -> str:
    """One object: `url`, `conforms`, `counts` by status and `requirements`, each with its status and why."""
    document = {
        "url": url,
        "conforms": ledger.conforms,
        "counts": ledger.counts,
        "requirements": [_row(row) for row in ledger.rows],
    }
    return json.dumps(document, indent=2)


def _row(row: Row) -> dict[str, object]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "section": requirement.section,
        "level": requirement.level,
        "says": requirement.says,
        "status": row.status,
        "seen": row.seen,
        "why": list(row.why),
    }

"""A replay as one HTML page that needs no network: cards as an EHR shows them, facts, expectations, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..pages import pages_of
from .compare import EXTENSION
from .coverage import Coverage, sums
from .coverage_report import PLURALS
from .run import Outcome
from .side_by_side import as_written, side_by_side

PAGES = pages_of("cds_service.replay")


def as_page(outcomes: Sequence[Outcome], coverage: Coverage | None = None) -> str:
    """The page. `coverage` is what the calls show of the knowledge; without it there is no summary of that."""
    differing = sum(1 for outcome in outcomes if outcome.differences)
    return PAGES.get_template("replay.html.jinja").render(
        outcomes=[_shown(outcome) for outcome in outcomes],
        count=len(outcomes),
        differing=differing,
        version=next((v for o in outcomes if (v := _assessment(o).get("knowledgeVersion"))), ""),
        sums=[(PLURALS[kind], of, complete) for kind, (of, complete) in sums(coverage).items()]
        if coverage
        else [],
    )


def _assessment(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = outcome.answer.get("extension", {}).get(EXTENSION, {})
    return found


def _shown(outcome: Outcome) -> dict[str, Any]:
    assessment = _assessment(outcome)
    facts = assessment.get("facts", ())
    return {
        "name": outcome.call.name,
        "title": outcome.call.title,
        "why": outcome.call.why,
        "hook": outcome.call.hook,
        "today": outcome.call.today,
        "status": outcome.status,
        "expects": outcome.call.expects,
        "differences": outcome.differences,
        "lines": [
            (o.label, as_written(o.expected), as_written(o.found), o.differs) for o in side_by_side(outcome)
        ],
        "cards": outcome.answer.get("cards", ()),
        "problem": _problem(outcome),
        "groups": assessment.get("patientGroups", ()),
        "placement": assessment.get("placement", ""),
        "orders": assessment.get("orders", ()),
        "facts": [_fact(fact, outcome) for fact in facts if fact["state"] != "unknown"],
        "unknown": [
            f"{fact['fact']} ({fact.get('why', '')})" for fact in facts if fact["state"] == "unknown"
        ],
    }


def _fact(fact: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    records = outcome.evidence.get(fact["fact"], ())
    known = [(e.resource, e.element, str(e.date or "undated")) for e in records]
    return {
        "name": fact["fact"],
        "state": fact["state"],
        "value": as_written(fact.get("value", fact.get("values", []))),
        "from": known or [(reference, "", "") for reference in fact.get("evidence", ())],
        "remarks": ", ".join(fact.get("remarks", ())),
    }


def _problem(outcome: Outcome) -> str:
    issues = outcome.answer.get("issue", ())
    told = [part for i in issues for part in (i.get("details", {}).get("text"), i.get("diagnostics")) if part]
    return " ".join(told)

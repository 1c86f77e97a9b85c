"""The assessment: everything the pathway says of one patient and the drafted orders, in ids only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from ..case.fact import Case, Choice, Evidence, Fact, Interval, Members, Value
from .answer import Answer, state
from .trials import TrialStanding
from .verdict import Verdict

SCHEMA_VERSION = "1"
Placement = Literal["placed", "several", "not-addressed", "out-of-scope"]


@dataclass(frozen=True, slots=True)
class Offered:
    """One option as offered over all possible groups: met only if every one of them offers it now."""

    option: str
    role: str | None
    line: str
    answer: Answer
    sources: tuple[str, ...]
    needs: tuple[str, ...] = ()
    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that would change something, and what: `patientGroups`, `options`, `orders`.

    `leads` gives, for each value that the fact could have, the verdict of each order by its reference. `behind` is
    the derived fact whose values these are, where the fact is asked for because it leaves that one open.
    """

    fact: str
    changes: tuple[str, ...]
    leads: tuple[tuple[Value, Mapping[str, str]], ...] = ()
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What `assess` found. `facts` are all facts of the disease, read and derived.

    `not_addressed` are the situations, of those still possible, of which the sources say nothing.
    """

    case: Case
    knowledge_version: str
    disease: str
    placement: Placement
    groups: tuple[str, ...]
    facts: Mapping[str, Fact]
    options: tuple[Offered, ...]
    verdicts: tuple[Verdict, ...]
    missing: tuple[Missing, ...]
    listed: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    treated_as: tuple[str, ...] = ()
    not_addressed: tuple[str, ...] = ()
    trials: tuple[TrialStanding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The machine-readable form (`assessment.schema.json`): no null and no empty members."""
        found: dict[str, Any] = {
            "schemaVersion": SCHEMA_VERSION,
            "knowledgeVersion": self.knowledge_version,
            "disease": self.disease,
            "placement": self.placement,
            "patientGroups": list(self.groups),
            "treatedAs": list(self.treated_as),
            **self._silence(),
            "facts": [fact_json(self.facts[name]) for name in self.listed],
            "options": [_offered_json(o) for o in self.options],
            # an unselected draft that is contraindicated has its card, not an entry
            "orders": [_verdict_json(v) for v in self.verdicts if v.order.selected],
            "missing": [{"fact": m.fact, "changes": list(m.changes)} for m in self.missing],
            "trials": [t.to_json() for t in self.trials],
            "failedQueries": list(self.case.failed),
            "failureReasons": [{"query": q, "code": c} for q, c in self.case.why_failed.items()],
            "unread": [{"resource": u.resource, "problem": u.problem} for u in self.case.unread],
        }
        return {name: value for name, value in found.items() if value}

    def _silence(self) -> dict[str, Any]:
        """What the sources do not address for certain, or may not while facts are missing."""
        if self.placement != "not-addressed":
            return {"possiblyNotAddressed": list(self.not_addressed)}
        others = list(self.not_addressed[1:])
        return {
            "notAddressed": self.not_addressed[0],
            "possiblyNotAddressed": [*self.not_addressed] if others else [],
        }


def _offered_json(offered: Offered) -> dict[str, Any]:
    found: dict[str, Any] = {"option": offered.option}
    if offered.role:
        found["role"] = offered.role
    found |= {"line": offered.line, "state": state(offered.answer), "sources": list(offered.sources)}
    if offered.answer is None and offered.needs:
        found["needs"] = list(offered.needs)
    if offered.differs:
        found["note"] = "sources-differ"
    return found


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {"order": verdict.order.reference}
    if verdict.option:
        found["option"] = verdict.option
    found["verdict"] = verdict.verdict
    if verdict.reasons:
        found["reasons"] = list(verdict.reasons)
    return found


def fact_json(fact: Fact) -> dict[str, Any]:
    """One fact: known with its value, possible with the values left, or unknown with why."""
    # in one piece: every call tells some forty
    value = fact.value
    found: dict[str, Any]
    if fact.why is not None:
        found = {"fact": fact.id, "state": "unknown", "why": fact.why}
    elif isinstance(value, Choice):
        if len(value.possible) == 1:
            (only,) = value.possible
            found = {"fact": fact.id, "state": "known", "value": only}
        else:
            found = {"fact": fact.id, "state": "possible", "values": sorted(value.possible, key=str)}
    elif isinstance(value, Members):
        if value.known:
            found = {"fact": fact.id, "state": "known"}
            # an empty set has no content to state: CDS Hooks forbids empty members
            if value.present:
                found["value"] = sorted(value.present)
            if value.unknown:
                found["open"] = sorted(value.unknown)
        else:
            found = {"fact": fact.id, "state": "possible", "values": sorted(value.unknown)}
    elif value.low == value.high:
        found = {"fact": fact.id, "state": "known", "value": value.low}
    else:
        found = {"fact": fact.id, "state": "possible", "range": _range(value)}
    if fact.evidence:
        found["evidence"] = _resources(fact.evidence)
    if fact.overruled:
        found["overruled"] = _resources(fact.overruled)
    if fact.remarks:
        found["remarks"] = list(fact.remarks)
    return found


def _resources(evidence: Sequence[Evidence]) -> list[str]:
    if len(evidence) == 1:
        return [evidence[0].resource]
    return sorted({e.resource for e in evidence})


def _range(value: Interval) -> dict[str, float]:
    found: dict[str, float] = {}
    if value.low > -inf:
        found["above" if value.low_open else "at-least"] = value.low
    if value.high < inf:
        found["below" if value.high_open else "up-to"] = value.high
    return found

"""The ledger of one run: for each requirement what was seen, or why nothing could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .finding import Finding
from .requirement import Requirement, requirements

Status = Literal["pass", "fail", "not run", "not testable from outside"]
STATUSES: tuple[Status, ...] = ("pass", "fail", "not run", "not testable from outside")
NOTHING_CAME = "nothing of this kind came in any answer"
REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement and what a run says of it. `seen` counts the looks that were passed or failed."""

    requirement: Requirement
    status: Status
    seen: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every requirement once, in the order of the specification."""

    rows: tuple[Row, ...]

    @property
    def counts(self) -> dict[Status, int]:
        """How many rows have each status."""
        found = Counter(row.status for row in self.rows)
        return {status: found[status] for status in STATUSES}

    @property
    def conforms(self) -> bool:
        """Whether nothing that was seen breaks a SHALL or SHALL NOT."""
        return not any(row.status == "fail" and row.requirement.binding for row in self.rows)

    @property
    def flawless(self) -> bool:
        """Whether nothing at all that was seen fails."""
        return not self.counts["fail"]


def ledger(findings: Iterable[Finding]) -> Ledger:
    """The findings by requirement. Raises KeyError for a finding about a requirement that no row has."""
    by_requirement: dict[str, list[Finding]] = {requirement.id: [] for requirement in requirements()}
    for finding in findings:
        by_requirement[finding.requirement].append(finding)
    return Ledger(tuple(_row(r, by_requirement[r.id]) for r in requirements()))


def _row(requirement: Requirement, findings: Sequence[Finding]) -> Row:
    failed = [f for f in findings if f.verdict == "fail"]
    passed = [f for f in findings if f.verdict == "pass"]
    seen = len(failed) + len(passed)
    if failed:
        return Row(requirement, "fail", seen, _told(failed))
    if passed:
        return Row(requirement, "pass", seen, ())
    if findings:
        return Row(requirement, "not run", 0, _told(findings))
    if requirement.why_not_outside:
        return Row(requirement, "not testable from outside", 0, (requirement.why_not_outside,))
    return Row(requirement, "not run", 0, (NOTHING_CAME,))


def _told(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Each reason once, with the first place where it was seen."""
    first: dict[str, str] = {}
    for finding in findings:
        first.setdefault(finding.why, finding.where)
    told = [f"{where}: {why}" for why, where in first.items()]
    more = len(told) - REASONS_SHOWN
    return (*told[:REASONS_SHOWN], *([f"and {more} more"] if more > 0 else []))

"""Patients who no longer get what the sources lead one to expect: which authored condition that points to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..pathway.answer import State
from .coverage import Coverage
from .statements import Statement


@dataclass(frozen=True, slots=True)
class Suspect:
    """A condition that has one answer in many of the patients who differ and in few others.

    Of `have` patients in whom the condition is `answer`, `differ` are not as expected.
    """

    statement: Statement
    answer: State
    differ: int
    have: int

    def __str__(self) -> str:
        one = self.statement
        answers = f"{self.answer} in {self.have} patients, {self.differ} of whom differ"
        return f"{one.file}:{one.line}: {one.kind} {one.address} is {answers}"


def suspects(coverage: Coverage, differing: Collection[str], most: int = 3) -> list[Suspect]:
    """Where to look first: the conditions whose patients are most nearly the ones that differ.

    Nearness is the balance (F1) between how many of the condition's patients differ and how many of those who
    differ are the condition's.
    """
    found = sorted(_suspects(coverage, frozenset(differing)), key=lambda pair: -pair[0])
    return [suspect for _, suspect in found[:most]]


def _suspects(coverage: Coverage, differing: frozenset[str]) -> Iterator[tuple[float, Suspect]]:
    for covered in coverage.covered:
        for answer, names in covered.shown.items():
            if both := len(differing.intersection(names)):
                nearness = 2 * both / (len(names) + len(differing))
                yield nearness, Suspect(covered.statement, answer, both, len(names))

"""Judging once more: inside groups whose verdict rests on nothing that differs, what was found before stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..case.fact import DraftOrder
from .criteria import Values
from .groups import Group
from .inside import InGroup, Inside


class InsideAgain:
    """Judges orders inside groups by values that differ in few facts, now in these, now in those: what rests on none
    of them is judged once."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._rests_on: dict[tuple[str | None, str, int], frozenset[str]] = {}
        self._found: dict[tuple[DraftOrder, str, frozenset[str]], dict[int, InGroup]] = {}

    def judge(
        self,
        order: DraftOrder,
        option: str,
        values: Values,
        groups: Sequence[Group],
        beside: frozenset[str],
        differing: frozenset[str],
    ) -> list[InGroup]:
        """What `Inside` finds in each of the groups; `differing` are the facts of which the values differ."""
        found = self._found.setdefault((order, option, beside), {})
        inside = []
        for group in groups:
            if not self._resting(order, option, group).isdisjoint(differing):
                inside.append(self._inside.judge(order, option, values, group, beside))
                continue
            # groups live as long as the knowledge
            before = found.get(id(group))
            if before is None:
                before = found[id(group)] = self._inside.judge(order, option, values, group, beside)
            inside.append(before)
        return inside

    def _resting(self, order: DraftOrder, option: str, group: Group) -> frozenset[str]:
        key = order.item, option, id(group)
        found = self._rests_on.get(key)
        if found is None:
            found = self._rests_on[key] = self._inside.rests_on(order, option, group)
        return found


class Again(NamedTuple):
    """Judges by values that differ in the facts `differing` alone, where only the verdict itself is wanted."""

    inside: InsideAgain
    differing: frozenset[str]

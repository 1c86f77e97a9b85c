"""Verdicts inside the possible groups put together to one: its reasons and its offers."""

from __future__ import annotations

from .grounds import Grounds
from .inside import InGroup, Told
from .options import Offer
from .rules import Rule
from .verdict import VerdictWord


def addressed(grounds: Grounds) -> bool:
    """Where the sources say nothing of the patient at all, nothing is "on the pathway with a caution"."""
    return any(g.addressed for g in grounds.groups)


def reasons_over(
    word: VerdictWord,
    held_open: bool,
    grounds: Grounds,
    inside: list[InGroup],
    told: list[Told],
    cautions: list[Rule],
) -> tuple[str, ...]:
    """Those of the groups, after those of the cautions that stand; of an open verdict those of the groups that leave
    it open, unless a caution that may stand holds it open."""
    found = [r for each in told for r in each.reasons]
    if word == "caution" and cautions and addressed(grounds):
        found = [*(r.id for r in cautions), *found]
    elif word == "undetermined" and not held_open:
        found = [
            r
            for i, each in zip(inside, told, strict=True)
            if i.verdict == "undetermined"
            for r in each.reasons
        ]
    return tuple(dict.fromkeys(found))


def offers_over(offers: list[tuple[Offer, ...]]) -> tuple[Offer, ...]:
    """Those by which the order was judged in any of the groups, each once."""
    return offers[0] if len(offers) == 1 else tuple(dict.fromkeys([o for each in offers for o in each]))

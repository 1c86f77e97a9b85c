"""How the offers of the groups stand in which a patient may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .answer import Answer, some
from .criteria import Values
from .groups import Group
from .knowledge import Knowledge
from .options import Offer, OfferKey

# the answers of offers, by the ids of group and offer
Left = Mapping[tuple[str, str], Answer]


class Standing(NamedTuple):
    """One offer of one possible group, and whether its condition is met. `position` is that of the group, `inside`
    are the values of a patient who is in it."""

    position: int
    inside: Values
    offer: Offer
    answer: Answer


def standing_of(
    values: Values, groups: Sequence[Group], knowledge: Knowledge, left: Left | None = None
) -> dict[OfferKey, list[Standing]]:
    """How every offer of the possible groups stands, by option, role and line; those that are `left` as that says."""
    refused = _Refused(values, knowledge)
    left = left or {}
    found: dict[OfferKey, list[Standing]] = {}
    for position, group in enumerate(groups):
        inside = group.within(values)
        for offer in group.offers:
            at = (group.id, offer.id)
            answer = left[at] if at in left else refused.answer(offer, inside)
            found.setdefault(offer.key, []).append(Standing(position, inside, offer, answer))
    return found


def left_standing(
    now: Mapping[OfferKey, Sequence[Standing]],
    groups: Sequence[Group],
    knowledge: Knowledge,
    differing: frozenset[str],
) -> Left:
    """What stays of how offers stand `now` in these groups, when these facts differ."""
    return {
        (groups[s.position].id, s.offer.id): s.answer
        for standings in now.values()
        for s in standings
        if knowledge.rests_on(s.offer).isdisjoint(differing)
    }


def over_groups(
    standing: Mapping[OfferKey, Sequence[Standing]], groups: Sequence[Group]
) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown over the possible groups."""
    return {
        key: answer
        for key, standings in standing.items()
        if (answer := _over_groups(standings, groups)) is not False
    }


def over_groups_again(
    now: Mapping[OfferKey, Sequence[Standing]],
    options: Mapping[OfferKey, Answer],
    values: Values,
    groups: Sequence[Group],
    knowledge: Knowledge,
    differing: frozenset[str],
) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown over the same groups as `now`, where `options` are, when these facts
    differ."""
    refused = _Refused(values, knowledge)
    inside: dict[int, Values] = {}
    found: dict[OfferKey, Answer] = {}
    for key, standings in now.items():
        again = None
        for index, s in enumerate(standings):
            if knowledge.rests_on(s.offer).isdisjoint(differing):
                continue
            if s.position not in inside:
                inside[s.position] = groups[s.position].within(values)
            again = again or list(standings)
            again[index] = s._replace(answer=refused.answer(s.offer, inside[s.position]))
        answer = options.get(key, False) if again is None else _over_groups(again, groups)
        if answer is not False:
            found[key] = answer
    return found


def _over_groups(standings: Sequence[Standing], groups: Sequence[Group]) -> Answer:
    """Met only if every possible group offers it now; not met if none may."""
    if len(groups) == 1:
        return standings[0].answer if len(standings) == 1 else some(s.answer for s in standings)
    in_group: dict[int, Answer] = {}
    for s in standings:
        in_group[s.position] = some((in_group.get(s.position, False), s.answer))
    if len(in_group) == len(groups) and all(answer is True for answer in in_group.values()):
        return True
    return False if all(answer is False for answer in in_group.values()) else None


class _Refused:
    """Which options a rule speaks against whatever the group; looked up once, for groups offer the same ones."""

    def __init__(self, values: Values, knowledge: Knowledge) -> None:
        self._values, self._judge = values, knowledge.judge
        self._found: dict[str, bool] = {}

    def answer(self, offer: Offer, inside: Values) -> Answer:
        """How an offer stands inside its group."""
        answer = offer.evaluate(inside)
        if answer is False:
            return False
        refused = self._found.get(offer.option)
        if refused is None:
            refused = self._found[offer.option] = self._judge.refused(offer.option, self._values)
        return False if refused else answer

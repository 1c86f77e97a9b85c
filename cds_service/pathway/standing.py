"""How the offers of the groups stand in which a patient may be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from .answer import Answer, some
from .criteria import Values
from .groups import Group
from .knowledge import Knowledge
from .options import OfferKey


class Standing(NamedTuple):
    """One possible group: `inside` are the values of a patient who is in it, `answers` say of each of its offers, in
    their order, whether the condition is met."""

    group: Group
    inside: Values
    answers: Sequence[Answer]


def standing_of(values: Values, groups: Sequence[Group], knowledge: Knowledge) -> list[Standing]:
    """How the offers of the possible groups stand."""
    refused = _Refused(values, knowledge)
    return [_standing(group, values, refused) for group in groups]


def standing_again(
    now: Sequence[Standing],
    values: Values,
    groups: Sequence[Group],
    knowledge: Knowledge,
    differing: frozenset[str],
) -> Sequence[Standing]:
    """How the offers of these groups stand where that is known (`now`) of values from which these differ in the facts
    `differing` alone: what rests on none of them stays. The same object where everything does."""
    refused = _Refused(values, knowledge)
    known = {id(s.group): s for s in now}
    again = []
    for group in groups:
        before = known.get(id(group))
        again.append(
            _standing(group, values, refused)
            if before is None
            else _standing_again(before, values, refused, knowledge.resting_on(group, differing))
        )
    same = len(again) == len(now) and all(one is other for one, other in zip(again, now, strict=True))
    return now if same else again


def over_groups(standing: Sequence[Standing]) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown over the possible groups: met only if each of them offers it now."""
    if len(standing) == 1:
        (only,) = standing
        found = _in_group(only)
        if only.group.offers_once:
            return found
        return {key: found[key] for key in only.group.places if key in found}
    every: dict[OfferKey, object] = {}
    possible: set[OfferKey] = set()
    met: dict[OfferKey, int] = {}
    for one in standing:
        every.update(one.group.places)
        for key, answer in _in_group(one).items():
            possible.add(key)
            if answer:
                met[key] = met.get(key, 0) + 1
    return {key: True if met.get(key) == len(standing) else None for key in every if key in possible}


def over_groups_again(
    standing: Sequence[Standing], now: Sequence[Standing], options: Mapping[OfferKey, Answer]
) -> Mapping[OfferKey, Answer]:
    """The same as `over_groups`, but for the order, where `options` are those of `now`."""
    if standing is now:
        return options
    if len(standing) != len(now) or any(
        one.group is not s.group for one, s in zip(standing, now, strict=True)
    ):
        return over_groups(standing)
    changed = {
        key
        for one, before in zip(standing, now, strict=True)
        if one is not before
        for key, answer, was in zip(one.group.keys, one.answers, before.answers, strict=True)
        if answer is not was
    }
    again = dict(options)
    for key in changed:
        answer = _over_groups(key, standing)
        if answer is False:
            again.pop(key, None)
        else:
            again[key] = answer
    return again


def _over_groups(key: OfferKey, standing: Sequence[Standing]) -> Answer:
    found = [some([s.answers[place] for place in s.group.places.get(key, ())]) for s in standing]
    met = found.count(True)
    return True if met == len(standing) else None if met or None in found else False


def _in_group(standing: Standing) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown in one group; in their order if none is offered twice."""
    found: dict[OfferKey, Answer] = {}
    for key, answer in zip(standing.group.keys, standing.answers, strict=True):
        if answer is not False and (answer or key not in found):
            found[key] = answer
    return found


def _standing(group: Group, values: Values, refused: _Refused) -> Standing:
    inside = group.within(values)
    answers = []
    for offer in group.offers:
        answer = offer.evaluate(inside)
        answers.append(answer if answer is False or not refused.by_rule(offer.option) else False)
    return Standing(group, inside, answers)


def _standing_again(before: Standing, values: Values, refused: _Refused, places: Collection[int]) -> Standing:
    if not places:
        return before
    group = before.group
    inside = group.within(values)
    again = list(before.answers)
    for place in places:
        offer = group.offers[place]
        answer = offer.evaluate(inside)
        again[place] = answer if answer is False or not refused.by_rule(offer.option) else False
    return before if again == before.answers else Standing(group, inside, again)


class _Refused:
    """Which options a rule speaks against whatever the group; looked up once, for groups offer the same ones."""

    def __init__(self, values: Values, knowledge: Knowledge) -> None:
        self._values, self._judge = values, knowledge.judge
        self._found: dict[str, bool] = {}

    def by_rule(self, option: str) -> bool:
        refused = self._found.get(option)
        if refused is None:
            refused = self._found[option] = self._judge.refused(option, self._values)
        return refused

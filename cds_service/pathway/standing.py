"""How the offers of the groups stand in which a patient may be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from .answer import Answer, some
from .criteria import Values
from .groups import Group
from .judge import Judge
from .knowledge import Knowledge
from .options import Offer, OfferKey


class Standing(NamedTuple):
    """One possible group: `inside` are the values of a patient who is in it, `answers` say of each of its offers, in
    their order, whether the condition is met."""

    group: Group
    inside: Values
    answers: Sequence[Answer]


def standing_of(values: Values, groups: Sequence[Group], knowledge: Knowledge) -> list[Standing]:
    """How the offers of the possible groups stand."""
    refused = _Refused(values, knowledge.judge)
    return [_standing(group, values, refused) for group in groups]


def over_groups(standing: Sequence[Standing]) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown over the possible groups: met only if each of them offers it now."""
    if len(standing) == 1:
        (only,) = standing
        found = _in_group(only.group, only.answers)
        if only.group.offers_once:
            return found
        return {key: found[key] for key in only.group.places if key in found}
    found = _tallied_up(_tally([_in_group(s.group, s.answers) for s in standing]), len(standing))
    in_order = dict.fromkeys([key for one in standing for key in one.group.places])
    return {key: found[key] for key in in_order if key in found}


def _in_group(group: Group, answers: Sequence[Answer]) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown in one group; in their order if none is offered twice."""
    found: dict[OfferKey, Answer] = {}
    for key, answer in zip(group.keys, answers, strict=True):
        if answer is not False and (answer or key not in found):
            found[key] = answer
    return found


def _standing(group: Group, values: Values, refused: _Refused) -> Standing:
    inside = group.within(values)
    return Standing(group, inside, [refused.answer(offer, inside) for offer in group.offers])


def _differing(
    before: Standing, values: Values, refused: _Refused, places: Collection[int]
) -> Mapping[int, Answer]:
    """Of the offers at some places of a group those that stand otherwise by these values, and how."""
    offers, answers = before.group.offers, before.answers
    inside = before.group.within(values)
    found = {place: refused.answer(offers[place], inside) for place in places}
    return {place: answer for place, answer in found.items() if answer is not answers[place]}


class _Refused:
    """Which options a rule speaks against whatever the group; looked up once, for groups offer the same ones."""

    def __init__(self, values: Values, judge: Judge) -> None:
        self._values, self._judge = values, judge
        self._found: dict[str, bool] = {}

    def answer(self, offer: Offer, inside: Values) -> Answer:
        """Whether the condition of an offer is met by the values of a patient in its group, and no rule is against
        it."""
        answer = offer.evaluate(inside)
        if answer is False:
            return False
        refused = self._found.get(offer.option)
        if refused is None:
            refused = self._found[offer.option] = self._judge.refused(offer.option, self._values)
        return False if refused else answer


class StandingAgain:
    """How the offers stand by values that differ in few facts, now in these, now in those, from the values of a
    patient: what rests on none of them stays."""

    def __init__(
        self, now: Sequence[Standing], options: Mapping[OfferKey, Answer], knowledge: Knowledge
    ) -> None:
        """`now` is how they stand by the patient's own values, `options` what that is over the groups."""
        self._now, self._options, self._knowledge = now, options, knowledge
        self._positions = {id(s.group): position for position, s in enumerate(now)}
        self._resting: dict[str, Sequence[tuple[int, Sequence[int]]]] = {}
        self._offered: list[dict[OfferKey, Answer]] | None = None
        self._tally: dict[OfferKey, tuple[int, int]] | None = None

    def in_the_same(self, values: Values, differing: frozenset[str]) -> Mapping[OfferKey, Answer]:
        """What `over_groups` says of the patient's own groups, but for the order."""
        refused = _Refused(values, self._knowledge.judge)
        moved: dict[OfferKey, tuple[int, int]] = {}
        for position, places in self._touched(differing).items():
            before = self._now[position]
            if otherwise := _differing(before, values, refused, places):
                self._move(before, otherwise, moved)
        if not moved:
            return self._options
        again = dict(self._options)
        for key, (met, possible) in moved.items():
            if possible:
                again[key] = True if met == len(self._now) else None
            else:
                again.pop(key, None)
        return again

    def in_others(
        self, values: Values, groups: Sequence[Group], differing: frozenset[str]
    ) -> Mapping[OfferKey, Answer]:
        """What `over_groups` says of these groups, but for the order."""
        refused = _Refused(values, self._knowledge.judge)
        touched = self._touched(differing)
        offered = []
        for group in groups:
            position = self._positions.get(id(group))
            if position is None:
                offered.append(_in_group(group, _standing(group, values, refused).answers))
            elif position in touched:
                before = self._now[position]
                otherwise = _differing(before, values, refused, touched[position])
                answers = [otherwise.get(place, answer) for place, answer in enumerate(before.answers)]
                offered.append(_in_group(group, answers))
            else:
                offered.append(self._offered_now()[position])
        return _tallied_up(_tally(offered), len(groups))

    def _offered_now(self) -> list[dict[OfferKey, Answer]]:
        if self._offered is None:
            self._offered = [_in_group(s.group, s.answers) for s in self._now]
        return self._offered

    def _move(
        self, before: Standing, otherwise: Mapping[int, Answer], moved: dict[OfferKey, tuple[int, int]]
    ) -> None:
        """Count for the options of one group, some of whose offers stand otherwise, in how many groups each is met and
        possible now."""
        if self._tally is None:
            self._tally = _tally(self._offered_now())
        group, answers = before.group, before.answers
        for key in {group.keys[place] for place in otherwise}:
            places = group.places[key]
            was = some([answers[place] for place in places])
            now = some([otherwise.get(place, answers[place]) for place in places])
            met, possible = moved.get(key) or self._tally.get(key, (0, 0))
            moved[key] = (
                met + (now is True) - (was is True),
                possible + (now is not False) - (was is not False),
            )

    def _touched(self, differing: frozenset[str]) -> Mapping[int, Collection[int]]:
        """By the position of a group, the places of its offers whose standing rests on any of the facts."""
        touched: dict[int, Collection[int]] = {}
        for fact in differing:
            for position, places in self._resting_on(fact):
                before = touched.get(position)
                touched[position] = places if before is None else {*before, *places}
        return touched

    def _resting_on(self, fact: str) -> Sequence[tuple[int, Sequence[int]]]:
        found = self._resting.get(fact)
        if found is None:
            every = ((p, self._knowledge.resting_on(s.group, fact)) for p, s in enumerate(self._now))
            found = self._resting[fact] = [(position, places) for position, places in every if places]
        return found


def _tally(found: Iterable[Mapping[OfferKey, Answer]]) -> dict[OfferKey, tuple[int, int]]:
    """By key, in how many groups an option is met, and in how many it is met or may be."""
    tally: dict[OfferKey, tuple[int, int]] = {}
    for offered in found:
        for key, answer in offered.items():
            met, possible = tally.get(key, (0, 0))
            tally[key] = (met + 1 if answer else met, possible + 1)
    return tally


def _tallied_up(tally: Mapping[OfferKey, tuple[int, int]], groups: int) -> dict[OfferKey, Answer]:
    return {key: True if met == groups else None for key, (met, _) in tally.items()}

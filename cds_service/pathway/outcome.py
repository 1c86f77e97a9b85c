"""What one set of values leads to: groups, offers and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_
from types import MappingProxyType
from typing import NamedTuple

from ..case.fact import Case, Choice, DraftOrder
from .answer import Answer, some
from .asked import drugs_beside
from .criteria import Values
from .groups import PLACED_BY, Group
from .knowledge import Knowledge
from .options import Offer, OfferKey
from .verdict import Verdict

_NONE: Mapping[OfferKey, Sequence[Standing]] = MappingProxyType({})


class Standing(NamedTuple):
    """One offer of one possible group, and whether its condition is met. `position` is that of the group, `inside`
    are the values of a patient who is in it."""

    position: int
    inside: Values
    offer: Offer
    answer: Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of values leads to; compared to find facts that would change something.

    `situations` are the groups whose offers apply, `standing` how each of their offers stands,
    `judged` the verdict on every draft, reviewed or not.
    `addressed` says whether the sources speak of at least one possible group, by itself or through what it is
    treated as.
    """

    groups: tuple[str, ...]
    treated_as: tuple[str, ...]
    not_addressed: tuple[str, ...]
    addressed: bool
    options: Mapping[OfferKey, Answer]
    verdicts: tuple[Verdict, ...]
    situations: Sequence[Group] = field(compare=False)
    standing: Mapping[OfferKey, Sequence[Standing]] = field(compare=False)
    judged: Sequence[Verdict] = field(compare=False)

    @property
    def placed(self) -> tuple[tuple[str, ...], ...]:
        return self.groups, self.treated_as, self.not_addressed

    def unresolved(self) -> tuple[int, int, int, int]:
        """Orders undecided, groups too many, first-line options undecided, all options undecided: fewer is
        more decided."""
        undecided = sum(
            1 for v in self.verdicts if v.verdict == "undetermined" or (v.verdict == "caution" and v.tests)
        )
        too_many = len(self.groups) + len(self.not_addressed) + max(len(self.treated_as) - 1, 0) - 1
        open_ = [line for (_, _, line), answer in self.options.items() if answer is None]
        return undecided, too_many, open_.count("first"), len(open_)


@dataclass(frozen=True, slots=True)
class Session:
    """A case and all its drafts, which are read together. `reviewed` says of each whether it is to be judged."""

    case: Case
    orders: Sequence[DraftOrder]
    reviewed: Sequence[bool]

    @classmethod
    def of(cls, case: Case, orders: Sequence[DraftOrder], review: Sequence[DraftOrder]) -> Session:
        among = frozenset(review)
        return cls(case, orders, [order in among for order in orders])


@dataclass(frozen=True, slots=True)
class Known:
    """The outcome `now` of other values, and in which facts these differ at most: what rests on none of them is as it
    was. `rests_on` are the facts on which the verdict on each draft rests in the same groups."""

    now: Outcome
    rests_on: Sequence[frozenset[str]]
    differing: frozenset[str]


def outcome_of(values: Values, session: Session, knowledge: Knowledge) -> Outcome:
    """What the values lead to."""
    groups = _situations(values, knowledge)
    judged = [
        knowledge.judge.judge(order, session.case, values, groups, beside)
        for order, beside in zip(session.orders, drugs_beside(session.orders, values), strict=True)
    ]
    verdicts = tuple(
        verdict
        for verdict, reviewed in zip(judged, session.reviewed, strict=True)
        if reviewed or verdict.verdict == "contraindicated"
    )
    standing = _standing(values, groups, knowledge)
    return _outcome(values, groups, _over_all(standing, groups), verdicts, knowledge, standing, judged)


def other_outcome(values: Values, session: Session, knowledge: Knowledge, known: Known) -> Outcome:
    """What values lead to of which much is known, as far as outcomes are compared: without what stands behind it."""
    now = known.now
    groups = now.situations
    if not knowledge.placing.isdisjoint(known.differing):
        groups = _situations(values, knowledge)
    same = len(groups) == len(now.situations) and all(map(is_, groups, now.situations))
    verdicts = []
    beside = None
    for position, order in enumerate(session.orders):
        if not session.reviewed[position] and not order.selected:
            # judged for a card of its own, which no fact that is missing waits for
            continue
        if same and known.rests_on[position].isdisjoint(known.differing):
            verdict = now.judged[position]
        else:
            beside = beside or drugs_beside(session.orders, values)
            verdict = knowledge.judge.judge(order, session.case, values, groups, beside[position])
        if session.reviewed[position] or verdict.verdict == "contraindicated":
            verdicts.append(verdict)
    options = (
        _reoffered(values, groups, knowledge, known)
        if same
        else _over_all(_standing(values, groups, knowledge, known), groups)
    )
    return _outcome(values, groups, options, tuple(verdicts), knowledge)


def _outcome(
    values: Values,
    groups: Sequence[Group],
    options: Mapping[OfferKey, Answer],
    verdicts: tuple[Verdict, ...],
    knowledge: Knowledge,
    standing: Mapping[OfferKey, Sequence[Standing]] = _NONE,
    judged: Sequence[Verdict] = (),
) -> Outcome:
    names = named(values)
    placed = tuple(name for name in names if name in knowledge.groups)
    treated = dict.fromkeys(
        primary
        for name in placed
        if (fact := knowledge.groups[name].treated_as) is not None
        for primary in named(values, fact)
    )
    return Outcome(
        placed,
        tuple(name for name in treated if name in knowledge.groups),
        tuple(dict.fromkeys(n for n in (*names, *treated) if n in knowledge.not_addressed)),
        any(group.addressed for group in groups),
        options,
        verdicts,
        groups,
        standing,
        judged,
    )


def named(values: Values, fact: str = PLACED_BY) -> tuple[str, ...]:
    placed = values[fact]
    assert isinstance(placed, Choice)
    if len(placed.possible) == 1:
        return tuple(map(str, placed.possible))
    return tuple(sorted(str(g) for g in placed.possible))


def _situations(values: Values, knowledge: Knowledge) -> list[Group]:
    """The possible groups whose offers apply; for one that is treated as others, these with its own offers."""
    found: list[Group] = []
    for name in named(values):
        group = knowledge.situation(name)
        if group.treated_as is None:
            found.append(group)
            continue
        for primary in named(values, group.treated_as):
            found.append(knowledge.stand_in(name, primary))
    return found


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


def _standing(
    values: Values, groups: Sequence[Group], knowledge: Knowledge, known: Known | None = None
) -> dict[OfferKey, list[Standing]]:
    """How every offer of the possible groups stands, by option, role and line; as `known` where nothing differs."""
    refused = _Refused(values, knowledge)
    before: dict[tuple[str, str], Standing] = {}
    if known is not None:
        now = known.now
        stood = (s for standings in now.standing.values() for s in standings)
        before = {
            (now.situations[s.position].id, s.offer.id): s
            for s in stood
            if knowledge.rests_on(s.offer).isdisjoint(known.differing)
        }
    found: dict[OfferKey, list[Standing]] = {}
    for position, group in enumerate(groups):
        inside = group.within(values)
        for offer in group.offers:
            left = before.get((group.id, offer.id))
            answer = left.answer if left is not None else refused.answer(offer, inside)
            found.setdefault(offer.key, []).append(Standing(position, inside, offer, answer))
    return found


def _reoffered(
    values: Values, groups: Sequence[Group], knowledge: Knowledge, known: Known
) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown in the same groups as `known`."""
    refused = _Refused(values, knowledge)
    inside: dict[int, Values] = {}
    found: dict[OfferKey, Answer] = {}
    for key, standings in known.now.standing.items():
        again = None
        for index, s in enumerate(standings):
            if knowledge.rests_on(s.offer).isdisjoint(known.differing):
                continue
            if s.position not in inside:
                inside[s.position] = groups[s.position].within(values)
            again = again or list(standings)
            again[index] = s._replace(answer=refused.answer(s.offer, inside[s.position]))
        answer = known.now.options.get(key, False) if again is None else _over_groups(again, groups)
        if answer is not False:
            found[key] = answer
    return found


def _over_all(
    standing: Mapping[OfferKey, Sequence[Standing]], groups: Sequence[Group]
) -> dict[OfferKey, Answer]:
    """Every option that is met or unknown over the possible groups."""
    return {
        key: answer
        for key, standings in standing.items()
        if (answer := _over_groups(standings, groups)) is not False
    }


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

"""What one set of values leads to: groups, offers and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from ..case.fact import Case, Choice, DraftOrder
from .answer import Answer, some
from .asked import drugs_beside
from .criteria import NOTHING, Values
from .groups import PLACED_BY, Group
from .knowledge import Knowledge
from .options import Offer
from .verdict import Verdict

# option, role, line
OfferKey = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """One offer of one possible group, and whether its condition is met. `position` is that of the group, `inside`
    are the values of a patient who is in it."""

    position: int
    inside: Values
    offer: Offer
    answer: Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of values leads to; compared to find facts that would change something.

    `situations` are the groups whose offers apply, `standing` how each of their offers stands.
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


def outcome_of(
    values: Values,
    case: Case,
    orders: Sequence[DraftOrder],
    review: Sequence[DraftOrder],
    knowledge: Knowledge,
    known: tuple[Outcome, frozenset[str]] | None = None,
) -> Outcome:
    """What the values lead to. `known` is what others lead to, and in which facts they differ at most: offers that
    ask for none of these stand as they did."""
    names = named(values)
    groups = _situations(values, knowledge)
    verdicts = []
    reviewed = frozenset(review)
    for order, beside in zip(orders, drugs_beside(orders, values), strict=True):
        verdict = knowledge.judge.judge(order, case, values, groups, beside)
        if order in reviewed or verdict.verdict == "contraindicated":
            verdicts.append(verdict)
    standing = _standing(values, groups, knowledge, known)
    answers = {
        key: answer
        for key, standings in standing.items()
        if (answer := _over_groups(standings, groups)) is not False
    }
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
        answers,
        tuple(verdicts),
        groups,
        standing,
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


def _standing(
    values: Values,
    groups: Sequence[Group],
    knowledge: Knowledge,
    known: tuple[Outcome, frozenset[str]] | None = None,
) -> dict[OfferKey, list[Standing]]:
    """How every offer of the possible groups stands, by option, role and line; as `known` where nothing differs."""
    # groups offer the same options
    refused = cache(lambda option: knowledge.judge.refused(option, values))
    before: dict[tuple[int, str], Standing] = {}
    differing = NOTHING
    if known is not None and [g.id for g in known[0].situations] == [g.id for g in groups]:
        before = {(s.position, s.offer.id): s for standings in known[0].standing.values() for s in standings}
        differing = known[1]
    found: dict[OfferKey, list[Standing]] = {}
    for position, group in enumerate(groups):
        inside = group.within(values)
        for offer in group.offers:
            stood = before.get((position, offer.id))
            if (
                stood is not None
                and offer.facts.isdisjoint(differing)
                and knowledge.judge.refusing(offer.option).isdisjoint(differing)
            ):
                answer = stood.answer
            else:
                answer = offer.evaluate(inside)
                if answer is not False and refused(offer.option):
                    answer = False
            standing = Standing(position, inside, offer, answer)
            found.setdefault((offer.option, offer.role, offer.line), []).append(standing)
    return found


def _over_groups(standings: Sequence[Standing], groups: Sequence[Group]) -> Answer:
    """Met only if every possible group offers it now; not met if none may."""
    if len(groups) == 1:
        return some(s.answer for s in standings)
    in_group: dict[int, Answer] = {}
    for s in standings:
        in_group[s.position] = some((in_group.get(s.position, False), s.answer))
    if len(in_group) == len(groups) and all(answer is True for answer in in_group.values()):
        return True
    return False if all(answer is False for answer in in_group.values()) else None

"""What one set of values leads to: groups, offers and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import is_

from ..case.fact import Case, Choice, DraftOrder
from .answer import Answer
from .asked import drugs_beside
from .criteria import Values
from .grounds import Grounds
from .groups import PLACED_BY, Group
from .knowledge import Knowledge
from .options import OfferKey
from .standing import Standing, over_groups, standing_of
from .verdict import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one set of values leads to; compared to find facts that would change something.

    `situations` are the groups whose offers apply, `standing` how those of each stand,
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
    standing: Sequence[Standing] = field(default=(), compare=False)
    judged: Sequence[Verdict] = field(default=(), compare=False)

    @property
    def placed(self) -> tuple[tuple[str, ...], ...]:
        return self.groups, self.treated_as, self.not_addressed

    def with_other(self, options: Mapping[OfferKey, Answer], verdicts: tuple[Verdict, ...]) -> Outcome:
        """What leads to the same groups, but to these options and verdicts."""
        return Outcome(
            self.groups,
            self.treated_as,
            self.not_addressed,
            self.addressed,
            options,
            verdicts,
            self.situations,
        )

    def unresolved(self) -> tuple[int, int, int, int]:
        """Orders undecided, groups too many, first-line options undecided, all options undecided: fewer is
        more decided."""
        undecided = 0
        for v in self.verdicts:
            if v.verdict == "undetermined" or (v.verdict == "caution" and v.tests):
                undecided += 1
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
        if len(review) == len(orders) and all(map(is_, review, orders)):
            # as mostly: to tell drafts apart takes longer than to judge some
            return cls(case, orders, [True] * len(orders))
        among = frozenset(review)
        return cls(case, orders, [order in among for order in orders])


def outcome_of(values: Values, session: Session, knowledge: Knowledge) -> Outcome:
    """What the values lead to."""
    groups = situations(values, knowledge)
    standing = standing_of(values, groups, knowledge)
    grounds = Grounds(values, groups, [s.answers for s in standing])
    judged, verdicts = [], []
    besides = drugs_beside(session.orders, values)
    for order, reviewed, beside in zip(session.orders, session.reviewed, besides, strict=True):
        verdict = knowledge.judge.judge(order, session.case, grounds, beside)
        judged.append(verdict)
        if reviewed or verdict.verdict == "contraindicated":
            verdicts.append(verdict)
    return made_up(values, groups, over_groups(standing), tuple(verdicts), knowledge, standing, judged)


def made_up(
    values: Values,
    groups: Sequence[Group],
    options: Mapping[OfferKey, Answer],
    verdicts: tuple[Verdict, ...],
    knowledge: Knowledge,
    standing: Sequence[Standing] = (),
    judged: Sequence[Verdict] = (),
) -> Outcome:
    placed: list[str] = []
    silent: list[str] = []
    treated: list[str] = []
    for name in named(values):
        group = knowledge.groups.get(name)
        if group is None:
            silent.append(name)
            continue
        placed.append(name)
        if group.treated_as is not None:
            treated += named(values, group.treated_as)
    silent += [name for name in treated if name not in knowledge.groups]
    addressed = False
    for group in groups:
        addressed = addressed or group.addressed
    return Outcome(
        tuple(placed),
        tuple(dict.fromkeys(name for name in treated if name in knowledge.groups)) if treated else (),
        tuple(dict.fromkeys(name for name in silent if name in knowledge.not_addressed)) if silent else (),
        addressed,
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


def situations(values: Values, knowledge: Knowledge) -> list[Group]:
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

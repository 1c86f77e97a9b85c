"""All compiled knowledge of the pathways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..case.vocabulary import Vocabulary
from .criteria import NOTHING, Criterion, cut_points
from .groups import Group
from .judge import Judge
from .tables import Table
from .trials import Trial


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All compiled knowledge of the pathways, shared by every call and never changed.

    `trees` are all authored criteria; `out_of_scope` those under which no pathway speaks; `not_addressed` the
    situations of which the sources say nothing. `of` gives the part that speaks of one disease.
    """

    version: str
    vocabulary: Vocabulary
    tables: tuple[Table, ...]
    groups: Mapping[str, Group]
    judge: Judge
    out_of_scope: tuple[Criterion, ...]
    trees: tuple[Mapping[str, Any], ...]
    not_addressed: Mapping[str, Group] = field(default_factory=dict)
    diseases: Mapping[str, Knowledge] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    _cuts: Mapping[str, set[float]] = field(init=False, repr=False, compare=False)
    _weighed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cuts", cut_points(self.trees))
        object.__setattr__(self, "_weighed", self.judge.facts.union(*(g.facts for g in self.situations())))

    def cuts(self, fact: str) -> Iterable[float]:
        """Every number that an authored criterion compares a fact with."""
        return self._cuts.get(fact, ())

    @property
    def weighed(self) -> frozenset[str]:
        """Every fact by which orders are judged and options offered, derived ones among them: what stands behind
        these only through a table is not."""
        return self._weighed

    def situations(self) -> Iterable[Group]:
        """Every patient group, and every situation that the sources do not address."""
        return (*self.groups.values(), *self.not_addressed.values())

    def of(self, disease: str) -> Knowledge:
        """The tables, groups, rules and criteria of one disease alone."""
        return self.diseases.get(disease, self)

    def table(self, derives: str) -> Table | None:
        return next((t for t in self.tables if t.derives == derives), None)

    def behind(self, fact: str) -> frozenset[str]:
        """Every fact on which a derived one rests, the derived ones between them included."""
        table = self.table(fact)
        if table is None:
            return NOTHING
        return table.facts.union(*(self.behind(f) for f in table.facts))

    def situation(self, name: str) -> Group:
        """A patient group, or a situation that the sources do not address."""
        return self.groups[name] if name in self.groups else self.not_addressed[name]


def divided(knowledge: Knowledge, trees: Mapping[str, tuple[Mapping[str, Any], ...]]) -> Knowledge:
    """The knowledge with its part for each disease; `trees` are the criteria by disease."""
    return replace(
        knowledge,
        diseases={
            disease: replace(
                knowledge,
                tables=tuple(t for t in knowledge.tables if t.disease == disease),
                groups={n: g for n, g in knowledge.groups.items() if g.disease == disease},
                not_addressed={n: g for n, g in knowledge.not_addressed.items() if g.disease == disease},
                judge=knowledge.judge.of(disease),
                trees=own,
            )
            for disease, own in trees.items()
            if any(g.disease == disease for g in knowledge.groups.values())
        },
    )

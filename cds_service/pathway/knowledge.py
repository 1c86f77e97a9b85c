"""All compiled knowledge of the pathways."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .criteria import NOTHING, Criterion, cut_points, kinds
from .groups import PLACED_BY, Group
from .judge import Judge
from .tables import Table
from .trials import Trial


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All compiled knowledge of the pathways, shared by every call and never changed.

    `trees` are all authored criteria; `out_of_scope` those under which no pathway speaks; `not_addressed` the
    situations of which the sources say nothing. `placing` are the derived facts that say which offers apply. `of`
    gives the part that speaks of one disease.
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
    _cuts: Mapping[str, set[float]] | None = field(init=False, repr=False, compare=False)
    _kinds: Mapping[str, Mapping[Scalar, int]] | None = field(init=False, repr=False, compare=False)
    _weighed: frozenset[str] = field(init=False, repr=False, compare=False)
    _tables: Mapping[str, Table] = field(init=False, repr=False, compare=False)
    _situations: Mapping[str, Group] = field(init=False, repr=False, compare=False)
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _derived_inputs: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    _derived: frozenset[str] = field(init=False, repr=False, compare=False)
    _listed: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    placing: frozenset[str] = field(init=False, repr=False, compare=False)
    _stand_ins: dict[tuple[str, str], Group] = field(init=False, repr=False, compare=False)
    _resting: dict[int, Mapping[str, tuple[int, ...]]] = field(init=False, repr=False, compare=False)
    _tables_over: dict[str, tuple[Table, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # of two tables of one fact, one a disease, the first
        object.__setattr__(self, "_tables", {t.derives: t for t in reversed(self.tables)})
        object.__setattr__(self, "_situations", {**self.not_addressed, **self.groups})
        object.__setattr__(self, "_places", {name: place for place, name in enumerate(self.vocabulary)})
        derived_inputs = {name: table.facts & self._tables.keys() for name, table in self._tables.items()}
        object.__setattr__(self, "_derived_inputs", derived_inputs)
        definitions = self.vocabulary.definitions.values()
        derived = frozenset(d.id for d in definitions if d.derived)
        object.__setattr__(self, "_derived", derived)
        listed = {
            disease: derived | {d.id for d in definitions if disease in d.always_listed}
            for disease in {disease for d in definitions for disease in d.always_listed}
        }
        object.__setattr__(self, "_listed", listed)
        treated = (g.treated_as for g in self._situations.values() if g.treated_as is not None)
        object.__setattr__(self, "placing", frozenset({PLACED_BY, *treated}))
        # each is made when it is first needed: few patients need any
        object.__setattr__(self, "_cuts", None)
        object.__setattr__(self, "_kinds", None)
        object.__setattr__(self, "_stand_ins", {})
        object.__setattr__(self, "_resting", {})
        object.__setattr__(self, "_tables_over", {})
        object.__setattr__(self, "_weighed", self.judge.facts.union(*(g.facts for g in self.situations())))

    def cuts(self, fact: str) -> Iterable[float]:
        """Every number that an authored criterion compares a fact with."""
        cuts = self._cuts
        if cuts is None:
            cuts = cut_points(self._asked())
            object.__setattr__(self, "_cuts", cuts)
        return cuts.get(fact, ())

    def kind(self, fact: str, value: Scalar) -> int:
        """A number for a code, a truth value or a member of a fact: the same for those between which no authored
        criterion tells."""
        found = self._kinds
        if found is None:
            found = kinds(self._asked())
            object.__setattr__(self, "_kinds", found)
        return found[fact].get(value, 0) if fact in found else 0

    def _asked(self) -> Iterable[Mapping[str, Any]]:
        """Every criterion that a patient of this disease is asked, those outside all pathways too."""
        silent = (offer for group in self.not_addressed.values() for offer in group.offers)
        return [
            *self.trees,
            *(criterion.tree for offer in silent for criterion in offer.criteria()),
            *(criterion.tree for criterion in self.out_of_scope),
        ]

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
        """The table of a derived fact."""
        return self._tables.get(derives)

    def behind(self, fact: str) -> frozenset[str]:
        """Every fact on which a derived one rests, the derived ones between them included."""
        table = self.table(fact)
        if table is None:
            return NOTHING
        return table.facts.union(*(self.behind(f) for f in table.facts))

    def situation(self, name: str) -> Group:
        """A patient group, or a situation that the sources do not address."""
        return self._situations[name]

    def stand_in(self, name: str, primary: str) -> Group:
        """The group `primary` with the offers of the group `name`, which is treated as it, beside its own."""
        found = self._stand_ins.get((name, primary))
        if found is None:
            stood_for, group = self._situations[primary], self._situations[name]
            made = replace(stood_for, offers=(*stood_for.offers, *group.offers))
            # whichever thread was first: groups are told apart by what they are, not by what is in them
            found = self._stand_ins.setdefault((name, primary), made)
        return found

    def resting_on(self, group: Group, fact: str) -> Sequence[int]:
        """The places of the offers of one of these groups whose standing rests on a fact: which the offer asks for, or
        by which a rule may refuse the option whatever the group."""
        # groups live as long as the knowledge
        resting = self._resting.get(id(group))
        if resting is None:
            resting = self._resting[id(group)] = self._places_by_fact(group)
        return resting.get(fact, ())

    def _places_by_fact(self, group: Group) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for place, offer in enumerate(group.offers):
            for fact in offer.facts | self.judge.refusing(offer.option):
                found.setdefault(fact, []).append(place)
        return {fact: tuple(places) for fact, places in found.items()}

    def tables_over(self, fact: str) -> tuple[Table, ...]:
        """The tables whose results may differ if a fact does, in their order; not the fact's own."""
        tables = self._tables_over.get(fact)
        if tables is None:
            differing, found = {fact}, []
            for table in self.tables:
                if table.derives != fact and not table.facts.isdisjoint(differing):
                    differing.add(table.derives)
                    found.append(table)
            tables = self._tables_over[fact] = tuple(found)
        return tables

    def derived_inputs(self, table: Table) -> frozenset[str]:
        """The inputs of a table that are derived themselves."""
        return self._derived_inputs[table.derives]

    def always_listed(self, disease: str) -> frozenset[str]:
        """The facts that an assessment of this disease lists even if nothing is known of them."""
        return self._listed.get(disease, self._derived)

    def in_order(self, names: Collection[str]) -> tuple[str, ...]:
        """Facts in the order of the vocabulary."""
        if len(names) < 2:
            return tuple(names)
        return tuple(sorted(names, key=self._places.__getitem__))


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

"""Coverage: which fixtures made each authored condition met, not met and unknown.

A condition is asked about the values that stand once a fixture has been answered, and only where the answer
rests on it:

- a table row, where the assessment carries the fact that the table derives;
- an offer and what belongs to it, where its patient group is possible for the fixture, with the values as they
  are inside that group; an offer's answer is the pathway's own, what its sources leave open included;
- a caution, contraindication or refusal of an order, where a draft is judged by it or a possible group offers what
  it speaks of;
- why an option is not offered at all, where a draft asks for it;
- what is offered where the sources do not speak of a patient, where that is so;
- any other criterion, where every fact that it names is read for the patient's disease.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..case.fact import Value
from ..loading import Loaded
from ..pathway.answer import State, state
from ..pathway.assessment import Assessment
from ..pathway.criteria import Test, compile_criterion, facts_of
from ..pathway.knowledge import Knowledge
from ..pathway.options import Offer
from .statements import NOT_ADDRESSED, STATES, Statement, parts, possible, statements, terse

Shown = dict[State, list[str]]


def _nothing_shown() -> Shown:
    return {word: [] for word in STATES}


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-test of a statement: its path in the tree, its words, and the fixtures by answer."""

    path: str
    words: str
    shown: Shown = field(default_factory=_nothing_shown)


@dataclass(frozen=True, slots=True)
class Covered:
    """One statement with the names of the fixtures that gave each answer, and its sub-tests."""

    statement: Statement
    parts: tuple[Part, ...]
    shown: Shown = field(default_factory=_nothing_shown)

    @property
    def lacks(self) -> tuple[State, ...]:
        """Answers that it can have, that its author does not rule out, and that no fixture shows."""
        can = possible(self.statement.tree)
        return tuple(s for s in STATES if s in can and s not in self.statement.never and not self.shown[s])

    @property
    def contradicted(self) -> tuple[State, ...]:
        """Answers that its author rules out and a fixture shows all the same."""
        return tuple(s for s in STATES if s in self.statement.never and self.shown[s])


@dataclass(frozen=True, slots=True)
class Coverage:
    """All statements of a knowledge base, held against fixtures."""

    version: str
    fixtures: tuple[str, ...]
    covered: tuple[Covered, ...]

    def lacking(self) -> Iterator[Covered]:
        yield from (c for c in self.covered if c.lacks)

    def problems(self) -> Iterator[str]:
        """What keeps the coverage from being complete, one line each: an answer that no fixture shows, an answer
        that was ruled out wrongly, and one that need not be ruled out."""
        for covered in self.covered:
            one = covered.statement
            at = f"{one.file}:{one.line}: {one.kind} {one.address}"
            if covered.lacks:
                yield f"{at}: no fixture makes it {' or '.join(covered.lacks)}"
            for word in covered.contradicted:
                yield f"{at}: is said never to be {word}, and {covered.shown[word][0]} makes it so"
            needless = [word for word in one.never if word not in set[str](possible(one.tree))]
            yield from (
                f"{at}: its form alone keeps it from being {word}; take `never` away" for word in needless
            )


def measure(loaded: Loaded, answered: Iterable[tuple[str, Assessment]]) -> Coverage:
    """The coverage by fixtures, each given by its name and the assessment that its call led to."""
    knowledge = loaded.knowledge
    probes = [_Probe(s, knowledge) for s in statements(loaded.conditional)]
    names: list[str] = []
    for name, assessment in answered:
        names.append(name)
        setting = _Setting(assessment, knowledge)
        for probe in probes:
            probe.ask(name, setting)
    return Coverage(knowledge.version, tuple(names), tuple(probe.covered for probe in probes))


class _Setting:
    """What one fixture's answer rested on."""

    def __init__(self, assessment: Assessment, knowledge: Knowledge) -> None:
        self.derived = frozenset(assessment.facts) if assessment.placement != "out-of-scope" else frozenset()
        facts = {**assessment.case.facts, **assessment.facts}
        self.values: dict[str, Value] = {name: fact.value for name, fact in facts.items()}
        self.disease = assessment.disease
        knowledge = knowledge.of(assessment.disease)
        groups = [*assessment.groups, *assessment.treated_as]
        self.inside: dict[str, Mapping[str, Value]] = {
            name: knowledge.groups[name].within(self.values) for name in groups
        }
        if assessment.not_addressed:
            self.inside[NOT_ADDRESSED] = self.values
        judged = {v.option for v in assessment.verdicts if v.option and v.verdict != "out-of-scope"}
        self.judged = frozenset(_speaks_of(knowledge, judged))
        offered = (offer.option for name in groups for offer in knowledge.groups[name].offers)
        self.options = frozenset(_speaks_of(knowledge, {*judged, *offered}))


def _speaks_of(knowledge: Knowledge, options: Iterable[str]) -> Iterator[str]:
    """Options whose rules hold for any of these."""
    for name in options:
        option = knowledge.judge.options[name]
        yield from (name, *option.items, *([option.base] if option.base else ()))


class _Probe:
    """Asks one statement and its sub-tests, and keeps the answers."""

    def __init__(self, statement: Statement, knowledge: Knowledge) -> None:
        trees = list(parts(statement.tree))
        self.covered = Covered(statement, tuple(Part(path, terse(tree)) for path, tree in trees))
        self._facts = facts_of(statement.tree)
        self._tests = [compile_criterion(tree, knowledge.vocabulary).test for _, tree in trees]
        self._test: Test = compile_criterion(statement.tree, knowledge.vocabulary).test
        if statement.kind == "offer" and statement.group is not None:
            offer = _offer(knowledge, statement.group, statement.address)
            self._test = offer.evaluate

    def ask(self, fixture: str, setting: _Setting) -> None:
        values = self._values(setting)
        if values is None:
            return
        self.covered.shown[state(self._test(values))].append(fixture)
        for part, test in zip(self.covered.parts, self._tests, strict=True):
            part.shown[state(test(values))].append(fixture)

    def _values(self, setting: _Setting) -> Mapping[str, Value] | None:
        """The values to ask about, or None where the answer did not rest on this statement."""
        one = self.covered.statement
        if one.group is not None:
            return setting.inside.get(one.group)
        if one.derives is not None:
            consulted = one.disease == setting.disease and one.derives in setting.derived
            return setting.values if consulted else None
        if one.unoffered:
            asked = one.disease == setting.disease and not setting.judged.isdisjoint(one.unoffered)
            return setting.values if asked else None
        if one.option is not None:
            ruled = one.disease == setting.disease and one.option in setting.options
            return setting.values if ruled else None
        if one.disease is not None and (one.disease != setting.disease or not setting.derived):
            return None
        return setting.values if self._facts <= setting.values.keys() else None


def _offer(knowledge: Knowledge, group: str, address: str) -> Offer:
    situations = [knowledge.groups[group]] if group in knowledge.groups else knowledge.not_addressed.values()
    return next(offer for situation in situations for offer in situation.offers if offer.id == address)


def sums(coverage: Coverage) -> dict[str, tuple[int, int]]:
    """By kind of statement: how many there are, and how many have shown every answer that they can have."""
    found: dict[str, tuple[int, int]] = {}
    for covered in coverage.covered:
        count, complete = found.get(covered.statement.kind, (0, 0))
        found[covered.statement.kind] = (count + 1, complete + (not covered.lacks))
    return found

"""Where one patient stands on a drawn pathway: what is certain, what is still open, and what is excluded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..case.fact import Choice, Interval, Scalar, Value
from ..case.vocabulary import Vocabulary
from ..pathway.assessment import Assessment, Missing
from ..pathway.criteria import compile_criterion
from ..pathway.engine import Knowledge
from ..pathway.groups import PLACED_BY
from .decisions import Ending, Question
from .wayfinding import Pathway, Silence

State = Literal["taken", "here", "door", "possible", "excluded"]
"""`taken`: on the way for certain; `here`: the end of the way; `door`: what is asked is not known and decides;
`possible`: behind such a door; `excluded`: no way leads there."""


# told in words beside the colour
MARKED: Mapping[State, str] = {"here": "● here", "door": "? not known", "possible": "○ possible"}


@dataclass(frozen=True, slots=True)
class Door:
    """A decision that is open: the facts whose record would settle it, and by link the endings behind it."""

    decision: str
    settled_by: tuple[Missing, ...]
    behind: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Position:
    """The state of every node and link of a pathway by id. `assumed` are links that are taken although what they
    ask is not on record: the pathway goes on without it."""

    states: Mapping[str, State]
    doors: Mapping[str, Door] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()


def position_on(pathway: Pathway, assessment: Assessment, knowledge: Knowledge) -> Position:
    """The position that an assessment gives. The groups that are marked are the assessment's own; the way is the one
    that the facts on record leave to them."""
    return _Walk(pathway, assessment, knowledge).position()


class _Walk:
    def __init__(self, pathway: Pathway, assessment: Assessment, knowledge: Knowledge) -> None:
        self.pathway = pathway
        self.assessment = assessment
        self.knowledge = knowledge.of(assessment.disease)
        self.values = {name: fact.value for name, fact in assessment.facts.items()}
        if pathway.table.derives == PLACED_BY:
            self.goals: frozenset[Scalar] = frozenset(
                {*assessment.groups, *assessment.treated_as, *assessment.not_addressed}
            )
        else:
            derived = self.values.get(pathway.table.derives)
            self.goals = derived.possible if isinstance(derived, Choice) else frozenset()
        self.reaching: dict[str, bool] = {}

    def position(self) -> Position:
        """Walks from the start along every link that the facts allow and that leads to a goal."""
        links = self.pathway.sketch.links
        alive = self._alive()
        states: dict[str, State] = {}
        certain = {self.pathway.start}
        order = self.pathway.forward()
        ways = {name: [li for li in self.pathway.links_from(name) if li.id in alive] for name in order}
        for name in order:
            if len(ways[name]) == 1 and name in certain:
                certain.add(ways[name][0].end)
        reached = {self.pathway.start} | {li.end for li in links if li.id in alive}
        doors: dict[str, Door] = {}
        assumed = set()
        for name in order:
            goal = self._results(name) & self.goals
            if name in self.pathway.endings:
                single = len(self.goals - frozenset(self._passing())) == 1 or name in self._passing()
                states[name] = ("here" if single else "possible") if goal else "excluded"
            elif name not in reached or not self._reaches(name):
                states[name] = "excluded"
            elif len(ways[name]) > 1:
                states[name] = "door"
                doors[name] = self._door(name, [li.id for li in ways[name]])
            else:
                states[name] = "taken" if name in certain else "possible"
                question = self.pathway.decisions[name].question
                if not _answered(question, self.values, self.knowledge.vocabulary):
                    assumed |= {li.id for li in ways[name]}
        for li in links:
            if li.id not in alive:
                states[li.id] = "excluded"
            else:
                states[li.id] = "taken" if li.start in certain and len(ways[li.start]) == 1 else "possible"
        return Position(states, doors, frozenset(assumed))

    def _passing(self) -> frozenset[str]:
        """Groups that are treated as others: the way goes on from them."""
        if not self.assessment.treated_as or self.pathway.table.derives != PLACED_BY:
            return frozenset()
        return frozenset(g for g in self.assessment.groups if self.knowledge.groups[g].treated_as is not None)

    def _alive(self) -> set[str]:
        """Every link on a way from the start to a goal."""
        found: set[str] = set()
        waiting, seen = [self.pathway.start], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            for li in self.pathway.links_from(name):
                if self._allowed(li.id) and self._reaches(li.end) and self._goes_on(name):
                    found.add(li.id)
                    waiting.append(li.end)
        return found

    def _goes_on(self, name: str) -> bool:
        return name in self.pathway.decisions or name in self._passing()

    def _reaches(self, name: str) -> bool:
        if name not in self.reaching:
            if name in self.pathway.endings:
                self.reaching[name] = bool(self._results(name) & self.goals)
            else:
                self.reaching[name] = any(
                    self._allowed(li.id) and self._reaches(li.end) for li in self.pathway.links_from(name)
                )
        return self.reaching[name]

    def _results(self, name: str) -> frozenset[Scalar]:
        found = self.pathway.endings.get(name)
        if isinstance(found, Ending):
            return frozenset(found.results)
        return frozenset(found.situations) if isinstance(found, Silence) else frozenset()

    def _allowed(self, link: str) -> bool:
        branch = self.pathway.answers.get(link)
        if branch is None:
            return True
        question = self.pathway.decisions[link.partition(">")[0]].question
        return any(_may_be(question, s, self.values, self.knowledge.vocabulary) for s in branch.states)

    def _door(self, name: str, links: Iterable[str]) -> Door:
        fact = self.pathway.decisions[name].question.fact
        behind = {fact, *self.knowledge.behind(fact)}
        return Door(
            name,
            tuple(m for m in self.assessment.missing if m.fact in behind or m.behind in behind),
            {link: tuple(sorted(self._endings(link.partition(">")[2]))) for link in links},
        )

    def _endings(self, name: str) -> set[str]:
        if name in self.pathway.endings:
            return {name} if self._reaches(name) else set()
        return set().union(
            *(
                self._endings(li.end)
                for li in self.pathway.links_from(name)
                if self._allowed(li.id) and self._reaches(li.end)
            )
        )


def _answered(question: Question, values: Mapping[str, Value], vocabulary: Vocabulary) -> bool:
    return sum(_may_be(question, s, values, vocabulary) for s in range(len(question.states))) == 1


def _may_be(question: Question, state: int, values: Mapping[str, Value], vocabulary: Vocabulary) -> bool:
    """Whether what is on record leaves this answer open."""
    value = values.get(question.fact)
    if value is None:
        return True
    if question.leaf is not None:
        answer = compile_criterion(question.leaf, vocabulary).test(values)
        return answer is None or answer is (state == 0)
    wanted = question.states[state]
    if isinstance(value, Choice) and isinstance(wanted, Choice):
        return bool(value.possible & wanted.possible)
    assert isinstance(value, Interval) and isinstance(wanted, Interval)
    return _meet(value, wanted)


def _meet(one: Interval, other: Interval) -> bool:
    low = max((one.low, one.low_open), (other.low, other.low_open))
    high = min((one.high, not one.high_open), (other.high, not other.high_open))
    return low[0] < high[0] or (low[0] == high[0] and not low[1] and high[1])

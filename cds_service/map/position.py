"""Where one patient stands on a drawn pathway: what is certain, what is still open, and what is excluded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..case.fact import Choice, Interval, Scalar, Value
from ..case.vocabulary import Vocabulary
from ..pathway.assessment import Assessment, Missing
from ..pathway.criteria import compile_criterion
from ..pathway.groups import PLACED_BY
from ..pathway.knowledge import Knowledge
from .decisions import Ending, Question
from .wayfinding import Pathway, Silence

State = Literal["taken", "here", "door", "possible", "either", "excluded"]
"""`taken`: on the way for certain; `here`: the end of the way; `door`: what is asked is not known and decides;
`possible`: behind such a door; `either`: not known, but every answer leads to the same; `excluded`: no way leads
there."""


# told in words beside the colour
MARKED: Mapping[State, str] = {"here": "● here", "door": "? not known", "possible": "○ possible"}


_SURE: tuple[State, ...] = ("here", "taken", "either", "door", "possible", "excluded")


@dataclass(frozen=True, slots=True)
class Door:
    """A decision that is open: the facts whose record would settle it, and by link the results behind it that are
    still possible."""

    decision: str
    settled_by: tuple[Missing, ...]
    behind: Mapping[str, tuple[Scalar, ...]]


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
        order = self.pathway.sketch.forward()
        ways = {
            name: [li.id for li in self.pathway.sketch.links_from(name) if self._open(li.id)]
            for name in order
        }
        states: dict[str, State] = {self.pathway.sketch.start: "taken"}
        doors: dict[str, Door] = {}
        for name in order:
            state = states.get(name, "excluded")
            if name in self.pathway.endings:
                states[name] = self._at_the_end(name)
                if name not in self._passing():
                    state = "excluded"
            elif state != "excluded" and self._decides(ways[name]):
                states[name] = "door"
                doors[name] = self._door(name, ways[name])
            elif state == "taken" and len(ways[name]) > 1:
                states[name] = "either"
            else:
                states[name] = state
            self._follow(name, state if name in self.pathway.endings else states[name], ways[name], states)
        assumed = frozenset(
            ways[name][0] for name in order if self._goes_on_without(name, ways[name], states)
        )
        return Position(states, doors, assumed)

    def _follow(self, name: str, state: State, ways: Sequence[str], states: dict[str, State]) -> None:
        """Marks the links from a node, and the nodes to which they lead by the surest of them."""
        behind: State = "possible" if state == "door" else state
        for li in self.pathway.sketch.links_from(name):
            states[li.id] = behind if li.id in ways else "excluded"
            if _SURE.index(states[li.id]) < _SURE.index(states.get(li.end, "excluded")):
                states[li.end] = states[li.id]

    def _at_the_end(self, name: str) -> State:
        if not self._results(name) & self.goals:
            return "excluded"
        if self.pathway.table.derives == PLACED_BY and not self.values[PLACED_BY].known:
            # another group, or a situation that no source addresses, is possible beside one that is treated as others
            return "possible"
        passing = self._passing()
        return "here" if name in passing or len(self.goals - passing) == 1 else "possible"

    def _decides(self, ways: Sequence[str]) -> bool:
        """Whether it makes a difference which of these links is taken."""
        behind = [self._behind(link) for link in ways]
        return len(set(behind)) > 1 or any(
            len(behind[n]) > 1 and isinstance(self.pathway.endings.get(_end(link)), Silence)
            for n, link in enumerate(ways)
        )

    def _goes_on_without(self, name: str, ways: Sequence[str], states: Mapping[str, State]) -> bool:
        """Whether one link is taken although what it asks is not on record."""
        if name not in self.pathway.decisions or states[name] in ("door", "excluded") or len(ways) != 1:
            return False
        question = self.pathway.decisions[name].question
        return not _answered(question, self.values, self.knowledge.vocabulary)

    def _passing(self) -> frozenset[str]:
        """Groups that are treated as others: the way goes on from them."""
        if not self.assessment.treated_as or self.pathway.table.derives != PLACED_BY:
            return frozenset()
        return frozenset(g for g in self.assessment.groups if self.knowledge.groups[g].treated_as is not None)

    def _open(self, link: str) -> bool:
        """Whether the facts allow a link and it leads to a goal."""
        return self._allowed(link) and self._reaches(_end(link))

    def _reaches(self, name: str) -> bool:
        if name not in self.reaching:
            if name in self.pathway.endings:
                self.reaching[name] = bool(self._results(name) & self.goals)
            else:
                self.reaching[name] = any(
                    self._allowed(li.id) and self._reaches(li.end)
                    for li in self.pathway.sketch.links_from(name)
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

    def _door(self, name: str, links: Sequence[str]) -> Door:
        fact = self.pathway.decisions[name].question.fact
        behind = {fact, *self.knowledge.behind(fact)}
        return Door(
            name,
            tuple(m for m in self.assessment.missing if m.fact in behind or m.behind in behind),
            {link: tuple(sorted(self._behind(link), key=str)) for link in links},
        )

    def _behind(self, link: str) -> frozenset[Scalar]:
        """The goals to which a link may lead."""
        name = _end(link)
        if name in self.pathway.endings:
            return self._results(name) & self.goals
        ways = (li.id for li in self.pathway.sketch.links_from(name) if self._open(li.id))
        return frozenset().union(*(self._behind(way) for way in ways))


def _end(link: str) -> str:
    return link.partition(">")[2]


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

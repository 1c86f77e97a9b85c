"""A pathway as its readers walk it: the decisions of the table of patient groups, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..cards.render import listed, value_words
from ..case.fact import Choice, Fact, Interval, Members, Scalar, Value
from ..export.condition_words import condition_words
from ..loading import Loaded
from ..pathway.groups import PLACED_BY
from ..pathway.knowledge import Knowledge
from ..pathway.tables import Table
from .decisions import Branch, Decision, Decisions, Ending, Question, decisions_of, names_groups
from .sketch import Link, Node, Sketch, link, node

# a set of more members is told by its first ones
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Silence:
    """What lies behind one decision and the sources do not address: `situations` by id, and the decision's id."""

    id: str
    situations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pathway:
    """The graph of one table, with its words.

    `decisions` and `endings` are the nodes by id, `answers` the branch of each link that is an answer. `aside` are the
    links by which a group is treated as another. `opened` are the derived facts in whose place their own tables are
    drawn.
    """

    table: Table
    decisions: Mapping[str, Decision]
    endings: Mapping[str, Ending | Silence]
    answers: Mapping[str, Branch]
    sketch: Sketch
    opened: frozenset[str] = frozenset()


def pathway_of(loaded: Loaded, disease: str, fact: str = PLACED_BY) -> Pathway:
    """The drawing of the table from which a fact of one disease follows.

    Raises KeyError for a fact that no table derives.
    """
    knowledge = loaded.knowledge.of(disease)
    table = knowledge.table(fact)
    if table is None:
        raise KeyError(fact)
    return _Drawing(loaded, knowledge, table).pathway()


class _Drawing:
    def __init__(self, loaded: Loaded, knowledge: Knowledge, table: Table) -> None:
        self.loaded = loaded
        self.knowledge = knowledge
        self.table = table
        self.graph = decisions_of(table, knowledge)
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []
        self.decisions: dict[str, Decision] = {}
        self.endings: dict[str, Ending | Silence] = {}
        self.answers: dict[str, Branch] = {}

    def pathway(self) -> Pathway:
        self._draw(self.graph.start)
        for name in [n for n in self.nodes if n in self.knowledge.groups]:
            self._treated_as(name)
        sketch = Sketch(self.nodes, tuple(self.links), self.graph.start)
        opened = frozenset(
            f for f in self.table.facts if names_groups(self.knowledge.table(f), self.knowledge)
        )
        return Pathway(self.table, self.decisions, self.endings, self.answers, sketch, opened)

    def _draw(self, identity: str) -> str:
        """Draws a node with all that follows from it; the id of its box."""
        found = self.graph.nodes[identity]
        if isinstance(found, Ending):
            return self._end(found)
        if identity in self.nodes:
            return identity
        self.decisions[identity] = found
        self.nodes[identity] = node(identity, "decision", titled(self.loaded, found.question.fact))
        silent = [b for b in found.branches if self._silent(b)]
        for branch in found.branches:
            if branch not in silent:
                words = answer_words(self.loaded, found.question, branch.states)
                self._answer(link(identity, self._draw(branch.to), words), branch)
        if silent:
            states = tuple(sorted(s for b in silent for s in b.states))
            situations = tuple(str(r) for b in silent for r in self._results(b))
            name = f"{identity}.silent"
            self.endings[name] = Silence(name, situations)
            words = answer_words(self.loaded, found.question, states)
            told = self._capital(self.loaded.wording.value("not-addressed"))
            self.nodes[name] = node(name, "silent", told, words)
            self._answer(link(identity, name), Branch(states, name))
        return identity

    def _answer(self, drawn: Link, branch: Branch) -> None:
        self.links.append(drawn)
        self.answers[drawn.id] = branch

    def _end(self, ending: Ending) -> str:
        """A group stands on the map once; a mere result is repeated, so that no arrows run together."""
        if all(r in self.knowledge.groups for r in ending.results):
            words = listed([self.loaded.wording.short("groups", str(r)) for r in ending.results], "or")
            self.endings[ending.id] = ending
            self.nodes[ending.id] = node(ending.id, "group", words)
            return ending.id
        used = sum(1 for other in self.endings.values() if other is ending)
        name = f"{ending.id}.{used + 1}" if used else ending.id
        self.endings[name] = ending
        self.nodes[name] = node(name, "result", self._capital(result_words(self.loaded, ending.results)))
        return name

    def _results(self, branch: Branch) -> tuple[Scalar, ...]:
        found = self.graph.nodes[branch.to]
        return found.results if isinstance(found, Ending) else ()

    def _silent(self, branch: Branch) -> bool:
        results = self._results(branch)
        return bool(results) and all(r in self.knowledge.not_addressed for r in results)

    def _treated_as(self, name: str) -> None:
        """The link from a group to the decisions by which it is treated as another one."""
        fact = self.knowledge.groups[name].treated_as
        table = self.knowledge.table(fact) if fact is not None else None
        if table is None:
            return
        wanted = decisions_of(table, self.knowledge)
        shape = _shape(wanted, wanted.start)
        for identity in self.decisions:
            if _shape(self.graph, identity) == shape:
                self.links.append(link(name, identity, "treated as", aside=True))
                return

    @staticmethod
    def _capital(words: str) -> str:
        return words[:1].upper() + words[1:]


def _shape(graph: Decisions, identity: str) -> object:
    """What a part of a graph asks and answers, whatever its nodes are called."""
    found = graph.nodes[identity]
    if isinstance(found, Ending):
        return found.results
    asked = found.question
    return asked.fact, asked.states, tuple((b.states, _shape(graph, b.to)) for b in found.branches)


def titled(loaded: Loaded, fact: str) -> str:
    """A fact as a heading."""
    words = loaded.wording.short("facts", fact)
    return words[:1].upper() + words[1:]


def result_words(loaded: Loaded, results: Sequence[Scalar]) -> str:
    """What a table answers, in words."""
    told = {True: "yes", False: "no"}
    return listed([told[r] if isinstance(r, bool) else loaded.wording.value(r) for r in results], "or")


def answer_words(loaded: Loaded, question: Question, states: Sequence[int]) -> str:
    """Some answers to a question, in words."""
    if question.leaf is not None:
        return _members_words(loaded, question, met=0 in states)
    chosen = [question.states[s] for s in states]
    unit = loaded.knowledge.vocabulary[question.fact].unit
    return listed(
        [value_words(Fact(question.fact, value), unit, loaded.wording) for value in _joined(chosen)], "or"
    )


def _members_words(loaded: Loaded, question: Question, *, met: bool) -> str:
    """A set fact's test: its members by name if they are few."""
    assert question.leaf is not None
    having = question.states[0]
    assert isinstance(having, Members)
    turned = "has-none" in question.leaf
    if met is turned:
        return "none of these" if len(having.present) > 1 else "not " + loaded.wording.value(*having.present)
    named = question.leaf.get("has-any", question.leaf.get("has-none", [question.leaf.get("has")]))
    words = [loaded.wording.value(m) for m in named]
    if len(words) > _TOLD + 1:
        words = [*words[:_TOLD], f"{len(words) - _TOLD} others"]
    return listed(words, "or")


def _joined(values: Sequence[Value]) -> Iterator[Value]:
    """Choices as one, neighbouring numbers as one."""
    choices = [v for v in values if isinstance(v, Choice)]
    if choices:
        yield Choice(frozenset().union(*(c.possible for c in choices)))
    last: Interval | None = None
    for value in values:
        if isinstance(value, Interval):
            if last is not None and last.high == value.low:
                last = last.hull(value)
                continue
            if last is not None:
                yield last
            last = value
    if last is not None:
        yield last


def full_answer(loaded: Loaded, decision: Decision) -> str:
    """The whole test behind a decision about a set, for those who want every member; else the empty string."""
    leaf = decision.question.leaf
    return condition_words(leaf, loaded.knowledge.vocabulary, loaded.wording).text if leaf is not None else ""

"""From a decision table to the decisions that a reader takes one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..case.fact import Choice, Interval, Members, Scalar, Value
from ..case.vocabulary import Vocabulary
from ..pathway.answer import Answer, every, some
from ..pathway.criteria import Test, compile_criterion, cut_points, leaves, regions
from ..pathway.diagram import Diagram, Diagrams
from ..pathway.generated import wanted_by
from ..pathway.groups import PLACED_BY
from ..pathway.knowledge import Knowledge
from ..pathway.tables import Table

Tree = Mapping[str, Any]
Results = tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What one decision asks: a fact, or of a set fact one test (`leaf`), which is met or not.

    `states` are the values between which the table tells apart, each as a value of the fact.
    """

    fact: str
    states: tuple[Value, ...]
    leaf: Tree | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One answer to a question: the numbers of its states, and the id of the node to which it leads."""

    states: tuple[int, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A question with all its answers; every state of the question is in exactly one branch."""

    id: str
    question: Question
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """What the table answers: one result, or several that the sources leave open."""

    id: str
    results: Results


@dataclass(frozen=True, slots=True)
class Decisions:
    """A table as a graph without cycles: `start` is the id of the first node, `nodes` are in reading order."""

    start: str
    nodes: Mapping[str, Decision | Ending]


def decisions_of(table: Table, knowledge: Knowledge) -> Decisions:
    """The decisions of a table, each answer of which is complete knowledge of a fact.

    They are asked in the order in which the table names its facts, and not where the answer makes no difference.
    What a row reads as silence is drawn as if it were recorded: a map shows every way there is. A derived fact whose
    values are patient groups is replaced by the facts of its own table, for it would ask for the answer.
    """
    rows = [
        (_opened(row.criterion.tree, knowledge), tuple(sorted(row.results, key=str))) for row in table.rows
    ]
    questions = _questions([tree for tree, _ in rows], knowledge.vocabulary)
    diagrams = Diagrams([len(q.states) for q in questions])
    tests = {
        repr(leaf): compile_criterion(leaf, knowledge.vocabulary).test
        for tree, _ in rows
        for leaf in leaves(tree)
    }

    def result(states: tuple[int, ...]) -> Results | None:
        """What the rows say where the first questions are answered; None if that hangs on a later one."""
        answered = dict(zip(questions, states, strict=False))
        values = {q.fact: q.states[state] for q, state in answered.items() if q.leaf is None}
        met = {repr(q.leaf): bool(state == 0) for q, state in answered.items() if q.leaf is not None}
        for tree, results in rows:
            answer = _answer(tree, values, met, tests)
            if answer is True:
                return results
            if answer is None:
                return None
        raise AssertionError(f"{table.id}: no row for {values}")

    def below(states: tuple[int, ...]) -> Diagram:
        found = result(states)
        if found is not None:
            return diagrams.constant(found)
        number = len(states)
        return diagrams.choose(
            number, [below((*states, state)) for state in range(len(questions[number].states))]
        )

    return _graph(below(()), diagrams, questions)


def _opened(tree: Tree, knowledge: Knowledge) -> Tree:
    """The tree with what is stated taken as it is, and with tables whose results are groups in place of their
    names."""
    if "fact" in tree:
        table = knowledge.table(tree["fact"])
        if table is None or not names_groups(table, knowledge):
            return tree
        wanted = frozenset(tree["in"]) if "in" in tree else frozenset({tree["is"]})
        rows = [_opened(row.criterion.tree, knowledge) for row in table.rows if row.results <= wanted]
        return {"any": rows}
    if "stated" in tree:
        return _opened(tree["stated"], knowledge)
    if "known" in tree:
        return {"always": True}
    if "not" in tree:
        return {"not": _opened(tree["not"], knowledge)}
    return {
        word: [_opened(child, knowledge) for child in tree[word]] if word != "always" else True
        for word in ("all", "any", "always")
        if word in tree
    }


def names_groups(table: Table | None, knowledge: Knowledge) -> bool:
    """Whether the results of a table, other than that of patient groups, are patient groups themselves."""
    situations = {*knowledge.groups, *knowledge.not_addressed}
    return (
        table is not None
        and table.derives != PLACED_BY
        and all(row.results <= situations for row in table.rows)
    )


def _questions(trees: Sequence[Tree], vocabulary: Vocabulary) -> list[Question]:
    """What the trees ask, in the order in which they do."""
    named = [leaf for tree in trees for leaf in leaves(tree)]
    cuts = cut_points(trees)
    found: dict[str, Question] = {}
    for leaf in named:
        fact = leaf["fact"]
        definition = vocabulary[fact]
        if definition.type == "codes":
            found.setdefault(
                repr(leaf), Question(fact, (Members(wanted_by(leaf)), Members(frozenset())), leaf)
            )
            continue
        tests = [compile_criterion(t, vocabulary).test for t in named if t["fact"] == fact]
        if definition.type in ("code", "boolean"):
            values: Iterable[Scalar] = definition.values if definition.type == "code" else (True, False)
            states = _classes([Choice(frozenset({v})) for v in values], fact, tests)
        else:
            whole = Interval(0.0)
            states = _classes(list(regions(whole, cuts.get(fact, ()))), fact, tests)
        found.setdefault(fact, Question(fact, tuple(states)))
    return list(found.values())


def _classes(values: Sequence[Value], fact: str, tests: Sequence[Test]) -> list[Value]:
    """Values that no test tells apart, put together; of numbers only neighbours."""
    found: list[tuple[tuple[Answer, ...], Value]] = []
    for value in values:
        answers = tuple(test({fact: value}) for test in tests)
        for number, (told, other) in enumerate(found):
            if told == answers and isinstance(value, Choice) and isinstance(other, Choice):
                found[number] = (told, Choice(other.possible | value.possible))
                break
            if number == len(found) - 1 and told == answers and isinstance(other, Interval):
                assert isinstance(value, Interval)
                found[number] = (told, other.hull(value))
                break
        else:
            found.append((answers, value))
    return [value for _, value in found]


def _answer(
    tree: Tree, values: Mapping[str, Value], met: Mapping[str, bool], tests: Mapping[str, Test]
) -> Answer:
    """The answer of a tree where only some questions have one."""
    if "fact" in tree:
        key = repr(tree)
        if key in met:
            return met[key]
        return tests[key](values) if tree["fact"] in values else None
    if "always" in tree:
        return True
    if "not" in tree:
        answer = _answer(tree["not"], values, met, tests)
        return None if answer is None else not answer
    answers = (_answer(child, values, met, tests) for child in tree.get("all", tree.get("any", ())))
    return every(answers) if "all" in tree else some(answers)


def _graph(start: Diagram, diagrams: Diagrams, questions: Sequence[Question]) -> Decisions:
    """The parts of a diagram as nodes with ids that say what they are: a fact, or the results."""
    ids: dict[Diagram, str] = {}
    nodes: dict[str, Decision | Ending] = {}

    def name(diagram: Diagram) -> str:
        if diagram in ids:
            return ids[diagram]
        opened = diagrams.opened(diagram)
        if opened is None:
            results: Results = diagrams.value(diagram, ())
            ids[diagram] = "+".join(str(r).lower() for r in results)
            nodes[ids[diagram]] = Ending(ids[diagram], results)
            return ids[diagram]
        level, children = opened
        question = questions[level]
        same = sum(1 for n in nodes.values() if isinstance(n, Decision) and n.question.fact == question.fact)
        identity = ids[diagram] = f"{question.fact}.{same + 1}" if same else question.fact
        # its place in the reading order comes before those of its answers
        nodes[identity] = Decision(identity, question, ())
        leads: dict[Diagram, list[int]] = {}
        for state, child in enumerate(children):
            leads.setdefault(child, []).append(state)
        branches = tuple(Branch(tuple(states), name(child)) for child, states in leads.items())
        nodes[identity] = Decision(identity, question, branches)
        return identity

    first = name(start)
    return Decisions(first, nodes)

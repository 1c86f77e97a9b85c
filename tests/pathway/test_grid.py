"""The grid that the proof walks answers as the engine answers, and covers what a record may leave open."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from cds_service.case.fact import Case, Choice, Interval, Members, Value
from cds_service.case.vocabulary import FACTS_SCHEMA, FactDefinition, Vocabulary
from cds_service.pathway.axis import Axis
from cds_service.pathway.choice_axis import ChoiceAxis
from cds_service.pathway.criteria import compile_criterion
from cds_service.pathway.derivation import derive
from cds_service.pathway.grid import Grid
from cds_service.pathway.groups import PLACED_BY
from cds_service.pathway.placement_proof import placement_grid
from cds_service.pathway.tables import Table

from . import possible
from .cases import knowledge

VOCABULARY = Vocabulary(
    {
        d.id: d
        for d in (
            FactDefinition("site", "code", values=("arm", "leg", "back", "head")),
            FactDefinition("deep", "boolean"),
            FactDefinition("size", "quantity", unit="cm"),
            FactDefinition("count", "integer"),
            FactDefinition("drugs", "codes", values=("a", "b", "c", "d")),
        )
    }
)


def grid(*trees: Mapping[str, Any]) -> Grid:
    return Grid(trees, VOCABULARY)


def points(made: Grid) -> int:
    return made.diagrams.counts(made.possible)[True]


@pytest.mark.parametrize(
    ("trees", "expected"),
    [
        # two classes, arm and leg against the rest: either or both
        (({"fact": "site", "in": ["arm", "leg"]},), 3),
        (({"fact": "site", "is": "arm"}, {"fact": "site", "is": "leg"}), 7),
        (({"fact": "deep", "is": True},), 3),
        # up to 5, above 5; both
        (({"fact": "size", "up-to": 5},), 3),
        # below 5, exactly 5, above 5, and every run of neighbours: 3 + 2 + 1
        (({"fact": "size", "below": 5}, {"fact": "size", "up-to": 5}), 6),
        # nothing lies between 2 and 3 of a whole number
        (({"fact": "count", "up-to": 2}, {"fact": "count", "at-least": 3}), 3),
        # a and b go together; c on its own; d is never asked for
        (({"fact": "drugs", "has-any": ["a", "b"]}, {"fact": "drugs", "has": "c"}), 9),
        # facts are independent of each other
        (({"all": [{"fact": "deep", "is": True}, {"fact": "size", "up-to": 5}]},), 9),
        # a known arm, a known leg, or not known, though no other test tells them apart
        (({"known": "deep"},), 3),
    ],
)
def test_the_grid_has_as_many_points_as_tests_can_tell_apart(
    trees: tuple[Mapping[str, Any], ...], expected: int
) -> None:
    assert points(grid(*trees)) == expected


def drawn(value: random.Random, definition: FactDefinition) -> Value:
    """Anything that a record may leave possible of a fact."""
    if definition.type == "codes":
        states = [(m, value.choice("ino")) for m in definition.values]
        return Members(
            frozenset(m for m, s in states if s == "i"), frozenset(m for m, s in states if s == "o")
        )
    if definition.type in ("code", "boolean"):
        values = definition.values or (True, False)
        return Choice(frozenset(value.sample(values, value.randint(1, len(values)))))
    low, high = sorted(value.choice([0.0, 1.0, 2.0, 3.5, 5.0, 7.0, 10.0, 12.0]) for _ in range(2))
    if low == high:
        return Interval(low, high)
    return Interval(low, high, value.random() < 0.5, value.random() < 0.5)


def tree(value: random.Random, depth: int) -> dict[str, Any]:
    """A random tree over the small vocabulary."""
    kind = value.choice(["all", "any", "not", "stated", "leaf", "leaf", "known"]) if depth else "leaf"
    if kind in ("all", "any"):
        return {kind: [tree(value, depth - 1) for _ in range(value.randint(1, 3))]}
    if kind in ("not", "stated"):
        return {kind: tree(value, depth - 1)}
    if kind == "known":
        return {"known": value.choice(list(VOCABULARY))}
    return value.choice(
        [
            {"fact": "site", "is": value.choice(["arm", "leg"])},
            {"fact": "site", "in": ["leg", "back"]},
            {"fact": "deep", "is": value.random() < 0.5},
            {"fact": "size", value.choice(["above", "at-least"]): value.choice([2, 5])},
            {"fact": "size", "above": 2, "up-to": 5},
            {"fact": "count", value.choice(["below", "up-to"]): 2},
            {"fact": "drugs", "has": value.choice(["a", "b"])},
            {"fact": "drugs", value.choice(["has-any", "has-none"]): ["b", "c"]},
        ]
    )


def random_points(made: Grid, chosen: random.Random, count: int) -> list[list[int]]:
    """Points with every measure of knowledge, from nothing open to everything open."""
    found: list[list[int]] = []
    while len(found) < count:
        openness = chosen.random()
        point: list[int] = []
        for axis in made.axes.values():
            point += _drawn_states(axis, chosen, openness)
        if made.diagrams.value(made.possible, point):
            found.append(point)
    return found


def _drawn_states(axis: Axis, chosen: random.Random, openness: float) -> list[int]:
    if isinstance(axis, ChoiceAxis):
        certain = chosen.randrange(len(axis.variables))
        return [
            0 if n == certain or chosen.random() < openness / 2 else 1 for n in range(len(axis.variables))
        ]
    return [
        chosen.randrange(v.size) if chosen.random() < openness else chosen.randrange(1, v.size)
        for v in axis.variables
        if v.size > 1
    ] or [0]


@pytest.mark.parametrize("seed", range(60))
def test_a_tree_has_the_same_answer_on_the_grid_and_in_the_engine(seed: int) -> None:
    chosen = random.Random(seed)
    asked = tree(chosen, 3)
    made = grid(asked)
    answers = made.answers(asked)
    test = compile_criterion(asked, VOCABULARY).test

    for point in random_points(made, chosen, 60):
        assert made.diagrams.value(answers, point) is test(made.values(point)), made.tell(point)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_record_leaves_open_answers_as_some_point_of_the_grid(seed: int) -> None:
    """No state of knowledge is forgotten: every combination of answers that a random record gives is there."""
    chosen = random.Random(seed)
    trees = [tree(chosen, 2) for _ in range(3)]
    made = grid(*trees)
    together = made.diagrams.constant(())
    for asked in trees:
        together = made.diagrams.combine(lambda a, b: (*a, b), together, made.answers(asked))
    together = made.diagrams.combine(lambda a, inside: a if inside else None, together, made.possible)
    seen = set(made.diagrams.counts(together))
    tests = [compile_criterion(asked, VOCABULARY).test for asked in trees]

    for _ in range(300):
        record = {fact: drawn(chosen, VOCABULARY[fact]) for fact in VOCABULARY}
        assert tuple(test(record) for test in tests) in seen, record


TABLES = knowledge().tables
DISEASES = tuple(knowledge().diseases)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.id)
def test_a_table_answers_on_its_grid_as_in_the_engine(table: Table) -> None:
    chosen = random.Random(7)
    made = Grid(table.trees, knowledge().vocabulary)
    rows = [made.answers(tree) for tree in table.trees]

    for point in random_points(made, chosen, 200):
        values = made.values(point)
        answers = [made.diagrams.value(row, point) for row in rows]
        assert answers == [row.criterion.test(values) for row in table.rows], made.tell(point)


@pytest.mark.parametrize("disease", DISEASES)
def test_the_placement_on_its_grid_is_what_the_engine_derives(disease: str) -> None:
    chosen = random.Random(11)
    part = knowledge().of(disease)
    made = placement_grid(part.tables, part.vocabulary, PLACED_BY)
    placed = made.results[PLACED_BY]
    nothing = {d.id: d.unknown() for d in knowledge().vocabulary.definitions.values() if not d.derived}

    for point in random_points(made, chosen, 500):
        derived = derive({**nothing, **made.values(point)}, Case("patient-1", {}), part)
        found = derived[PLACED_BY]
        assert isinstance(found, Choice)
        possible_ = {result for result, there in placed.items() if made.diagrams.value(there, point)}
        assert possible_ == found.possible, made.tell(point)


@pytest.mark.parametrize("disease", DISEASES)
def test_every_way_of_learning_a_little_more_really_narrows_the_value(disease: str) -> None:
    part = knowledge().of(disease)
    made = placement_grid(part.tables, part.vocabulary, PLACED_BY)
    point = [0] * len(made.variables)
    for number, (variable, axis) in enumerate(zip(made.variables, made.owners, strict=True)):
        assert variable.steps
        for before, after in variable.steps:
            first, then = list(point), list(point)
            first[number], then[number] = before, after
            assert _narrower(axis.value(then), axis.value(first)), axis.fact


def _narrower(later: Value, value: Value) -> bool:
    if isinstance(later, Choice) and isinstance(value, Choice):
        return later.possible < value.possible
    if isinstance(later, Members) and isinstance(value, Members):
        return later.present >= value.present and later.unknown < value.unknown
    assert isinstance(later, Interval)
    assert isinstance(value, Interval)
    marks = [later.low, later.high, value.low, value.high]
    return later != value and all(possible.inside(value, n) for n in possible.numbers_in(later, marks))


def test_the_schema_knows_no_type_of_fact_that_the_grid_forgets() -> None:
    """A new type of fact needs states of its own in the grid."""
    types = FACTS_SCHEMA["properties"]["facts"]["items"]["properties"]["type"]["enum"]

    assert set(types) == {d.type for d in VOCABULARY.definitions.values()}

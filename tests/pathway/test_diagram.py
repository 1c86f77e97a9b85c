"""Decision diagrams say at every point what walking all points one by one says."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from cds_service.pathway.diagram import Diagram, Diagrams, fold

SIZES = (2, 3, 2, 4)
POINTS = list(product(*(range(size) for size in SIZES)))


def drawn(diagrams: Diagrams, chosen: random.Random) -> tuple[Diagram, dict[tuple[int, ...], int]]:
    """A diagram made from random parts, and the same function written out point by point."""
    parts = []
    written = dict.fromkeys(POINTS, 0)
    for variable, size in enumerate(SIZES):
        values = [chosen.randrange(3) for _ in range(size)]
        parts.append(diagrams.by_state(variable, values))
        for point in POINTS:
            written[point] = _mixed(written[point], values[point[variable]])
    return fold(diagrams, _mixed, parts, 0), written


def _mixed(one: int, other: int) -> int:
    return (one * one + 2 * other) % 5


@pytest.mark.parametrize("seed", range(20))
def test_a_diagram_has_the_value_of_the_function_at_every_point(seed: int) -> None:
    diagrams = Diagrams(SIZES)
    chosen = random.Random(seed)
    (one, first), (other, second) = drawn(diagrams, chosen), drawn(diagrams, chosen)
    both = diagrams.combine(lambda a, b: a - b, one, other)
    odd = diagrams.map(lambda a: a % 2 == 1, both)

    for point in POINTS:
        assert diagrams.value(both, point) == first[point] - second[point]
        assert diagrams.value(odd, point) is ((first[point] - second[point]) % 2 == 1)
    assert diagrams.counts(both) == Counter(first[p] - second[p] for p in POINTS)


@pytest.mark.parametrize("seed", range(20))
def test_a_point_with_a_value_is_found_if_there_is_one(seed: int) -> None:
    diagrams = Diagrams(SIZES)
    diagram, written = drawn(diagrams, random.Random(seed))

    for value in range(5):
        found = diagrams.point_where(diagram, lambda v, value=value: v == value)
        if value in written.values():
            assert found is not None
            assert written[tuple(found)] == value
        else:
            assert found is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("variable", range(len(SIZES)))
def test_a_wrong_step_is_found_if_there_is_one(seed: int, variable: int) -> None:
    diagrams = Diagrams(SIZES)
    diagram, written = drawn(diagrams, random.Random(seed))
    steps = [(0, state) for state in range(1, SIZES[variable])]

    def stepped(point: tuple[int, ...], state: int) -> tuple[int, ...]:
        return (*point[:variable], state, *point[variable + 1 :])

    for limit in range(1, 5):
        there = any(
            written[stepped(p, end)] - written[p] >= limit
            for p in POINTS
            for s, end in steps
            if p[variable] == s
        )
        found = diagrams.step_where(
            diagram, (), variable, steps, lambda a, b, limit=limit: b[0] - a[0] >= limit
        )
        assert (found is not None) is there
        if found:
            before, after = map(tuple, found)
            assert after == stepped(before, after[variable])
            assert (before[variable], after[variable]) in steps
            assert written[after] - written[before] >= limit


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("variable", range(len(SIZES)))
def test_a_wrong_step_is_judged_with_the_values_of_other_functions(seed: int, variable: int) -> None:
    diagrams = Diagrams(SIZES)
    chosen = random.Random(seed)
    (one, first), (other, second) = drawn(diagrams, chosen), drawn(diagrams, chosen)
    steps = [(0, state) for state in range(1, SIZES[variable])]
    there = any(
        first[p] < first[q] and second[p] == second[q]
        for p in POINTS
        for s, end in steps
        if p[variable] == s
        for q in [(*p[:variable], end, *p[variable + 1 :])]
    )

    found = diagrams.step_where(one, (other,), variable, steps, lambda a, b: a[0] < b[0] and a[1] == b[1])

    assert (found is not None) is there
    if found:
        before, after = map(tuple, found)
        assert first[before] < first[after]
        assert second[before] == second[after]


def test_equal_functions_are_one_diagram() -> None:
    diagrams = Diagrams(SIZES)
    one = diagrams.combine(_mixed, diagrams.by_state(0, (1, 2)), diagrams.by_state(2, (1, 0)))
    same = diagrams.map(
        lambda v: v, diagrams.combine(_mixed, diagrams.by_state(0, (1, 2)), diagrams.by_state(2, (1, 0)))
    )

    assert one == same
    assert diagrams.by_state(1, (7, 7, 7)) == diagrams.constant(7)
    assert diagrams.constant(True) != diagrams.constant(1)

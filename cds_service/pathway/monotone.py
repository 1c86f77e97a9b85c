"""That learning more brings no result back, but where silence ends and the table says so; see `proof`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..case.fact import Scalar
from .answer import Answer
from .axis import Point, Tree
from .criteria import facts_of
from .diagram import Diagram
from .flaws import Cell, Flaw, reading_silence, text
from .grid import Grid
from .tables import Table


def _silence_tests(table: Table, silence: Iterable[str]) -> dict[str, Tree]:
    """The tests of a table that read silence of these facts alone."""
    named = frozenset(silence)
    tests = (test for tree in table.trees for _, test in reading_silence(tree))
    return {repr(test): test for test in tests if facts_of(test) <= named}


def stale_silence(table: Table) -> Iterator[Flaw]:
    """Names under `silence` that no row reads."""
    tests = (test for tree in table.trees for _, test in reading_silence(tree))
    asked = frozenset[str]().union(*(facts_of(test) for test in tests))
    for index, fact in enumerate(table.silence):
        if fact not in asked:
            yield _silence_flaw(table, index, "no row reads it")


def needless_silence(table: Table, grid: Grid, results: Mapping[Scalar, Diagram]) -> Iterator[Flaw]:
    """Names under `silence` without which the table is monotone all the same."""
    for index, fact in enumerate(table.silence):
        excepted = _silence_tests(table, (f for f in table.silence if f != fact))
        if next(_widening_steps(grid, results, excepted.values()), None) is None:
            yield _silence_flaw(table, index, "when it ends no result comes back")


def _silence_flaw(table: Table, index: int, why: str) -> Flaw:
    fact = table.silence[index]
    message = f"silence about {fact!r} is explained, but {why}"
    return Flaw(table.id, message, (Cell(0, ("silence", index, "fact"), fact),))


def widening(
    placed: Table, tables: Iterable[Table], grid: Grid, results: Mapping[Scalar, Diagram]
) -> Iterator[Flaw]:
    """The first step of each fact that makes more results of a table possible."""
    excepted: dict[str, Tree] = {}
    for table in tables:
        excepted |= _silence_tests(table, table.silence)
    told: set[str] = set()
    for fact, result, before, after in _widening_steps(grid, results, excepted.values()):
        if fact not in told:
            told.add(fact)
            yield _widened(placed, grid, fact, result, before, after)


def _widening_steps(
    grid: Grid, results: Mapping[Scalar, Diagram], excepted: Iterable[Tree]
) -> Iterator[tuple[str, Scalar, Point, Point]]:
    """For each result and variable the first step that makes the result possible which was not, without one of
    the tests that are excepted changing its answer."""
    beside = [grid.possible, *(grid.answers(test) for test in excepted)]
    for result, possible in results.items():
        for number, (variable, axis) in enumerate(zip(grid.variables, grid.owners, strict=True)):
            # most results come back nowhere: only where one does, what is excepted is looked at beside it
            found = grid.diagrams.step_where(possible, beside[:1], number, variable.steps, _comes_back)
            if found is not None and len(beside) > 1:
                found = grid.diagrams.step_where(possible, beside, number, variable.steps, _comes_back)
            if found is not None:
                yield axis.fact, result, *found


def _comes_back(before: Sequence[Answer], after: Sequence[Answer]) -> bool:
    """Values: whether the result is possible, whether the point is, and the answers of the excepted tests."""
    return not before[0] and after[0] is True and before[1:] == after[1:] and before[1] is True


def _widened(table: Table, grid: Grid, fact: str, result: Scalar, before: Point, after: Point) -> Flaw:
    axis = grid.axes[fact]
    reading = [
        (row, Cell(number + 1, ("rows", number, "when", *where), text(test)), test)
        for number, (row, tree) in enumerate(zip(table.rows, table.trees, strict=True))
        for where, test in reading_silence(tree)
    ]
    cells = [cell for _, cell, test in reading if fact in facts_of(test)]
    # with no such test of the fact itself, those of the rows whose result comes back
    cells = cells or [cell for row, cell, _ in reading if result in row.results]
    return Flaw(
        table.id,
        f"learning more of {fact} ({axis.tell(before)}, then {axis.tell(after)}) makes {result} possible, "
        f"which was not, at {grid.tell(before)}; a row that reads silence needs the fact under `silence`",
        tuple(cells) or (Cell(0, ("rows",), "its rows"),),
        grid.values(before),
    )

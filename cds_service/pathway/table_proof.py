"""The proof of one table over every state of its own inputs: no gap, no clash, no idle row; see `proof`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .answer import Answer
from .axis import Point
from .diagram import Diagram, fold
from .flaws import Cell, Flaw, differing, nearest, row_of
from .grid import Grid
from .monotone import needless_silence, stale_silence, widening
from .tables import Table

State = Literal["outside", "open", "settled"]


@dataclass(frozen=True, slots=True)
class Covered:
    """The points over which one table is proven, and how many of them leave something open."""

    table: str
    facts: int
    points: int
    unknown: int


def prove_table(table: Table, vocabulary: Vocabulary, flaws: list[Flaw]) -> Covered:
    """What the table is proven over; what is wrong with it is added to `flaws`."""
    grid = Grid(table.trees, vocabulary)
    rows = [grid.answers(tree) for tree in table.trees]
    found = [
        *_gaps(table, vocabulary, grid, rows),
        *_clashes(table, grid, rows),
        *_idle_rows(table, grid, rows),
        *_unexplained_sets(table),
        *stale_silence(table),
    ]
    if not found:
        results = results_of(table, grid)
        found += widening(table, (table,), grid, results)
        found += [] if found else needless_silence(table, grid, results)
    flaws += found
    states = grid.diagrams.counts(states_of(grid))
    settled, unknown = states.get("settled", 0), states.get("open", 0)
    return Covered(table.id, len(grid.axes), settled + unknown, unknown)


def states_of(grid: Grid) -> Diagram:
    """Of each point whether it stands for values, and whether it leaves something open."""
    return grid.diagrams.combine(_state, grid.possible, grid.settled)


def _state(possible: bool, settled: bool) -> State:
    return ("settled" if settled else "open") if possible else "outside"


def conjoined(one: bool, other: bool) -> bool:
    """Whether both hold."""
    return one and other


def _or(one: bool, other: bool) -> bool:
    return one or other


def _is_met(answer: Answer) -> bool:
    return answer is True


def _may_be_met(answer: Answer) -> bool:
    return answer is not False


def _met(grid: Grid, rows: Iterable[Diagram]) -> Diagram:
    """Whether one of the rows is met for certain."""
    return fold(grid.diagrams, _or, (grid.diagrams.map(_is_met, row) for row in rows), False)


def _open(grid: Grid, rows: Iterable[Diagram]) -> Diagram:
    """Whether one of the rows is or may be met."""
    return fold(grid.diagrams, _or, (grid.diagrams.map(_may_be_met, row) for row in rows), False)


def _gaps(table: Table, vocabulary: Vocabulary, grid: Grid, rows: Sequence[Diagram]) -> Iterator[Flaw]:
    diagrams = grid.diagrams
    # settled points first: they show the plainest case
    for covered, among in ((_met(grid, rows), grid.settled), (_open(grid, rows), grid.possible)):
        gap = diagrams.combine(_lacking, covered, among)
        count = diagrams.counts(gap).get(True, 0)
        if count:
            point = _point(grid, gap)
            values = grid.values(point)
            cells = tuple(nearest(table, values, vocabulary))
            yield Flaw(table.id, f"no row covers {grid.tell(point)}{_so_many(count)}", cells, values)
            return


def _lacking(covered: bool, asked: bool) -> bool:
    return asked and not covered


def _clashes(table: Table, grid: Grid, rows: Sequence[Diagram]) -> Iterator[Flaw]:
    """Every two rows that are both met somewhere."""
    diagrams = grid.diagrams
    met = [diagrams.combine(conjoined, diagrams.map(_is_met, row), grid.possible) for row in rows]
    nowhere = diagrams.constant(False)
    before = nowhere
    for number, row in enumerate(met):
        if diagrams.combine(conjoined, before, row) != nowhere:
            for other in range(number):
                both = diagrams.combine(conjoined, met[other], row)
                if both != nowhere:
                    yield _clash(table, grid, both, other, number)
        before = diagrams.combine(_or, before, row)


def _clash(table: Table, grid: Grid, both: Diagram, one: int, other: int) -> Flaw:
    settled = grid.diagrams.combine(conjoined, both, grid.settled)
    point = grid.diagrams.point_where(settled, bool) or _point(grid, both)
    count = grid.diagrams.counts(both)[True]
    return Flaw(
        table.id,
        f"rows {one + 1} and {other + 1} both cover {grid.tell(point)}{_so_many(count)}",
        tuple(differing(table, one, other)),
        grid.values(point),
    )


def _so_many(count: int) -> str:
    return f" (and {count - 1:,} more points)" if count > 1 else ""


def _point(grid: Grid, diagram: Diagram) -> Point:
    found = grid.diagrams.point_where(diagram, bool)
    assert found is not None, "a value that was counted stands somewhere"
    return found


def _idle_rows(table: Table, grid: Grid, rows: Sequence[Diagram]) -> Iterator[Flaw]:
    diagrams = grid.diagrams
    for number, row in enumerate(rows):
        met = diagrams.combine(conjoined, diagrams.map(_is_met, row), grid.possible)
        if met == diagrams.constant(False):
            message = f"row {number + 1} covers nothing: its tests exclude each other"
            yield Flaw(table.id, message, (row_of(table, number),))


def _unexplained_sets(table: Table) -> Iterator[Flaw]:
    for number, row in enumerate(table.rows):
        if len(row.results) < 2:
            continue
        told = " or ".join(sorted(map(str, row.results)))
        lacks = {
            "why: it needs `silent: true` or a remark": not row.silent and not row.remark,
            "what to ask for: it needs `ask`": not row.ask,
        }
        for what, lacking in lacks.items():
            if lacking:
                message = f"row {number + 1} leaves {told} open and does not say {what}"
                yield Flaw(table.id, message, (Cell(number + 1, ("rows", number, "then"), told),))


def results_of(table: Table, grid: Grid) -> dict[Scalar, Diagram]:
    """For each result whether it is possible, as `Table.evaluate` answers: of the row that is met alone, else of
    every row that may be met."""
    diagrams = grid.diagrams
    rows = [(row.results, grid.answers(tree)) for row, tree in zip(table.rows, table.trees, strict=True)]
    met = _met(grid, (answer for _, answer in rows))
    found = {}
    for result in sorted({r for results, _ in rows for r in results}, key=str):
        own = [answer for results, answer in rows if result in results]
        open_ = diagrams.combine(_lacking, met, _open(grid, own))
        found[result] = diagrams.combine(_or, _met(grid, own), open_)
    return found

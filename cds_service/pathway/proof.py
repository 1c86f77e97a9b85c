"""The proof that the decision tables are complete: what `cds-service check` shows of them.

Of each table, over every state of its own inputs (see `axes`), results of other tables taken as free:
- no gap: some row is met or may be met, and where all inputs are settled exactly one is met;
- no clash: never are two rows met;
- every row is met somewhere, and a row with several results says why (`silent` or a remark) and what to `ask` for;
- monotone: learning a little more of one fact leaves the results the same or makes them fewer. As every way of
  learning is a chain of such steps, this holds for every two points of which one says more.

Of the placement of a patient whose disease is known and in scope, over the product of every recorded fact on which
it hangs, through all tables between: everywhere one group, a named set, or situations named as not addressed, and
nowhere nothing; and monotone.

A row that asks whether something is `stated` or `known` reads silence. That can bring results back when the
silence ends, so it is allowed only where the table names the fact, with the reason, under `silence`, and only at
those steps at which such a test of such facts itself changes its answer. A name there that is not needed is
refused.

Not covered: a record that states a derived fact itself (the engine then keeps both possible where the table
disagrees). The tables alone are proven for that too, because they take derived inputs as free.

The tables are read as the engine reads them: its own one-fact tests on representative values, its own three-valued
`every` and `some`. A test compares both on random points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .answer import Answer
from .axes import Point, Tree
from .criteria import facts_of
from .diagram import Diagram, fold
from .flaws import Cell, Flaw, differing, nearest, reading_silence, row_of, text
from .grid import Grid
from .tables import Table

State = Literal["outside", "open", "settled"]


@dataclass(frozen=True, slots=True)
class Covered:
    """The points over which one table is proven, and how many of them leave something open."""

    table: str
    facts: int
    points: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Answered:
    """How many points have one result, a set of them, or only situations that the sources do not address."""

    one: int
    several: int
    not_addressed: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The points over which a placement is proven, and by what it answers there.

    `settled` counts the points that leave nothing open; `reached` are the results that are the only one at some
    of these.
    """

    fact: str
    facts: int
    points: int
    unknown: int
    everywhere: Answered
    settled: Answered
    reached: frozenset[Scalar]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `placements` are proven only where no table has a flaw of its own."""

    tables: tuple[Covered, ...]
    placements: tuple[Placement, ...]
    flaws: tuple[Flaw, ...]


def prove(
    tables: Sequence[Table],
    vocabulary: Vocabulary,
    placed_by: Iterable[str],
    not_addressed: Iterable[Scalar] = (),
) -> Proof:
    """Check every table of one disease on its own inputs and, if all are sound, each placement through them.

    `placed_by` are the derived facts that place a patient, `not_addressed` those of their results that name a
    situation of which the sources say nothing.
    """
    silent = frozenset(not_addressed)
    flaws: list[Flaw] = []
    covered = [_prove_table(table, vocabulary, flaws) for table in tables]
    placements = (
        [] if flaws else [_prove_placement(tables, vocabulary, fact, silent, flaws) for fact in placed_by]
    )
    return Proof(tuple(covered), tuple(placements), tuple(flaws))


# --- one table -----------------------------------------------------------------------------------


def _prove_table(table: Table, vocabulary: Vocabulary, flaws: list[Flaw]) -> Covered:
    grid = Grid(table.trees, vocabulary)
    rows = [grid.answers(tree) for tree in table.trees]
    found = [
        *_gaps(table, vocabulary, grid, rows),
        *_clashes(table, grid, rows),
        *_idle_rows(table, grid, rows),
        *_unexplained_sets(table),
        *_stale_silence(table),
    ]
    if not found:
        results = _results(table, grid)
        found += _widening(table, (table,), grid, results)
        found += [] if found else _needless_silence(table, grid, results)
    flaws += found
    states = grid.diagrams.counts(_states(grid))
    settled, unknown = states.get("settled", 0), states.get("open", 0)
    return Covered(table.id, len(grid.axes), settled + unknown, unknown)


def _states(grid: Grid) -> Diagram:
    return grid.diagrams.combine(_state, grid.possible, grid.settled)


def _state(possible: bool, settled: bool) -> State:
    return ("settled" if settled else "open") if possible else "outside"


def _and(one: bool, other: bool) -> bool:
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
    met = [diagrams.combine(_and, diagrams.map(_is_met, row), grid.possible) for row in rows]
    nowhere = diagrams.constant(False)
    before = nowhere
    for number, row in enumerate(met):
        if diagrams.combine(_and, before, row) != nowhere:
            for other in range(number):
                both = diagrams.combine(_and, met[other], row)
                if both != nowhere:
                    yield _clash(table, grid, both, other, number)
        before = diagrams.combine(_or, before, row)


def _clash(table: Table, grid: Grid, both: Diagram, one: int, other: int) -> Flaw:
    settled = grid.diagrams.combine(_and, both, grid.settled)
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
        met = diagrams.combine(_and, diagrams.map(_is_met, row), grid.possible)
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


def _results(table: Table, grid: Grid) -> dict[Scalar, Diagram]:
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


# --- silence and what it excepts ------------------------------------------------------------------


def _silence_tests(table: Table, silence: Iterable[str]) -> dict[str, Tree]:
    """The tests of a table that read silence of these facts alone."""
    named = frozenset(silence)
    tests = (test for tree in table.trees for _, test in reading_silence(tree))
    return {repr(test): test for test in tests if facts_of(test) <= named}


def _stale_silence(table: Table) -> Iterator[Flaw]:
    tests = (test for tree in table.trees for _, test in reading_silence(tree))
    asked = frozenset[str]().union(*(facts_of(test) for test in tests))
    for index, fact in enumerate(table.silence):
        if fact not in asked:
            yield _silence_flaw(table, index, "no row reads it")


def _needless_silence(table: Table, grid: Grid, results: Mapping[Scalar, Diagram]) -> Iterator[Flaw]:
    """Names under `silence` without which the table is monotone all the same."""
    for index, fact in enumerate(table.silence):
        excepted = _silence_tests(table, (f for f in table.silence if f != fact))
        if next(_widening_steps(grid, results, excepted.values()), None) is None:
            yield _silence_flaw(table, index, "when it ends no result comes back")


def _silence_flaw(table: Table, index: int, why: str) -> Flaw:
    fact = table.silence[index]
    message = f"silence about {fact!r} is explained, but {why}"
    return Flaw(table.id, message, (Cell(0, ("silence", index, "fact"), fact),))


def _widening(
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


# --- the placement through all tables --------------------------------------------------------------


def placement_grid(tables: Sequence[Table], vocabulary: Vocabulary, placed_by: str) -> Grid:
    """The grid of every recorded fact on which a placement hangs, with the results of all tables between."""
    by_fact = {t.derives: t for t in tables}
    through = behind(placed_by, by_fact)
    # the facts of the placing table first: those that decide most come early
    trees = [tree for table in reversed(through) for tree in table.trees]
    grid = Grid(trees, vocabulary, derived=frozenset(by_fact))
    for table in through:
        grid.results[table.derives] = _results(table, grid)
    return grid


def behind(fact: str, tables: Mapping[str, Table]) -> list[Table]:
    """The tables on which a derived fact hangs, each after those that it reads, its own last."""
    found: dict[str, Table] = {}

    def visit(name: str) -> None:
        if name in found or name not in tables:
            return
        for needed in sorted(tables[name].facts):
            visit(needed)
        found[name] = tables[name]

    visit(fact)
    return list(found.values())


def _prove_placement(
    tables: Sequence[Table],
    vocabulary: Vocabulary,
    placed_by: str,
    silent: frozenset[Scalar],
    flaws: list[Flaw],
) -> Placement:
    by_fact = {t.derives: t for t in tables}
    placing = by_fact[placed_by]
    grid = placement_grid(tables, vocabulary, placed_by)
    diagrams = grid.diagrams
    results = grid.results[placed_by]
    told = fold(
        diagrams,
        _counted,
        (diagrams.map(_as_silent if r in silent else _as_group, there) for r, there in results.items()),
        (0, 0),
    )
    counts = diagrams.counts(diagrams.combine(_beside, told, _states(grid)))
    everywhere = {key: n for key, n in counts.items() if key[1] != "outside"}
    settled = {key: n for key, n in counts.items() if key[1] == "settled"}
    if any(told == (0, 0) for told, _ in everywhere):
        flaws.append(
            Flaw(placing.id, "nothing is possible at some points", (Cell(0, ("rows",), "its rows"),))
        )
    flaws += _widening(placing, behind(placed_by, by_fact), grid, results)
    only = diagrams.combine(_alone, told, grid.settled)
    nowhere = diagrams.constant(False)
    return Placement(
        placed_by,
        len(grid.axes),
        sum(everywhere.values()),
        sum(everywhere.values()) - sum(settled.values()),
        _answered(everywhere),
        _answered(settled),
        frozenset(r for r, there in results.items() if diagrams.combine(_and, only, there) != nowhere),
    )


Told = tuple[int, int]


def _as_group(there: bool) -> Told:
    return int(there), 0


def _as_silent(there: bool) -> Told:
    return 0, int(there)


def _counted(one: Told, other: Told) -> Told:
    """How many groups and how many situations that are not addressed; 2 stands for several."""
    return min(2, one[0] + other[0]), min(2, one[1] + other[1])


def _beside(told: Told, state: State) -> tuple[Told, State]:
    return ((0, 0), state) if state == "outside" else (told, state)


def _alone(told: Told, settled: bool) -> bool:
    return settled and sum(told) == 1


def _answered(counts: Mapping[tuple[Told, State], int]) -> Answered:
    one = sum(n for (told, _), n in counts.items() if told == (1, 0))
    silent = sum(n for (told, _), n in counts.items() if told[0] == 0)
    return Answered(one, sum(counts.values()) - one - silent, silent)

"""The proof that the decision tables are complete: what `cds-service check` shows of them.

Of each table, over every state of its own inputs (see `grid`), results of other tables taken as free:
- no gap: some row is met or may be met, and where all inputs are settled exactly one is met;
- no clash: never are two rows met;
- every row is met somewhere, and a row with several results says that the sources are silent;
- monotone: learning a little more of one fact leaves the results the same or makes them fewer. As every way of
  learning is a chain of such steps, this holds for every two points of which one says more.

Of the placement, over the product of every recorded fact on which the patient group hangs, through all tables
between: everywhere one group, or a set of groups, and nowhere none; and monotone. `Placement` counts the points.

A row that asks whether something is `stated` or `known` reads silence. That widens results when the silence ends,
so it is allowed only where the table names the fact, with the reason, under `silence`; only those steps at which
such a test of such facts itself changes its answer are excepted.

Not covered: a record that states a derived fact itself (the engine then keeps both possible where the table
disagrees). The tables alone are proven for it too, because they take derived inputs as free.

The tables are read as the engine reads them: its own one-fact tests on representative values, its own three-valued
`every` and `some`. A test compares both on random points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .answer import Answer
from .criteria import Values, compile_criterion, facts_of
from .diagram import Diagram, fold
from .grid import Grid, Point, Tree
from .tables import Table

Path = tuple[str | int, ...]
State = Literal["outside", "open", "settled"]
Results = frozenset[Scalar]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the row (from 1), the path below the table, and what stands there."""

    row: int
    where: Path
    text: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a table, the cells it may be laid to, and values of the inputs that show it."""

    table: str
    message: str
    cells: tuple[Cell, ...]
    shown_by: Values | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """The points over which one table is proven, and how many of them leave something open."""

    table: str
    facts: int
    points: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The points over which the placement is proven, by what it answers there."""

    facts: int
    points: int
    unknown: int
    answers: Mapping[Results, int]
    settled_answers: Mapping[Results, int]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `placement` is None where a table has a flaw of its own."""

    tables: tuple[Covered, ...]
    placement: Placement | None
    flaws: tuple[Flaw, ...]


def prove(tables: Sequence[Table], vocabulary: Vocabulary, placed_by: str) -> Proof:
    """Check every table on its own inputs and, if all are sound, the placement through all of them."""
    flaws: list[Flaw] = []
    covered = []
    for table in tables:
        covered.append(_prove_table(table, vocabulary, flaws))
    placement = None if flaws else _prove_placement(tables, vocabulary, placed_by, flaws)
    return Proof(tuple(covered), placement, tuple(flaws))


# --- one table -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows (from 0) that are met and that may be met at a point."""

    met: tuple[int, ...] = ()
    open: tuple[int, ...] = ()


def _prove_table(table: Table, vocabulary: Vocabulary, flaws: list[Flaw]) -> Covered:
    grid = Grid(table.trees, vocabulary)
    rows = _rows(table, grid)
    diagrams = grid.diagrams
    told = diagrams.combine(_with_state, rows, _states(grid))
    counts = diagrams.counts(told)
    before = len(flaws)
    flaws += _gaps_and_clashes(table, vocabulary, grid, told, counts)
    flaws += _idle_rows(table, counts)
    flaws += _undeclared_sets(table)
    flaws += _stale_silence(table)
    if len(flaws) == before:
        results = diagrams.map(partial(_results, table), rows)
        flaws += _widening(table, (table,), grid, results)
    return Covered(
        table.id,
        len(grid.axes),
        sum(n for (_, state), n in counts.items() if state != "outside"),
        sum(n for (_, state), n in counts.items() if state == "open"),
    )


def _rows(table: Table, grid: Grid) -> Diagram:
    """Which rows are met and may be met, at every point."""
    rows = grid.diagrams.constant(_Rows())
    for number, tree in enumerate(table.trees):
        rows = grid.diagrams.combine(_taking(number), rows, grid.answers(tree))
    return rows


def _taking(number: int) -> Callable[[_Rows, Answer], _Rows]:
    def take(rows: _Rows, answer: Answer) -> _Rows:
        if answer is False:
            return rows
        if answer is True:
            return _Rows((*rows.met, number), rows.open)
        return _Rows(rows.met, (*rows.open, number))

    return take


def _results(table: Table, rows: _Rows) -> Results:
    """What the table answers where these rows are met or may be met; as `Table.evaluate`."""
    if rows.met:
        return table.rows[rows.met[0]].results
    return frozenset[Scalar]().union(*(table.rows[n].results for n in rows.open))


def _states(grid: Grid) -> Diagram:
    def state(possible: bool, settled: bool) -> State:
        return ("settled" if settled else "open") if possible else "outside"

    return grid.diagrams.combine(state, grid.possible, grid.settled)


def _with_state(value: Any, state: State) -> tuple[Any, State]:
    return (None, state) if state == "outside" else (value, state)


def _gaps_and_clashes(
    table: Table,
    vocabulary: Vocabulary,
    grid: Grid,
    told: Diagram,
    counts: Mapping[tuple[_Rows, State], int],
) -> Iterator[Flaw]:
    gaps: dict[State, tuple[Any, int]] = {}
    clashes: dict[tuple[int, ...], tuple[Any, int]] = {}
    # settled points first: they show the plainest case
    for key, count in sorted(counts.items(), key=lambda item: item[0][1], reverse=True):
        rows, state = key
        if state == "outside":
            continue
        if not rows.met and (state == "settled" or not rows.open):
            gaps.setdefault(state, (key, count))
        elif len(rows.met) > 1:
            clashes.setdefault(rows.met, (key, count))
    for key, count in list(gaps.values())[:1]:
        point = _point(grid, told, key)
        values = grid.values(point)
        cells = tuple(_nearest(table, values, vocabulary))
        yield Flaw(table.id, f"no row covers {grid.tell(point)}{_so_many(count)}", cells, values)
    for met, (key, count) in clashes.items():
        point = _point(grid, told, key)
        numbers = " and ".join(str(n + 1) for n in met)
        yield Flaw(
            table.id,
            f"rows {numbers} all cover {grid.tell(point)}{_so_many(count)}",
            tuple(_differing(table, met)),
            grid.values(point),
        )


def _so_many(count: int) -> str:
    return f" (and {count - 1:,} more points)" if count > 1 else ""


def _point(grid: Grid, diagram: Diagram, wanted: Any) -> Point:
    found = grid.diagrams.point_where(diagram, lambda value: bool(value == wanted))
    assert found is not None, "a value that was counted stands somewhere"
    return found


def _nearest(table: Table, values: Values, vocabulary: Vocabulary) -> Iterator[Cell]:
    """The cells that keep the nearest rows from covering a point: of the rows with the fewest such cells."""
    lacking = [
        (number, _short(tree, True, values, vocabulary, ())) for number, tree in enumerate(table.trees)
    ]
    fewest = min(len(cells) for _, cells in lacking)
    for number, cells in lacking:
        if len(cells) == fewest:
            for where, tree in cells:
                yield Cell(number + 1, ("rows", number, "when", *where), _text(tree))


def _short(
    tree: Tree, wanted: bool, values: Values, vocabulary: Vocabulary, where: Path
) -> list[tuple[Path, Tree]]:
    """The fewest tests that would have to answer otherwise for the tree to be met (or not), with their paths."""
    if "not" in tree:
        return _short(tree["not"], not wanted, values, vocabulary, (*where, "not"))
    if "stated" in tree:
        return _short(tree["stated"], wanted, values, vocabulary, (*where, "stated"))
    for word, all_needed in (("all", wanted), ("any", not wanted)):
        if word in tree:
            parts = [
                _short(child, wanted, values, vocabulary, (*where, word, index))
                for index, child in enumerate(tree[word])
            ]
            return [cell for part in parts for cell in part] if all_needed else min(parts, key=len)
    answer = compile_criterion(tree, vocabulary).test(values)
    return [] if answer is wanted else [(where, tree)]


def _differing(table: Table, met: Sequence[int]) -> Iterator[Cell]:
    """The cells in which rows that clash differ: of facts that they do not test alike."""
    cells = {n: list(_tests(table.trees[n], ())) for n in met}
    by_fact = {
        n: {
            fact: frozenset(repr(t) for _, t in found if fact in facts_of(t))
            for fact in facts_of(table.trees[n])
        }
        for n, found in cells.items()
    }
    for number, found in cells.items():
        apart = [
            (where, tree)
            for where, tree in found
            if any(
                by_fact[number].get(fact) != by_fact[other].get(fact)
                for fact in facts_of(tree)
                for other in met
            )
        ]
        for where, tree in apart or [((), table.trees[number])]:
            yield Cell(number + 1, ("rows", number, "when", *where), _text(tree))


def _tests(tree: Tree, where: Path) -> Iterator[tuple[Path, Tree]]:
    """Every one-fact test of a tree with its path."""
    for word in ("not", "stated"):
        if word in tree:
            yield from _tests(tree[word], (*where, word))
            return
    for word in ("all", "any"):
        if word in tree:
            for index, child in enumerate(tree[word]):
                yield from _tests(child, (*where, word, index))
            return
    yield where, tree


def _text(tree: Tree) -> str:
    """A test as it is written, without braces; a longer tree by the facts it names."""
    if "fact" in tree:
        told = (f"{k} {_plain(v)}" for k, v in tree.items() if k != "fact")
        return f"{tree['fact']} {' '.join(told)}"
    if "known" in tree:
        return f"known {tree['known']}"
    return ", ".join(sorted(facts_of(tree))) or "always"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:3]))
        return f"[{shown}{', ...' if len(value) > 3 else ''}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _idle_rows(table: Table, counts: Mapping[tuple[_Rows, State], int]) -> Iterator[Flaw]:
    met = {n for rows, state in counts if state != "outside" for n in rows.met}
    for number in range(len(table.rows)):
        if number not in met:
            cell = Cell(number + 1, ("rows", number, "when"), _text(table.trees[number]))
            yield Flaw(table.id, f"row {number + 1} covers nothing: its tests exclude each other", (cell,))


def _undeclared_sets(table: Table) -> Iterator[Flaw]:
    for number, row in enumerate(table.rows):
        if len(row.results) > 1 and not row.silent:
            told = " or ".join(sorted(map(str, row.results)))
            yield Flaw(
                table.id,
                f"row {number + 1} leaves {told} open and does not say that the sources are silent (silent: true)",
                (Cell(number + 1, ("rows", number, "then"), told),),
            )


# --- silence and what it excepts ------------------------------------------------------------------


def _silence_tests(table: Table) -> dict[str, Tree]:
    """Every test of a table that asks whether something is stated or known."""
    found: dict[str, Tree] = {}

    def visit(tree: Tree) -> None:
        if "stated" in tree or "known" in tree:
            found[repr(tree)] = tree
        for child in (tree.get("not"), tree.get("stated"), *tree.get("all", ()), *tree.get("any", ())):
            if child is not None:
                visit(child)

    for tree in table.trees:
        visit(tree)
    return found


def _stale_silence(table: Table) -> Iterator[Flaw]:
    asked = frozenset[str]().union(*(facts_of(tree) for tree in _silence_tests(table).values()))
    for index, fact in enumerate(table.silence):
        if fact not in asked:
            cell = Cell(0, ("silence", index, "fact"), fact)
            yield Flaw(table.id, f"silence about {fact!r} is explained, but no row reads it", (cell,))


@dataclass(frozen=True, slots=True)
class _Seen:
    """The results at a point, and the answers there of the tests whose change excuses wider results."""

    results: Results
    silence: tuple[bool, ...]


def _wider(one: _Seen | None, other: _Seen | None) -> bool:
    """Whether a step makes more results possible, without a test that reads silence having changed."""
    if one is None or other is None:
        return False
    return not other.results <= one.results and one.silence == other.silence


def _widening(placed: Table, tables: Iterable[Table], grid: Grid, results: Diagram) -> Iterator[Flaw]:
    """The first step of each fact that makes more results of a table possible."""
    diagrams = grid.diagrams
    excepted = {
        name: tree
        for table in tables
        for name, tree in _silence_tests(table).items()
        if facts_of(tree) <= frozenset(table.silence)
    }
    silence = fold(diagrams, _appended, (grid.answers(tree) for tree in excepted.values()), ())
    seen = diagrams.combine(_inside, diagrams.combine(_Seen, results, silence), grid.possible)
    told: set[str] = set()
    for number, (variable, axis) in enumerate(zip(grid.variables, grid.owners, strict=True)):
        if axis.fact in told:
            continue
        found = diagrams.step_where(seen, number, variable.steps, _wider)
        if found is not None:
            told.add(axis.fact)
            yield _widened(placed, grid, axis.fact, results, *found)


def _appended(seen: tuple[bool, ...], answer: Answer) -> tuple[bool, ...]:
    return (*seen, answer is True)


def _inside(seen: _Seen, possible: bool) -> _Seen | None:
    return seen if possible else None


def _widened(table: Table, grid: Grid, fact: str, results: Diagram, before: Point, after: Point) -> Flaw:
    first, then = (grid.diagrams.value(results, point) for point in (before, after))
    axis = grid.axes[fact]
    new = sorted(map(str, then - first))
    reading = [
        (row, Cell(number + 1, ("rows", number, "when", *where), _text(test)), facts_of(test))
        for number, (row, tree) in enumerate(zip(table.rows, table.trees, strict=True))
        for where, test in _silence_paths(tree, ())
    ]
    cells = [cell for _, cell, facts in reading if fact in facts]
    # with no such test of the fact itself, those of the rows whose results come back
    cells = cells or [cell for row, cell, _ in reading if row.results & (then - first)]
    return Flaw(
        table.id,
        f"learning more of {fact} ({axis.tell(before)}, then {axis.tell(after)}) makes {' and '.join(new)} possible, "
        f"which was not, at {grid.tell(before)}; a row that reads silence needs the fact under `silence`",
        tuple(cells) or (Cell(0, ("rows",), "its rows"),),
        grid.values(before),
    )


def _silence_paths(tree: Tree, where: Path) -> Iterator[tuple[Path, Tree]]:
    if "stated" in tree or "known" in tree:
        yield where, tree
    elif "not" in tree:
        yield from _silence_paths(tree["not"], (*where, "not"))
    for word in ("all", "any"):
        for index, child in enumerate(tree.get(word, ())):
            yield from _silence_paths(child, (*where, word, index))


# --- the placement through all tables --------------------------------------------------------------


def placement_grid(tables: Sequence[Table], vocabulary: Vocabulary, placed_by: str) -> Grid:
    """The grid of every recorded fact on which the placement hangs, with the results of all tables between."""
    by_fact = {t.derives: t for t in tables}
    through = _behind(placed_by, by_fact)
    # the facts of the placing table first: those that decide most come early
    trees = [tree for table in reversed(through) for tree in table.trees]
    grid = Grid(trees, vocabulary, derived=frozenset(by_fact))
    for table in through:
        results = partial(_results, table)
        grid.results[table.derives] = grid.diagrams.map(results, _rows(table, grid))
    return grid


def _prove_placement(
    tables: Sequence[Table], vocabulary: Vocabulary, placed_by: str, flaws: list[Flaw]
) -> Placement:
    by_fact = {t.derives: t for t in tables}
    grid = placement_grid(tables, vocabulary, placed_by)
    diagrams = grid.diagrams
    results = grid.results[placed_by]
    told = diagrams.combine(_with_state, results, _states(grid))
    answers: dict[Results, int] = {}
    settled: dict[Results, int] = {}
    unknown = 0
    for (found, state), count in diagrams.counts(told).items():
        if state == "outside":
            continue
        answers[found] = answers.get(found, 0) + count
        if state == "settled":
            settled[found] = count
        else:
            unknown += count
    flaws += _widening(by_fact[placed_by], _behind(placed_by, by_fact), grid, results)
    return Placement(len(grid.axes), sum(answers.values()), unknown, answers, settled)


def _behind(fact: str, tables: Mapping[str, Table]) -> list[Table]:
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

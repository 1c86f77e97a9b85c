"""The proof of the placement of a patient, through all tables on which it hangs; see `proof`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .diagram import fold
from .flaws import Cell, Flaw
from .grid import Grid
from .monotone import widening
from .table_proof import State, conjoined, results_of, states_of
from .tables import Table


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


def placement_grid(tables: Sequence[Table], vocabulary: Vocabulary, placed_by: str) -> Grid:
    """The grid of every recorded fact on which a placement hangs, with the results of all tables between."""
    by_fact = {t.derives: t for t in tables}
    through = behind(placed_by, by_fact)
    # the facts of the placing table first: those that decide most come early
    trees = [tree for table in reversed(through) for tree in table.trees]
    grid = Grid(trees, vocabulary, derived=frozenset(by_fact))
    for table in through:
        grid.results[table.derives] = results_of(table, grid)
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


def prove_placement(
    tables: Sequence[Table],
    vocabulary: Vocabulary,
    placed_by: str,
    silent: frozenset[Scalar],
    flaws: list[Flaw],
) -> Placement:
    """What the placement is proven over; what is wrong with it is added to `flaws`."""
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
    counts = diagrams.counts(diagrams.combine(_beside, told, states_of(grid)))
    everywhere = {key: n for key, n in counts.items() if key[1] != "outside"}
    settled = {key: n for key, n in counts.items() if key[1] == "settled"}
    if any(told == (0, 0) for told, _ in everywhere):
        flaws.append(
            Flaw(placing.id, "nothing is possible at some points", (Cell(0, ("rows",), "its rows"),))
        )
    flaws += widening(placing, behind(placed_by, by_fact), grid, results)
    only = diagrams.combine(_alone, told, grid.settled)
    nowhere = diagrams.constant(False)
    return Placement(
        placed_by,
        len(grid.axes),
        sum(everywhere.values()),
        sum(everywhere.values()) - sum(settled.values()),
        _answered(everywhere),
        _answered(settled),
        frozenset(r for r, there in results.items() if diagrams.combine(conjoined, only, there) != nowhere),
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

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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..case.fact import Scalar
from ..case.vocabulary import Vocabulary
from .flaws import Flaw
from .placement_proof import Placement, prove_placement
from .table_proof import Covered, prove_table
from .tables import Table


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
    covered = [prove_table(table, vocabulary, flaws) for table in tables]
    placements = (
        [] if flaws else [prove_placement(tables, vocabulary, fact, silent, flaws) for fact in placed_by]
    )
    return Proof(tuple(covered), tuple(placements), tuple(flaws))

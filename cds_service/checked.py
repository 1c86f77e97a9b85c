"""What `cds-service check` shows beyond what every start does: that the decision tables are complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .authored import AuthoringMistakes, Document, Mistake
from .loading import Loaded
from .pathway.engine import PLACED_BY
from .pathway.proof import Flaw, Placement, Proof, prove


def prove_tables(loaded: Loaded) -> Proof:
    """The proof of `pathway.proof`. Raises AuthoringMistakes with every flaw, its file, line, row and cell."""
    knowledge = loaded.knowledge
    proof = prove(knowledge.tables, knowledge.vocabulary, PLACED_BY)
    if proof.flaws:
        raise AuthoringMistakes(mistakes(proof.flaws, loaded.table_files))
    return proof


def mistakes(flaws: Iterable[Flaw], documents: Iterable[Document]) -> list[Mistake]:
    """Each flaw where it stands in the files that hold the tables."""
    places = {
        row["table"]: (document, index)
        for document in documents
        for index, row in enumerate(document.content["tables"])
    }
    return [_mistake(flaw, *places[flaw.table]) for flaw in flaws]


def _mistake(flaw: Flaw, document: Document, index: int) -> Mistake:
    lines = [document.line(("tables", index, *cell.where)) for cell in flaw.cells]
    told = "; ".join(
        f"row {cell.row}, line {line}: {cell.text}" if cell.row else f"line {line}: {cell.text}"
        for cell, line in zip(flaw.cells, lines, strict=True)
    )
    return Mistake(document.name, lines[0], f"table {flaw.table!r}: {flaw.message}. See {told}")


def summary(proof: Proof) -> Iterator[str]:
    """What was proven, one line for each table and the placement, with the points counted."""
    yield "Complete: no gap, no clash, and learning a fact only narrows the results."
    width = max(len(c.table) for c in proof.tables)
    for c in proof.tables:
        facts = f"{c.facts} fact{'s' if c.facts > 1 else ''}"
        yield f"  table {c.table:<{width}}  {c.points:,} points of {facts}, {c.unknown:,} with something unknown"
    if proof.placement is not None:
        yield from _placement(proof.placement)


def _placement(p: Placement) -> Iterator[str]:
    yield f"  placement: {p.points:,} points of {p.facts} facts, {p.unknown:,} with something unknown"
    one = sum(n for results, n in p.answers.items() if len(results) == 1)
    yield f"    one result at {one:,}, a named set at {p.points - one:,}, none at 0"
    settled = sum(p.settled_answers.values())
    one = sum(n for results, n in p.settled_answers.items() if len(results) == 1)
    yield f"    of the {settled:,} with nothing unknown: one result at {one:,}, a named set at {settled - one:,}"

"""What `cds-service check` shows beyond what every start does: that the decision tables are complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .authored import AuthoringMistakes, Document, Mistake
from .loading import Loaded
from .pathway.flaws import Flaw
from .pathway.groups import PLACED_BY
from .pathway.knowledge import Knowledge
from .pathway.placement_proof import Answered
from .pathway.proof import Proof, prove


def prove_tables(loaded: Loaded) -> dict[str, Proof]:
    """The proof of `pathway.proof` for each disease.

    Raises AuthoringMistakes with every flaw, its file, line, table, row and cell.
    """
    proofs = {disease: _proof_of(part) for disease, part in loaded.knowledge.diseases.items()}
    flaws = [flaw for proof in proofs.values() for flaw in proof.flaws]
    if flaws:
        tables = [d for d in loaded.conditional if d.name.startswith("knowledge/tables/")]
        raise AuthoringMistakes(mistakes(flaws, tables))
    return proofs


def _proof_of(knowledge: Knowledge) -> Proof:
    """The proof of one disease: what places a patient, and what a group is treated as."""
    treated_as = (g.treated_as for g in knowledge.groups.values() if g.treated_as is not None)
    placed_by = dict.fromkeys((PLACED_BY, *treated_as))
    not_addressed = knowledge.vocabulary[PLACED_BY].not_addressed
    return prove(knowledge.tables, knowledge.vocabulary, placed_by, not_addressed)


def mistakes(flaws: Iterable[Flaw], documents: Iterable[Document]) -> list[Mistake]:
    """Each flaw where it stands in the files that hold the tables."""
    places = {
        row["table"]: (document, index)
        for document in documents
        for index, row in enumerate(document.content["tables"])
    }
    return [_mistake(flaw, *places[flaw.table]) for flaw in flaws]


def _mistake(flaw: Flaw, document: Document, index: int) -> Mistake:
    # a cell that is written once and used in several rows is told once
    rows: dict[tuple[int, str], list[int]] = {}
    for cell in flaw.cells:
        line = document.line(("tables", index, *cell.where))
        rows.setdefault((line, cell.text), []).append(cell.row)
    told = "; ".join(f"{_rows(numbers)}line {line}: {text}" for (line, text), numbers in rows.items())
    first = next(iter(rows))[0]
    return Mistake(document.name, first, f"table {flaw.table!r}: {flaw.message}. See {told}")


def _rows(numbers: Iterable[int]) -> str:
    told = [str(n) for n in dict.fromkeys(numbers) if n]
    return f"row{'s' if len(told) > 1 else ''} {', '.join(told)}, " if told else ""


def summary(proofs: Mapping[str, Proof]) -> Iterator[str]:
    """What was proven, one line for each table and two for each placement, with the points counted."""
    yield "Complete: no gap, no clash, and learning a fact only narrows the results."
    for disease, proof in proofs.items():
        yield f"{disease}:"
        width = max(len(c.table) for c in proof.tables)
        for c in proof.tables:
            yield f"  table {c.table:<{width}}  {_points(c.points, c.facts, c.unknown)}"
        for p in proof.placements:
            yield f"  placement by {p.fact}: {_points(p.points, p.facts, p.unknown)}"
            yield f"    {_answered(p.everywhere)}; where nothing is unknown: {_answered(p.settled)}"


def _points(points: int, facts: int, unknown: int) -> str:
    return f"{points:,} points of {facts} fact{'s' if facts > 1 else ''}, {unknown:,} with something unknown"


def _answered(counts: Answered) -> str:
    told = f"one group at {counts.one:,}, a named set at {counts.several:,}"
    return f"{told}, named as not addressed at {counts.not_addressed:,}"

"""Two runs over one population held against each other: whom the other version advises differently, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from ..replay.compare import EXTENSION
from ..replay.moves import Move, moves
from ..replay.side_by_side import as_written
from .durable import place, placed
from .manifest import Manifest, read
from .run import is_finished
from .source_file import ExportError

_FETCHED = 1000
# a patient is joined whether the other run knows it or not; rows that are the same never leave the database
_DIFFERING = """
    SELECT coalesce(b.patient, a.patient),
           b.assessment, coalesce('refused: ' || b.refused, 'failed: ' || b.failed), b.patient IS NOT NULL,
           a.assessment, coalesce('refused: ' || a.refused, 'failed: ' || a.failed), a.patient IS NOT NULL
    FROM read_parquet(?) b FULL JOIN read_parquet(?) a ON a.patient = b.patient
    WHERE (b.assessment, b.refused, b.failed) IS DISTINCT FROM (a.assessment, a.refused, a.failed)
    ORDER BY 1
"""


@dataclass(slots=True)
class Moved:
    """Counts of patients: `differing` are advised differently, `only_facts` are not although a fact is read
    differently. `counts` has for each thing that moved, what it was and what it is, the number of patients."""

    patients: int
    differing: int = 0
    only_facts: int = 0
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)

    def most_common(self, count: int | None = None) -> list[tuple[tuple[str, str, str, str], int]]:
        """Kind, name, before and after of what moved, with the number of patients, the most frequent first."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:count]

    def to_json(self) -> dict[str, Any]:
        """The content of `moved.json`, the most frequent move first."""
        keys = ("kind", "name", "before", "after")
        return {
            "patients": self.patients,
            "advisedDifferently": self.differing,
            "onlyFacts": self.only_facts,
            "moves": [
                {**dict(zip(keys, move, strict=True)), "patients": n} for move, n in self.most_common()
            ],
        }


def refuse_incomparable(before: Path, manifest: Manifest) -> None:
    """Raises ExportError if the folder holds no finished run, or one over another export or of another day."""
    theirs = read(before)
    if theirs is None or not is_finished(before):
        raise ExportError(f"{before} holds no finished run of `cds-service population` to compare with")
    if differing := set(theirs.differing(manifest)) & {"today", "complete_export", "files"}:
        raise ExportError(
            f"{before} holds a run with another {', '.join(sorted(differing))}: "
            "what moved would not be the version's doing"
        )


def compare(before: Path, after: Path, memory: str) -> Moved:
    """Compare two finished runs; writes `moved.json` and, a line for each patient, `moved.ndjson` below `after`.

    A line has `patient`, `advice` (whether more moved than facts) and `moves` (each `kind`, `name`, `before`,
    `after`).
    """
    with (
        duckdb.connect(":memory:", config={"memory_limit": memory, "temp_directory": str(after)}) as database,
        placed(after / "moved.ndjson") as path,
        path.open("wb") as lines,
    ):
        moved = Moved(_patients(database, after))
        for patient, moving in _moving(database, before, after):
            advice = any(move.kind != "fact" for move in moving)
            moved.differing += advice
            moved.only_facts += not advice
            moved.counts.update({_key(move) for move in moving})
            lines.write(msgspec.json.encode({"patient": patient, "advice": advice, "moves": moving}) + b"\n")
    place(after / "moved.json", msgspec.json.format(msgspec.json.encode(moved.to_json()), indent=2) + b"\n")
    return moved


def _patients(database: duckdb.DuckDBPyConnection, run: Path) -> int:
    found = database.execute("SELECT count(*) FROM read_parquet(?)", [_rows(run)]).fetchone()
    assert found is not None
    return int(found[0])


def _rows(run: Path) -> str:
    return str(run / "parquet" / "*.parquet")


def _moving(
    database: duckdb.DuckDBPyConnection, before: Path, after: Path
) -> Iterator[tuple[str, list[Move]]]:
    rows = database.execute(_DIFFERING, [_rows(before), _rows(after)])
    while batch := rows.fetchmany(_FETCHED):
        for patient, old, no_old, was, new, no_new, is_ in batch:
            if old is None or new is None:
                told = [
                    why or ("assessed" if known else None) for why, known in ((no_old, was), (no_new, is_))
                ]
                yield patient, [Move("status", "status", *told)]
            elif found := moves((200, _answer(old)), (200, _answer(new))):
                yield patient, found


def _answer(assessment: str) -> dict[str, Any]:
    return {"extension": {EXTENSION: msgspec.json.decode(assessment)}}


def _key(move: Move) -> tuple[str, str, str, str]:
    # an order's own name tells nothing of a population
    name = "order" if move.kind == "verdict" else move.name
    return move.kind, name, as_written(move.before), as_written(move.after)

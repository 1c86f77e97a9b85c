"""Second step: the scattered lines of each patient come together, in bounded memory, by DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import duckdb

from .entry import Entry
from .staging import staged_rows

GROUP = """
    SELECT part, patient, kind, id, damaged, line FROM staged WHERE part >= 0
    UNION ALL
    SELECT pointing.part, pointing.patient, found.kind, found.id, found.damaged, found.line
    FROM (SELECT DISTINCT part, patient, medication FROM staged WHERE medication IS NOT NULL) AS pointing
    JOIN (SELECT * FROM staged WHERE kind = 'Medication') AS found ON found.id = pointing.medication
"""
"""SQL, for every engine: each line with its patient's partition, Medications with every patient whose records point
to them."""

_FETCHED = 2000


def _connected(spill: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A database of its own, which moves to `spill` what does not fit into `memory` (such as `1GB`)."""
    return duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
        },
    )


def group(staged: Path, grouped: Path, memory: str, threads: int) -> None:
    """Write the lines of each partition into a folder of its own below `grouped`, unless that is done already."""
    if grouped.is_dir():
        return
    unfinished, spill = grouped.with_name("grouped.unfinished"), grouped.with_name("spill")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(spill, ignore_errors=True)
    files = [str(path) for path in staged_rows(staged)]
    with _connected(spill, memory, threads) as database:
        database.execute(
            f"COPY (WITH staged AS (SELECT * FROM read_parquet(?)) {GROUP}) TO '{_quoted(unfinished)}' "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (part))",
            [files],
        )
    unfinished.mkdir(exist_ok=True)
    unfinished.replace(grouped)
    shutil.rmtree(spill, ignore_errors=True)


def patients_by_partition(grouped: Path, memory: str, threads: int) -> Mapping[int, int]:
    """How many patients each partition holds; those that hold none are left out."""
    if not any(grouped.iterdir()):
        return {}
    with _connected(grouped.with_name("spill"), memory, threads) as database:
        counted = database.execute(
            "SELECT part, count(DISTINCT patient) FROM read_parquet(?, hive_partitioning = true) GROUP BY part",
            [f"{grouped}/*/*.parquet"],
        ).fetchall()
    return {int(part): int(count) for part, count in sorted(counted)}


def entries_of(grouped: Path, part: int, memory: str) -> Iterator[Entry]:
    """The lines of a partition by patient, type, id and content, whatever file they came from."""
    with _connected(grouped.with_name(f"spill-{part}"), memory, 1) as database:
        found = database.execute(
            "SELECT patient, kind, id, line, NULL, damaged FROM read_parquet(?, hive_partitioning = false) "
            "ORDER BY patient, kind, id",
            [f"{grouped}/part={part}/*.parquet"],
        )
        entries = (Entry(*row) for rows in iter(lambda: found.fetchmany(_FETCHED), []) for row in rows)
        # to sort by content is left to Python: what it takes is rare, and the database would look at all of it
        for _, same in groupby(entries, key=itemgetter(0, 1, 2)):
            yield from sorted(same)
    shutil.rmtree(grouped.with_name(f"spill-{part}"), ignore_errors=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

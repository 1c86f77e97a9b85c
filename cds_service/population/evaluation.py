"""Third step: everyone in a partition is evaluated by the service, and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ..http.wire import Refusal
from ..service import Service, assess_hook
from .chart_opened import ChartOpened
from .durable import place, placed
from .entry import Entry
from .row import COLUMNS, Row, assessed, line, unassessed
from .tally import Tally

_ROWS = 500


def mark_of(done: Path, part: int) -> Path:
    """The file that says that a partition is finished, with its tally."""
    return done / f"part-{part:05d}.json"


def finished(done: Path, part: int) -> Tally | None:
    """The tally of a partition that is finished."""
    mark = mark_of(done, part)
    if not mark.is_file():
        return None
    content: dict[str, Any] = msgspec.json.decode(mark.read_bytes())
    return Tally(content["patients"], content["counts"])


def evaluate_partition(
    part: int,
    entries: Iterable[Entry],
    service: Service,
    charts: ChartOpened,
    today: date,
    output: Path,
    done: Path,
    tell: Callable[[int], None],
) -> None:
    """Evaluate the patients of a partition, whose entries come patient by patient.

    Writes `ndjson/part-N.ndjson` and `parquet/part-N.parquet` below `output` and then the mark in `done`: whoever
    finds the mark finds both in full. `tell` hears how many patients were evaluated since it was told last.
    """
    tally = Tally()
    with (
        placed(output / "ndjson" / f"part-{part:05d}.ndjson") as lines_path,
        placed(output / "parquet" / f"part-{part:05d}.parquet") as rows_path,
        lines_path.open("wb") as lines,
        pq.ParquetWriter(rows_path, COLUMNS, compression="zstd") as rows,
    ):
        patients = groupby(entries, key=lambda entry: entry.patient)
        made = (evaluate(patient, list(owned), service, charts, today) for patient, owned in patients)
        while batch := _some(made, _ROWS):
            for row in batch:
                tally.add(row)
                lines.write(line(row))
            rows.write_table(pa.Table.from_pylist(batch, schema=COLUMNS))
            tell(len(batch))
    place(mark_of(done, part), msgspec.json.encode(tally.to_json()))


def _some(rows: Iterable[Row], most: int) -> list[Row]:
    return list(islice(rows, most))


def evaluate(patient: str, entries: list[Entry], service: Service, charts: ChartOpened, today: date) -> Row:
    """One patient's row. An error costs this patient's assessment alone."""
    try:
        found = assess_hook(charts.call(patient, entries), service, today)
    except Refusal as refusal:
        return unassessed(patient, refused=refusal.code)
    except Exception as error:
        # the text of an exception may hold what the record holds
        return unassessed(patient, failed=type(error).__name__)
    return assessed(patient, found.assessment)

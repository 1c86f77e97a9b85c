"""First step: each file of the export is read once, its usable lines kept with their patient and partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from .durable import place, placed
from .entry import MEDICATION, Entry, Reject, partition_of, read_line
from .source_file import SourceFile, lines_of

NOBODY = -1
"""The partition of Medications: whom they belong to, the records that point to them tell."""

COLUMNS = pa.schema(
    [
        ("part", pa.int32()),
        ("patient", pa.string()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("medication", pa.string()),
        ("damaged", pa.bool_()),
        ("line", pa.binary()),
    ]
)
_ROWS = 20_000
_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Staged:
    """What came of one file. `ignored`: resources of types that the service does not read."""

    file: str
    kinds: tuple[str, ...]
    lines: int
    rejected: int
    ignored: int


def stage(file: SourceFile, number: int, partitions: int, folder: Path) -> Staged:
    """Stage one file, unless that is done already. Raises ExportError for a file that is damaged as a whole."""
    mark = folder / f"{number:05d}.json"
    if mark.is_file():
        return msgspec.json.decode(mark.read_bytes(), type=Staged)
    told_by_name = file.kind
    kinds = {told_by_name} - {""}
    lines = rejected = ignored = 0
    with (
        placed(folder / f"{number:05d}.parquet") as rows,
        placed(folder / f"{number:05d}.rejects.ndjson") as rejects,
        pq.ParquetWriter(rows, COLUMNS, compression="zstd") as writer,
        rejects.open("wb") as told,
    ):
        batch = _Batch(writer, partitions)
        for at, line in lines_of(file):
            lines += 1
            match read_line(line, told_by_name):
                case None:
                    ignored += 1
                case Reject(reason, trace):
                    rejected += 1
                    told.write(msgspec.json.encode({"file": file.name, "line": at, "reason": reason}) + b"\n")
                    if trace is not None:
                        batch.add(trace)
                case entry:
                    kinds.add(entry.kind)
                    batch.add(entry)
        batch.flush()
    staged = Staged(file.name, tuple(sorted(kinds)), lines, rejected, ignored)
    place(mark, msgspec.json.encode(asdict(staged)))
    return staged


class _Batch:
    """Rows on their way into a file; few enough to be held."""

    def __init__(self, writer: pq.ParquetWriter, partitions: int) -> None:
        self._writer, self._partitions = writer, partitions
        self._entries: list[Entry] = []
        self._bytes = 0

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += len(entry.line)
        if len(self._entries) >= _ROWS or self._bytes >= _BYTES:
            self.flush()

    def flush(self) -> None:
        # each member of all entries together
        columns = list(zip(*self._entries, strict=True)) or [()] * len(Entry._fields)
        rows = {
            "part": [self._part(e) for e in self._entries],
            **dict(zip(Entry._fields, columns, strict=True)),
        }
        self._writer.write_table(pa.table(rows, schema=COLUMNS))
        self._entries, self._bytes = [], 0

    def _part(self, entry: Entry) -> int:
        return NOBODY if entry.kind == MEDICATION else partition_of(entry.patient, self._partitions)


def staged_rows(folder: Path) -> list[Path]:
    """The files that staging wrote, in the order of the export's."""
    return sorted(folder.glob("*.parquet"))


def rejects(folder: Path) -> Iterator[bytes]:
    """The lines of the rejects of all files, in the order of the export's."""
    for path in sorted(folder.glob("*.rejects.ndjson")):
        with path.open("rb") as lines:
            yield from lines

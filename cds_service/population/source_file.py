"""The files of an export: NDJSON, plain or gzipped, and Parquet, line by line."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from .entry import KINDS, MAX_LINE

SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz", ".parquet")
_RESOURCE = "resource"
_BATCH = 1000
# what a gzipped file is taken to hold for each of its bytes, to choose the number of partitions
_ZIPPED = 8


class ExportError(Exception):
    """An export that cannot be evaluated; the message says which file, why and what to do."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an export. `name` is its path below the export's folder; `modified` in nanoseconds."""

    path: Path
    name: str
    size: int
    modified: int

    @property
    def kind(self) -> str:
        """The resource type that the name tells: `Condition.ndjson`, `2.Condition.ndjson.gz`, `Condition/0.parquet`."""
        return next((part for part in re.split(r"[./_-]", self.name) if part in KINDS), "")

    @property
    def weight(self) -> int:
        """About how many bytes it holds."""
        return self.size * (_ZIPPED if self.path.suffix in (".gz", ".parquet") else 1)


def find_files(root: Path) -> list[SourceFile]:
    """The files of an export, by name: those below a folder, or the one file. Raises ExportError if there are none."""
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    base = root.parent if root.is_file() else root
    found = [
        SourceFile(path, path.relative_to(base).as_posix(), path.stat().st_size, path.stat().st_mtime_ns)
        for path in paths
        if path.name.endswith(SUFFIXES)
    ]
    if not found:
        raise ExportError(f"{root}: no file of an export here ({', '.join(SUFFIXES)})")
    return found


def lines_of(file: SourceFile) -> Iterator[tuple[int, bytes]]:
    """The number of each line or row, from 1, and its JSON; empty lines are left out.

    Of a line longer than MAX_LINE a little more than that comes. Raises ExportError for a file that is damaged as
    a whole.
    """
    if file.path.suffix == ".parquet":
        yield from _rows(file)
        return
    number = 0
    try:
        with _opened(file.path) as opened:
            while line := opened.readline(MAX_LINE + 2):
                number += 1
                whole = line
                while not whole.endswith(b"\n") and (whole := opened.readline(MAX_LINE)):
                    pass
                if stripped := line.strip():
                    yield number, stripped
    except (EOFError, OSError, zlib.error) as error:
        told = "its compressed content ends early or is damaged" if not _is_os(error) else "cannot be read"
        raise ExportError(f"{file.name}: {told}, after line {number}; export or copy it again") from error


def _is_os(error: Exception) -> bool:
    return isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile)


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _rows(file: SourceFile) -> Iterator[tuple[int, bytes]]:
    """Rows with the resource as JSON text in the column `resource`, or spread over columns named as its members."""
    number = 0
    try:
        content = pq.ParquetFile(file.path)
        textual = _RESOURCE in content.schema_arrow.names
        for batch in content.iter_batches(_BATCH, columns=[_RESOURCE] if textual else None):
            for row in batch.to_pylist():
                number += 1
                yield number, _text(row[_RESOURCE]) if textual else _spread(row, file.kind)
    except (pa.ArrowException, OSError) as error:
        raise ExportError(
            f"{file.name}: is no readable Parquet, after row {number}; write it again"
        ) from error


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value or "").encode()


def _spread(row: dict[str, Any], kind: str) -> bytes:
    members = _stated(row)
    if kind and isinstance(members, dict):
        members.setdefault("resourceType", kind)
    return msgspec.json.encode(members)


def _stated(value: Any) -> Any:
    """Without the members that only other rows have: every row has every column."""
    if isinstance(value, dict):
        kept = {name: _stated(content) for name, content in value.items() if content is not None}
        return {name: content for name, content in kept.items() if content not in ({}, [])}
    if isinstance(value, list):
        return [_stated(content) for content in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value

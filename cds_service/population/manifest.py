"""What a run was started with, so that it is resumed as the same run or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import msgspec

from .durable import place
from .source_file import ExportError, SourceFile

FILE = "manifest.json"
_PARTITION_BYTES = 64 * 1024 * 1024
_FEWEST, _MOST = 8, 2048


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files`: name, size and time of change (nanoseconds) of each; `evaluated_by`: what else decides the answers."""

    today: date
    partitions: int
    complete_export: bool
    files: tuple[tuple[str, int, int], ...]
    evaluated_by: Mapping[str, str]

    def differing(self, other: Manifest) -> list[str]:
        """The names of what differs."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if mine[name] != theirs[name]]


def described(
    files: list[SourceFile],
    today: date,
    partitions: int | None,
    complete_export: bool,
    evaluated_by: Mapping[str, str],
) -> Manifest:
    """The manifest of a run; without `partitions` by the size of the export."""
    weight = sum(file.weight for file in files)
    chosen = partitions or min(max(-(-weight // _PARTITION_BYTES), _FEWEST), _MOST)
    listed = tuple((file.name, file.size, file.modified) for file in files)
    return Manifest(today, chosen, complete_export, listed, dict(evaluated_by))


def read(output: Path) -> Manifest | None:
    """The manifest of the run that began in a folder. Raises ExportError for one that is not readable."""
    path = output / FILE
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise ExportError(f"{path}: is no manifest of a run; name another folder") from error


def begin(output: Path, manifest: Manifest) -> None:
    """Note a new run, or find that it is the one that began here. Raises ExportError if another did."""
    before = read(output)
    if before is None:
        place(output / FILE, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    elif differing := before.differing(manifest):
        raise ExportError(
            f"{output} holds a run with another {', '.join(differing)}; "
            "resume it as it was started, or name another folder"
        )


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Keep other runs out of the folder. Raises ExportError if one is under way."""
    with (output / ".lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except OSError as error:
            raise ExportError(f"{output}: another run is under way here") from error
        yield

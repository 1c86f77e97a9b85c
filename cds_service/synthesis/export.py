"""A synthetic population as the files of a FHIR Bulk Data export."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, cast

import msgspec

from ..case.vocabulary import Vocabulary
from .chart import chart

# each type that the service asks for has a file, empty if there are none: looked for and not found
TYPES = (
    "Patient",
    "Condition",
    "Observation",
    "Procedure",
    "DiagnosticReport",
    "MedicationRequest",
    "MedicationStatement",
    "MedicationAdministration",
    "ServiceRequest",
    "Specimen",
    "BodyStructure",
)
_WAITING = 4096
"""Lines of a type that wait to be written in another order than they were made."""


def write_export(
    count: int, seed: int, today: date, vocabulary: Vocabulary, folder: Path, *, zipped: bool = False
) -> Iterator[int]:
    """Write `count` patients into `folder`, a file a type; yields how many resources each patient has.

    The resources of a patient are scattered: over the files by type, and within each among those of thousands of
    others. Memory does not grow with `count`; same arguments, same bytes. The files have their names only once the
    last patient is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    suffix = ".ndjson.gz" if zipped else ".ndjson"
    order = random.Random(f"{seed}/order")
    waiting: dict[str, list[bytes]] = {kind: [] for kind in TYPES}
    with ExitStack() as stack:
        files = {
            kind: stack.enter_context(_opened(folder / f"{kind}{suffix}.part", zipped)) for kind in TYPES
        }
        for number in range(count):
            resources = chart(number, seed, today, vocabulary)
            for resource in resources:
                kind = resource["resourceType"]
                line = msgspec.json.encode(resource)
                lines = waiting[kind]
                if len(lines) < _WAITING:
                    lines.append(line)
                    continue
                place = order.randrange(_WAITING)
                files[kind].write(lines[place] + b"\n")
                lines[place] = line
            yield len(resources)
        for kind, lines in waiting.items():
            order.shuffle(lines)
            files[kind].writelines(line + b"\n" for line in lines)
    for kind in TYPES:
        (folder / f"{kind}{suffix}.part").replace(folder / f"{kind}{suffix}")


def _opened(path: Path, zipped: bool) -> IO[bytes]:
    if not zipped:
        return path.open("wb")
    # neither name nor time in the file: same population, same bytes
    return cast(IO[bytes], _Zipped(path))


class _Zipped(gzip.GzipFile):
    def __init__(self, path: Path) -> None:
        self._below = path.open("wb")
        super().__init__("", "wb", 6, self._below, 0)

    def close(self) -> None:
        super().close()
        self._below.close()

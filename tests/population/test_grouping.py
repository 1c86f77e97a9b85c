"""The lines of a partition come in one order, whatever files they came from and however they were spread."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import msgspec
import pytest

from cds_service.population.entry import Entry, read_line
from cds_service.population.grouping import entries_of, group
from cds_service.population.source_file import ExportError, find_files
from cds_service.population.staging import stage


def line(patient: str, name: str, day: int) -> bytes:
    resource = {
        "resourceType": "Condition",
        "id": name,
        "subject": {"reference": f"Patient/{patient}"},
        "recordedDate": f"2026-10-{day:02d}",
    }
    return msgspec.json.encode(resource)


LINES = [line(*each) for each in product(("p1", "p2", "p3"), ("c1", "c2", "c3"), range(1, 6))]


def grouped(lines: Sequence[bytes], folder: Path) -> Path:
    """The lines in one partition, spread over four files before."""
    export, staged, together = (folder / name for name in ("export", "staged", "grouped"))
    export.mkdir()
    staged.mkdir()
    for number in range(4):
        (export / f"{number}.ndjson").write_bytes(b"\n".join(lines[number::4]) + b"\n")
    for number, file in enumerate(find_files(export)):
        stage(file, number, 1, staged)
    group(staged, together, "1GB", 1)
    return together


@pytest.mark.parametrize("seed", range(3))
def test_by_patient_type_id_and_content(seed: int, tmp_path: Path) -> None:
    lines = [*LINES, *LINES[::4]]
    random.Random(seed).shuffle(lines)
    found = list(entries_of(grouped(lines, tmp_path), 0, "100MB"))
    expected = [entry for each in lines if isinstance(entry := read_line(each), Entry)]
    assert found == sorted(expected, key=lambda e: (e.patient, e.kind, e.id, e.line))
    assert len(found) == len(lines)


def test_a_partition_that_is_too_large_is_said_to_be(tmp_path: Path) -> None:
    noise = random.Random(1)
    lines = [line(f"p{n}", noise.randbytes(100_000).hex(), 1) for n in range(100)]
    with pytest.raises(ExportError, match=r"does not fit into 10MB.*--worker-memory.*--partitions"):
        list(entries_of(grouped(lines, tmp_path), 0, "10MB"))

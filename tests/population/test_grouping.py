"""The lines of a partition come in one order, whatever files they came from and however they were spread."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import msgspec
import pytest

from cds_service.population.entry import Entry, read_line
from cds_service.population.grouping import entries_of, group
from cds_service.population.source_file import find_files
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


@pytest.mark.parametrize("seed", range(3))
def test_by_patient_type_id_and_content(seed: int, tmp_path: Path) -> None:
    lines = [*LINES, *LINES[::4]]
    random.Random(seed).shuffle(lines)
    export, staged, grouped = (tmp_path / name for name in ("export", "staged", "grouped"))
    export.mkdir()
    staged.mkdir()
    for number in range(4):
        (export / f"{number}.ndjson").write_bytes(b"\n".join(lines[number::4]) + b"\n")
    for number, file in enumerate(find_files(export)):
        stage(file, number, 1, staged)
    group(staged, grouped, "100MB", 1)
    found = list(entries_of(grouped, 0, "100MB"))
    expected = [entry for each in lines if isinstance(entry := read_line(each), Entry)]
    assert found == sorted(expected, key=lambda e: (e.patient, e.kind, e.id, e.line))
    assert len(found) == len(lines)

"""`make bench-population`: how many patients a second `population` evaluates, end to end and once grouped.

Every patient has 61 resources, 95 kB: once all of them have a sarcoma or a GIST, once a twentieth of them, as in what a
hospital exports. The exports are written as servers write them, several files for a type. Prints a table and writes
`population.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO

from cds_service.population.manifest import described
from cds_service.population.run import Job, run
from cds_service.population.source_file import find_files
from tests.shipped import service

from .bench import rounded
from .bodies import USUAL, call, sent
from .contender import cpu_seconds_of, memory_mb_of, tree

WORKERS = 2
TODAY = date(2026, 11, 2)
_FILE_BYTES = 50_000_000
_LOOK_SECONDS = 0.5
_OURS = ("gist", "sts", "open")

Mix = Callable[[int], str]
MIXES: dict[str, Mix] = {
    "all of them": lambda n: _OURS[n % 3],
    "one in twenty": lambda n: "neither" if n % 20 else _OURS[n // 20 % 3],
}
"""How many of the patients have a sarcoma or a GIST: whose record the nth patient has."""


@dataclass(frozen=True)
class Found:
    """One run. Patients a second by the clock; `cpu_ms` of all processes for a patient, `memory_mb` of the largest."""

    ours: str
    patients: int
    megabytes: float
    end_to_end: float
    once_grouped: float
    cpu_ms: float
    memory_mb: float


class _Steps:
    """Hears when the steps of a run begin."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}

    def step(self, name: str, total: int, done: int) -> None:
        self.begun[name] = time.perf_counter()

    def at(self, done: int) -> None:
        """Nothing: only beginnings count."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.performance.population", description=__doc__)
    parser.add_argument("--patients", type=int, default=15_000)
    parser.add_argument("--output", type=Path, default=Path("docs/performance"))
    chosen = parser.parse_args(arguments)
    found = []
    for ours, mix in MIXES.items():
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            found.append(measure(ours, mix, chosen.patients, Path(name)))
    chosen.output.mkdir(parents=True, exist_ok=True)
    told = {"workers": WORKERS, "resources": USUAL, "runs": [asdict(one) for one in found]}
    text = json.dumps(rounded(told), indent=1)
    (chosen.output / "population.json").write_text(f"{text}\n", encoding="utf-8")
    print(
        "| have a sarcoma or a GIST | patients | patients/s once grouped | end to end | CPU ms a patient | MB |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    for one in found:
        print(
            f"| {one.ours} | {one.patients} | {one.once_grouped:.0f} | {one.end_to_end:.0f} "
            f"| {one.cpu_ms:.2f} | {one.memory_mb:.0f} |"
        )


def measure(ours: str, mix: Mix, patients: int, folder: Path) -> Found:
    """One run over an export that is written into the folder."""
    export = folder / "export"
    size = write(export, mix, patients)
    files = find_files(export)
    job = Job(
        files=tuple(files),
        output=folder / "found",
        manifest=described(files, TODAY, None, True, {}),
        workers=WORKERS,
        memory="1GB",
        worker_memory="256MB",
        knowledge="measured",
        make_service=service,
    )
    steps = _Steps()
    used, began = cpu_seconds_of(os.getpid()), time.perf_counter()
    with _most_held() as held:
        summary = run(job, steps)
    ended = time.perf_counter()
    assert summary.tally.patients == patients and not summary.tally.counts["failed"]
    return Found(
        ours=ours,
        patients=patients,
        megabytes=size / 1e6,
        end_to_end=patients / (ended - began),
        once_grouped=patients / (ended - steps.begun["Patients"]),
        cpu_ms=(cpu_seconds_of(os.getpid()) - used) * 1000 / patients,
        memory_mb=max(held),
    )


def write(folder: Path, mix: Mix, patients: int) -> int:
    """An export of so many patients; the bytes that it has."""
    folder.mkdir()
    records = {name: _record(name) for name in {mix(n) for n in range(patients)}}
    size = 0
    written: dict[str, list[IO[bytes]]] = {}
    for n in range(patients):
        for kind, line, owner in records[mix(n)]:
            files = written.setdefault(kind, [])
            if not files or files[-1].tell() > _FILE_BYTES:
                files.append((folder / f"{kind}.{len(files):04d}.ndjson").open("wb"))
            named = b"patient-%06d" % n if kind == "Patient" else b"Patient/patient-%06d" % n
            size += files[-1].write(line.replace(owner, named) + b"\n")
    for files in written.values():
        for file in files:
            file.close()
    return size


def _record(name: str) -> list[tuple[str, bytes, bytes]]:
    """Each resource of a body's record once: its type, its line, and how it names its patient."""
    made = call(name)
    patient = made["context"]["patientId"]
    lines = {}
    for resource in sent(made):
        kind = resource["resourceType"]
        # named as others name it, to be put into its place with theirs
        owned = {**resource, "id": f"Patient/{patient}"} if kind == "Patient" else resource
        lines[kind, resource["id"]] = json.dumps(owned, separators=(",", ":")).encode()
    return [(kind, line, f"Patient/{patient}".encode()) for (kind, _), line in lines.items()]


@contextmanager
def _most_held() -> Iterator[list[float]]:
    """What the largest process of this one's tree held, looked at again and again."""
    held, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            held.append(max(memory_mb_of(pid) for pid in tree(os.getpid())))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield held
    finally:
        over.set()
        looking.join()


if __name__ == "__main__":
    main()

"""Exports and runs that several tests of this room need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cds_service.cli import main

DAY = "2026-11-02"
PARTITIONS = "4"


def synthesized(folder: Path, count: int, *more: str) -> Path:
    """A synthetic export."""
    run = CliRunner().invoke(main, ["synthesize", str(count), "--seed", "6", "--output", str(folder), *more])
    assert run.exit_code == 0, run.output
    return folder


def arguments(source: Path, output: Path, *more: str) -> list[str]:
    """What follows `cds-service` in a run of the tests: on a fixed day, with two workers."""
    fixed = ["--today", DAY, "--workers", "2", "--partitions", PARTITIONS]
    return ["population", str(source), "--output", str(output), *fixed, *more]


def evaluated(source: Path, output: Path, *more: str) -> Result:
    """A run in this process."""
    return CliRunner().invoke(main, arguments(source, output, *more))


def findings(output: Path) -> dict[str, bytes]:
    """What a run found, by file: everything that must not hang on how it was found."""
    named = [*sorted((output / "ndjson").iterdir()), output / "summary.json", output / "summary.html"]
    return {path.name: path.read_bytes() for path in named}


def by_patient(output: Path) -> dict[str, dict[str, Any]]:
    """The lines of the assessments by patient."""
    told = [json.loads(line) for file in (output / "ndjson").iterdir() for line in file.open()]
    assert len({one["patient"] for one in told}) == len(told)
    return {one["patient"]: one for one in told}


def write_lines(path: Path, resources: Iterable[Mapping[str, Any] | str]) -> None:
    """NDJSON of resources, or of lines as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [r if isinstance(r, str) else json.dumps(r) for r in resources]
    path.write_text("".join(f"{line}\n" for line in lines))

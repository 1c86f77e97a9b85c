"""`make run` and `make sandbox` stand side by side: each ends only its own, `make stop` ends both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
STARTED = {"service.pid": "cds-service", "sandbox.pid": "deploy.sandbox"}


@pytest.fixture
def started(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """A process for each pid file, called as the one that make starts."""
    processes = {}
    for file, name in STARTED.items():
        command = [sys.executable, "-c", "import time; time.sleep(120)", name]
        processes[file] = subprocess.Popen(command)
        (tmp_path / file).write_text(f"{processes[file].pid}\n")
    yield processes
    for process in processes.values():
        process.kill()
        process.wait()


def make(folder: Path, *arguments: str) -> str:
    command = ["make", "--no-print-directory", "-C", str(CHECKOUT), f"RUN={folder}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "ended"),
    [
        ("stop-run", ["service.pid"]),
        ("stop-sandbox", ["sandbox.pid"]),
        ("stop", ["service.pid", "sandbox.pid"]),
    ],
)
def test_what_was_started_is_ended(
    started: dict[str, subprocess.Popen[bytes]], tmp_path: Path, target: str, ended: list[str]
) -> None:
    told = make(tmp_path, target)
    for file, process in started.items():
        assert (process.poll() is not None) == (file in ended)
        assert (tmp_path / file).exists() == (file not in ended)
        assert (f"process {process.pid}" in told) == (file in ended)


def test_a_process_that_has_taken_the_number_since_is_left_alone(
    started: dict[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    (tmp_path / "service.pid").write_text(f"{started['sandbox.pid'].pid}\n")
    make(tmp_path, "stop-run")
    assert started["sandbox.pid"].poll() is None and not (tmp_path / "service.pid").exists()


@pytest.mark.parametrize(("target", "own", "other"), [("run", *STARTED), ("sandbox", *reversed(STARTED))])
def test_starting_one_anew_does_not_end_the_other(tmp_path: Path, target: str, own: str, other: str) -> None:
    wanted = make(tmp_path, "--dry-run", target)
    assert f"{tmp_path}/{own}" in wanted and f"{tmp_path}/{other}" not in wanted

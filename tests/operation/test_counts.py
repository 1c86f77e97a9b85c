"""The files in which workers count: whatever happens to their folder, calls are answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# prometheus_client takes its folder when it is imported: each case is a process of its own
BEGIN = """
import os, resource, shutil, sys
from pathlib import Path
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Refusal
from cds_service.metrics import Metrics

folder = Path(sys.argv[1])
folder.mkdir(exist_ok=True)
metrics = Metrics(folder)

def count():
    metrics.observe_call("ehr", "order-select", 200, 0.1, {"map": 0.1})
    for told in (metrics.shed, metrics.failures, metrics.decisions_lost):
        with metrics.regardless:
            told.inc()
    for attempt in range(2):
        try:
            with Turnstile(0, metrics).turn():
                pass
        except Refusal as refusal:
            assert refusal.status == 503

"""


def counting(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("facts", [1, 1000])
def test_the_disk_has_room_for_a_file_before_anything_is_counted_in_it(tmp_path: Path, facts: int) -> None:
    """A mapped file that takes its room later would end the process where there is none: no exception tells of it."""
    counting(
        tmp_path,
        f"""
count()
for number in range({facts}):
    metrics.missing.labels(f"fact-{{number}}").inc()
""",
    )
    files = [file.stat() for file in tmp_path.iterdir()]
    assert len(files) == 2
    assert all(file.st_blocks * 512 >= file.st_size >= 65_536 for file in files)
    assert max(file.st_size for file in files) > 65_536 or facts == 1


@pytest.mark.parametrize("room", [0, 70_000])
def test_without_room_nothing_is_counted_and_nothing_fails(tmp_path: Path, room: int) -> None:
    log = counting(
        tmp_path,
        f"""
if {room}:
    count()
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
if os.fork() == 0:
    for attempt in range(2):
        count()
        for number in range(1000):
            with metrics.regardless:
                metrics.missing.labels(f"fact-{{number}}").inc()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
""",
    )
    assert log.count("not-counted") == 1


def test_a_worker_that_begins_without_the_folder_counts_nothing_and_nothing_fails(tmp_path: Path) -> None:
    log = counting(
        tmp_path / "counts",
        """

count()
shutil.rmtree(folder)
if os.fork() == 0:
    for attempt in range(2):
        count()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
""",
    )
    assert log.count("not-counted") == 1

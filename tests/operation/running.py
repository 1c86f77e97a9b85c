"""`cds-service serve` as processes of its own, as a site runs it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

CHECKOUT = Path(__file__).parents[2]
START = "import sys; from cds_service.cli import main; sys.argv[0] = 'cds-service'; main()"
PATIENCE = 60


@dataclass(frozen=True)
class Running:
    """A running service: its master process, its address, the file with its log."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=PATIENCE)

    def call(self, body: dict[str, Any], **named: Any) -> requests.Response:
        return requests.post(f"{self.url}/cds-services/sarcoma-pathway", json=body, timeout=PATIENCE, **named)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log that tell of an event."""
        lines = (line for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [told for told in map(json.loads, lines) if told.get("event") == event]

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)


def until(true: Callable[[], bool], running: Running) -> None:
    """Wait for something to become true; fails with the log if it never does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.log.read_text()
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(running.log.read_text())


@contextmanager
def running(
    folder: Path, *options: str, workers: int = 2, development: bool = True, **environ: str
) -> Iterator[Running]:
    """The service with some options and variables once it answers, ended with SIGTERM afterwards.

    Outside development its public address is the one that it listens on.
    """
    with starting(folder, *options, workers=workers, development=development, **environ) as found:
        until(lambda: answers(found), found)
        yield found


@contextmanager
def starting(
    folder: Path, *options: str, workers: int = 2, development: bool = True, **environ: str
) -> Iterator[Running]:
    """As `running`, but from the first moment on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CDS_SERVICE_")}
    mode = ["--development"] if development else ["--public-url", f"http://127.0.0.1:{port}"]
    arguments = ["serve", *mode, "--workers", str(workers), "--port", str(port), *options]
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", START, *arguments],
            cwd=CHECKOUT,
            env={
                **kept,
                "CDS_SERVICE_SNOMED_AFFILIATE": "accepted",
                "CDS_SERVICE_STATE_DIRECTORY": str(folder / "state"),
                **environ,
            },
            stdout=stream,
            stderr=stream,
        )
    found = Running(process, f"http://127.0.0.1:{port}", log)
    try:
        yield found
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(service: Running) -> bool:
    try:
        return service.get("/live").status_code == 200
    except requests.ConnectionError:
        return False

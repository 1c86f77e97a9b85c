"""The whole service as processes of its own, with a store behind it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

ADDRESS = "/cds-services/sarcoma-pathway"
CODE = "import sys; from cds_service.cli import main; sys.argv[0] = 'cds-service'; main()"
BATCH = 5


@dataclass(frozen=True)
class Served:
    """`cds-service serve` with two workers."""

    process: subprocess.Popen[bytes]
    url: str

    def feedback(self, entries: list[dict[str, Any]]) -> requests.Response:
        # a connection of its own each time: one that was kept may lead to a worker that is gone
        return requests.post(f"{self.url}{ADDRESS}/feedback", json={"feedback": entries}, timeout=30)

    def notes(self) -> list[str]:
        """What readiness says, of whichever worker answers."""
        notes: list[str] = requests.get(f"{self.url}/ready", timeout=30).json()["notes"]
        return notes

    def call(self, sent: dict[str, Any] | None = None) -> requests.Response:
        """A call; if not stated, about a patient without a sarcoma."""
        if sent is not None:
            return requests.post(f"{self.url}{ADDRESS}", json=sent, timeout=30)
        context = {"userId": "Practitioner/a", "patientId": "p1"}
        nothing = {"resourceType": "Bundle", "type": "searchset", "total": 0}
        sent = {
            "hook": "patient-view",
            "hookInstance": str(uuid4()),
            "context": context,
            "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": nothing},
        }
        return requests.post(f"{self.url}{ADDRESS}", json=sent, timeout=30)

    def processes(self) -> list[int]:
        """The workers and what started them."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def kill(self) -> None:
        """Kill all of it at once, as if the machine had lost its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(store: str, log: Path, **variables: str) -> Iterator[Served]:
    """A running service with some variables; it is gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CDS_SERVICE_")}
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, "serve", "--development", "--workers", "2", "--port", str(port)],
            env={**environ, "CDS_SERVICE_STORE_URL": store, **variables},
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    served = Served(process, f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                requests.get(f"{served.url}/cds-services", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield served
    finally:
        if process.poll() is None:
            served.kill()


@dataclass
class Load:
    """Clients that send feedback one delivery after the other, and note what was acknowledged."""

    served: Served
    threads: int = 4
    acknowledged: list[list[dict[str, Any]]] = field(default_factory=list)
    others: list[list[dict[str, Any]]] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    refused: list[requests.Response] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send until the end of the block."""
        over = threading.Event()
        threads = [threading.Thread(target=self._send, args=(over,)) for _ in range(self.threads)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _send(self, over: threading.Event) -> None:
        while not over.is_set():
            entries = delivery()
            try:
                response = self.served.feedback(entries)
            except requests.RequestException:
                self.others.append(entries)
                time.sleep(0.05)
                continue
            self.statuses.add(response.status_code)
            if response.status_code == 200:
                self.acknowledged.append(entries)
            else:
                self.others.append(entries)
                self.refused.append(response)

    def await_acknowledged(self, more: int) -> None:
        """Wait until so many more deliveries were acknowledged."""
        wanted = len(self.acknowledged) + more
        deadline = time.monotonic() + 90
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, (len(self.acknowledged), wanted, self.statuses)
            time.sleep(0.02)

    def await_refused(self, more: int = 1) -> None:
        """Wait until so many more deliveries were refused."""
        wanted = len(self.refused) + more
        deadline = time.monotonic() + 90
        while len(self.refused) < wanted:
            assert time.monotonic() < deadline, self.statuses
            time.sleep(0.02)


def delivery() -> list[dict[str, Any]]:
    """Entries that nobody sent before."""
    at = datetime.now(UTC).isoformat()
    return [{"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": at} for _ in range(BATCH)]

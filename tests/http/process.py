"""A server as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running server: its process, its port, the file with its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def exchange(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to raw bytes; the server must close the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(sent)
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return int(first.split(" ")[1]), headers, body


@contextmanager
def serving(log: Path, module: str = "serving", *arguments: str) -> Iterator[Served]:
    """`python -m tests.http.MODULE PORT 2 ARGUMENTS`, until the block ends."""
    port = free_port()
    process = start(port, log, module, *arguments)
    try:
        await_answer(f"http://127.0.0.1:{port}/cds-services", process, log)
        yield Served(process, port, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(port: int, log: Path, module: str = "serving", *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"tests.http.{module}", str(port), "2", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with log.open("wb") as stream:
        return subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=stream, stderr=stream)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())

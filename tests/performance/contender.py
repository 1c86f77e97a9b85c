"""A program that answers calls, started for the measurement: bare endpoints, other frameworks, our service."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import requests

from cds_service.replay.signing import PrivateKey, new_key, public_key_set

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
BENCH = CHECKOUT / ".run" / "bench"
ADDRESS = "/cds-services/sarcoma-pathway"
ISSUER = "https://bench.example.org"
PATIENCE = 60


@dataclass(frozen=True)
class Contender:
    """How a program is started: `command` with PORT and PYTHON filled in. `signed`: each call needs a token.

    `needs` is a file without which it is left out, `missing` says how to get it.
    """

    name: str
    words: str
    command: Sequence[str]
    address: str = ADDRESS
    signed: bool = False
    environ: Mapping[str, str] = field(default_factory=dict)
    needs: Path | None = None
    missing: str = ""

    @property
    def installed(self) -> bool:
        return self.needs is None or self.needs.exists()


_GUNICORN = ("{bin}/gunicorn", "--workers", "1", "--bind", "127.0.0.1:{port}", "--log-level", "warning")
_SERVE = ("{bin}/cds-service", "serve", "--workers", "1", "--port", "{port}")
# the patients' records are coded with it: without it they could not be placed
_SNOMED = {"CDS_SERVICE_SNOMED_AFFILIATE": "accepted"}
_HEALTHCHAIN = BENCH / "healthchain"
_UVICORN = (
    str(_HEALTHCHAIN / "bin" / "uvicorn"), "--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning",
)  # fmt: skip
_NODE = Path(shutil.which("node") or "node")
_OF_HEALTHCHAIN = {
    "address": f"/cds{ADDRESS}",
    "needs": _HEALTHCHAIN / "bin" / "uvicorn",
    "missing": "make bench installs it",
}

CONTENDERS = (
    Contender(
        "bare",
        "Flask and orjson, a fixed card (gunicorn, one sync worker)",
        (*_GUNICORN, "tests.performance.contenders.bare:app"),
    ),
    Contender(
        "ours", "this service, one worker, development mode", (*_SERVE, "--development"), environ=_SNOMED
    ),
    Contender(
        "ours-signed",
        "this service, one worker, calls signed with RS384, each token once",
        (*_SERVE, "--public-url", "http://127.0.0.1:{port}", "--clients", "{folder}/clients.yaml"),
        signed=True,
        environ=_SNOMED,
    ),
    Contender(
        "healthchain",
        "HealthChain 0.16, a fixed card (uvicorn, one worker)",
        (*_UVICORN, "tests.performance.contenders.healthchain_service:plain_app"),
        **_OF_HEALTHCHAIN,
    ),
    Contender(
        "healthchain-fhir",
        "HealthChain 0.16, prefetch read as FHIR, a fixed card",
        (*_UVICORN, "tests.performance.contenders.healthchain_service:reading_app"),
        **_OF_HEALTHCHAIN,
    ),
    Contender(
        "express",
        "Node, Express 5, a fixed card",
        (str(_NODE), str(BENCH / "node" / "express.mjs"), "{port}"),
        needs=BENCH / "node" / "node_modules",
        missing="make bench installs it, if Node is there",
    ),
)


@dataclass(frozen=True)
class Running:
    """A contender that answers, `ready_seconds` after it was started."""

    contender: Contender
    process: subprocess.Popen[bytes]
    url: str
    log: Path
    ready_seconds: float
    key: PrivateKey | None = None

    def cpu_seconds(self) -> float:
        """Processor time that its processes have used."""
        return sum(cpu_seconds_of(pid) for pid in tree(self.process.pid))

    def memory_mb(self) -> float:
        """What the largest of its processes holds, shared pages counted in part (PSS)."""
        return max(memory_mb_of(pid) for pid in tree(self.process.pid))


@contextmanager
def started(contender: Contender, folder: Path) -> Iterator[Running]:
    """The contender, ended afterwards. `folder` takes its log and what it keeps."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    key = _site(folder) if contender.signed else None
    fill = {"port": port, "bin": Path(sys.executable).parent, "folder": folder}
    log = folder / "log"
    ours = {"CDS_SERVICE_SNOMED_AFFILIATE": "accepted", "CDS_SERVICE_STATE_DIRECTORY": str(folder / "state")}
    # compiled once, as on any machine where it runs for the second time
    left_out = ("CDS_SERVICE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    begun = time.perf_counter()
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [part.format(**fill) for part in contender.command],
            cwd=CHECKOUT,
            env={**kept, **ours, "PYTHONPATH": str(CHECKOUT), **contender.environ},
            stdout=stream,
            stderr=stream,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base, process, log)
        yield Running(contender, process, base + contender.address, log, time.perf_counter() - begun, key)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            # any answer will do: not every contender has such an address
            requests.get(f"{base}/live", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.005)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer:\n{log.read_text()[-2000:]}")


def _site(folder: Path) -> PrivateKey:
    """A clients file with one client, and the key that it signs with."""
    key = new_key("RS384", "bench-1")
    (folder / "bench.jwks.json").write_bytes(msgspec.json.encode(public_key_set(key)))
    (folder / "clients.yaml").write_text(
        f"clients:\n  - id: bench\n    issuers: [{ISSUER}]\n    key-file: bench.jwks.json\n", encoding="utf-8"
    )
    return key


def tree(pid: int) -> list[int]:
    found = [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        found += tree(int(child))
    return found


def memory_mb_of(pid: int) -> float:
    """What a process holds, shared pages counted in part (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_seconds_of(pid: int) -> float:
    """Processor time of a process and of those that it has started and that have ended."""
    try:
        # what follows the name, which may hold anything
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

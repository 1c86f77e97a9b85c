"""The programs of the sandbox: started one after the other, watched, ended together."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import requests

STARTING_SECONDS = 90
ENDING_SECONDS = 20


class SandboxError(Exception):
    """The sandbox cannot go on; the text says which part failed, why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program. It is ready once `ready` (an address) answers 200; what it says is kept in `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: str
    log: Path


def check_port(port: int, name: str, variable: str) -> None:
    """Raise SandboxError if somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as problem:
            raise SandboxError(
                f"Port {port} cannot be used for the {name} ({problem}). "
                f"Choose another: make sandbox {variable}=... (make stop ends what `make run` started here.)"
            ) from None


@dataclass
class Parts:
    """The parts that run, in the order in which they were started. A context that ends them all.

    `stopping` is for the handler of a signal, which had better not raise: libraries swallow what is raised within them.
    """

    running: list[tuple[Part, subprocess.Popen[bytes]]] = field(default_factory=list)
    stopping: bool = False

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        for _part, process in reversed(self.running):
            # a part that reads its standard input ends with it, even if we are killed
            if process.stdin:
                process.stdin.close()
            process.terminate()
        for _part, process in self.running:
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, part: Part) -> None:
        """Start a part and wait until it is ready. Raises SandboxError if it does not get so far."""
        with part.log.open("wb") as log:
            process = subprocess.Popen(
                part.command,
                env=dict(part.environment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append((part, process))
        deadline = time.monotonic() + STARTING_SECONDS
        while not _answers(part.ready):
            self.check()
            if time.monotonic() > deadline:
                raise SandboxError(f"The {part.name} did not come up.{_end_of(part.log)}")
            time.sleep(0.2)

    def check(self) -> None:
        """Raise SandboxError if a part has ended by itself, and KeyboardInterrupt once it is to stop."""
        if self.stopping:
            raise KeyboardInterrupt
        for part, process in self.running:
            if process.poll() is not None:
                raise SandboxError(
                    f"The {part.name} ended by itself (code {process.returncode}).{_end_of(part.log)}"
                )


def _answers(address: str) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands before our own machine
            return session.get(address, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    return f" The end of {log}:\n" + "\n".join(lines)

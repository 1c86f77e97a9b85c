"""What checks the shipped files: programs of Debian's, found where Debian puts them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"


def program(name: str, package: str) -> str:
    """The path of a program. Without it the test is skipped, which CI does not accept."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install {package})")
    return found


def run(*command: str | Path, cwd: Path | None = None, timeout: float = 120) -> str:
    """Output and errors of a command that has to succeed."""
    done = said(*command, cwd=cwd, timeout=timeout)
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout[-6000:]}"
    )
    return done.stdout


def said(
    *command: str | Path, cwd: Path | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """What a command says, and how it ends."""
    return subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

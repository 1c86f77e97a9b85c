"""Putting load on a contender with wrk."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cds_service.replay.signing import SignedCalls

from .contender import HERE, ISSUER, Running

# more than any contender can use up
_TOKENS_A_SECOND = 400


class LoadFailed(Exception):
    """What was measured is not what was to be measured."""


@dataclass(frozen=True)
class Measured:
    """One run: calls a second, milliseconds within which half of them and 99 of 100 were answered, and milliseconds of
    processor time that a call took. Only the last hardly hangs on what else the machine does."""

    rate: float
    p50: float
    p99: float
    cpu: float


def load(running: Running, body: Path, connections: int, seconds: float, folder: Path) -> Measured:
    """Post the body over so many connections for so long. Raises LoadFailed if any call is not answered with 200."""
    arguments = [str(body)]
    if running.key is not None:
        tokens = folder / "tokens"
        sign = SignedCalls(running.key, ISSUER, time.time, lambda: str(uuid4()))
        count = int(_TOKENS_A_SECOND * seconds)
        tokens.write_text("".join(f"{sign.token(running.url)}\n" for _ in range(count)), encoding="ascii")
        arguments.append(str(tokens))
    # one thread: a second would take the same tokens, and the machine may have two cores
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:g}s"]
    before = running.cpu_seconds()
    done = subprocess.run(
        [*command, "--timeout", "30s", "--script", str(HERE / "load.lua"), running.url, "--", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    line = next((part for part in done.stdout.splitlines() if part.startswith("MEASURED ")), None)
    if line is None:
        raise LoadFailed(f"wrk: {done.stdout}{done.stderr}")
    found = json.loads(line.removeprefix("MEASURED "))
    if found["refused"] or found["broken"] or not found["requests"]:
        raise LoadFailed(f"{running.contender.name}: {found}")
    cpu = (running.cpu_seconds() - before) * 1000 / found["requests"]
    return Measured(found["requests"] / found["seconds"], found["p50"], found["p99"], cpu)

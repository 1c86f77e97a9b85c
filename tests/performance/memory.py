"""`make bench-memory`: what a worker holds over very many calls about different patients, one after another.

Prints a line for every so many calls and writes `memory.json`. Flat means that nothing of a call is kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from .bench import rounded
from .bodies import PATIENTS, body
from .contender import CONTENDERS, Running, started
from .load import load

CONNECTIONS = 8


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.performance.memory", description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--every", type=int, default=20_000, help="Calls between two looks at the memory.")
    parser.add_argument("--seconds", type=int, default=10, help="For which one patient's calls are sent.")
    parser.add_argument("--output", type=Path, default=Path("docs/performance"))
    chosen = parser.parse_args(arguments)
    ours = next(c for c in CONTENDERS if c.name == "ours")
    looks: list[tuple[int, float]] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        started(ours, Path(name) / ours.name) as running,
    ):
        for look in _looks(running, Path(name), chosen.calls, chosen.every, chosen.seconds):
            looks.append(look)
            print(f"{look[0]:>8} calls: {look[1]:.1f} MB", flush=True)
    found = {"connections": CONNECTIONS, "looks": looks, "mb_per_100000_calls": growth(looks)}
    chosen.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rounded(found), indent=1)
    (chosen.output / "memory.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"growth: {found['mb_per_100000_calls']:.2f} MB in 100,000 calls")


def _looks(
    running: Running, folder: Path, calls: int, every: int, seconds: float
) -> Iterator[tuple[int, float]]:
    """Calls answered so far, and megabytes that the worker holds then."""
    files = {patient: folder / f"{patient}.json" for patient in PATIENTS}
    for patient, file in files.items():
        file.write_bytes(body(patient))
    made, due = 0, 0
    for file in cycle(files.values()):
        if made >= due:
            yield made, running.memory_mb()
            due += every
        if made >= calls:
            return
        made += round(load(running, file, CONNECTIONS, seconds, folder).rate * seconds)


def growth(looks: Sequence[tuple[int, float]]) -> float:
    """Megabytes in 100,000 calls, by the straight line through the later half of the looks: what is made once, and the
    heap until it has found its size, are no growth."""
    later = looks[len(looks) // 2 :]
    if len(later) < 2:
        raise ValueError("too few looks: more calls are needed, or a look more often")
    return statistics.linear_regression(*zip(*later, strict=True)).slope * 100_000


if __name__ == "__main__":
    main()

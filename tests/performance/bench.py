"""`make bench`: all contenders side by side in one run, in turns, with the same bodies from the same load generator.

Writes `performance.json` and `performance.svg`, and prints a table. The machine is never quiet: what counts are the
ratios against the bare endpoint within one run, each round's contenders measured right after one another.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pygal
import requests

from cds_service.replay.signing import SignedCalls

from .bodies import USUAL, body
from .contender import CONTENDERS, ISSUER, Contender, Running, started
from .load import Measured, load

CONNECTIONS = (1, 8, 32)
BODIES = ("gist", "sts", "neither")
FLOOR = "bare"
# what parses the body and answers a fixed card does so for every body alike
ONE_BODY = frozenset({"healthchain", "healthchain-fhir", "express"})


@dataclass(frozen=True)
class Row:
    """Medians over the rounds; `ratio` is that of the rate to the floor's in the same round, the others
    likewise; of processor time the floor's to the contender's, so that more is better there too."""

    contender: str
    body: str
    connections: int
    rate: float
    p50: float
    p99: float
    cpu: float
    ratio: float
    p99_ratio: float
    cpu_ratio: float


@dataclass(frozen=True)
class Start:
    """What starting cost: seconds until it answered, milliseconds of the first call and of the median of the next."""

    contender: str
    ready_seconds: float
    first_ms: float
    usual_ms: float
    memory_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.performance.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", nargs="*", default=[c.name for c in CONTENDERS])
    parser.add_argument("--bodies", nargs="*", default=list(BODIES))
    parser.add_argument("--connections", nargs="*", type=int, default=list(CONNECTIONS))
    parser.add_argument("--output", type=Path, default=Path("docs/performance"))
    chosen = parser.parse_args(arguments)
    contenders = [c for c in CONTENDERS if c.name in {FLOOR, *chosen.only}]
    for left_out in [c for c in contenders if not c.installed]:
        print(f"left out: {left_out.name} ({left_out.missing})", file=sys.stderr)
    rows, starts = measure(
        [c for c in contenders if c.installed],
        chosen.bodies,
        chosen.connections,
        chosen.rounds,
        chosen.seconds,
    )
    found = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
        "method": {"rounds": chosen.rounds, "seconds": chosen.seconds, "resources": USUAL},
        "bytes": {name: len(body(name)) for name in chosen.bodies},
        "contenders": {c.name: c.words for c in contenders},
        "load": [asdict(row) for row in rows],
        "start": [asdict(start) for start in starts],
    }
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "performance.json").write_text(
        f"{json.dumps(rounded(found), indent=1)}\n", encoding="utf-8"
    )
    (chosen.output / "performance.svg").write_bytes(plot(rows))
    print(table(rows, starts))


def measure(
    contenders: Sequence[Contender],
    bodies: Sequence[str],
    connections: Sequence[int],
    rounds: int,
    seconds: float,
) -> tuple[list[Row], list[Start]]:
    """Every contender with every body over every number of connections, in turns."""
    runs: dict[tuple[str, str, int], list[tuple[Measured, Measured]]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        files = {name: folder / f"{name}.json" for name in bodies}
        for name, file in files.items():
            file.write_bytes(body(name))
        running = [stack.enter_context(started(c, folder / c.name)) for c in contenders]
        firsts = {r.contender.name: first_calls(r, body(bodies[0])) for r in running}
        for number in range(rounds):
            for name in bodies:
                for count in connections:
                    floor: Measured | None = None
                    for one in running:
                        if one.contender.name in ONE_BODY and name != bodies[0]:
                            continue
                        found = load(one, files[name], count, seconds, folder)
                        floor = floor or found
                        runs.setdefault((one.contender.name, name, count), []).append((found, floor))
            print(f"round {number + 1} of {rounds} done", file=sys.stderr)
        starts = [
            Start(r.contender.name, r.ready_seconds, *firsts[r.contender.name], r.memory_mb())
            for r in running
        ]
    return [_row(key, found) for key, found in runs.items()], starts


def _row(key: tuple[str, str, int], found: Sequence[tuple[Measured, Measured]]) -> Row:
    return Row(
        *key,
        rate=statistics.median(m.rate for m, _ in found),
        p50=statistics.median(m.p50 for m, _ in found),
        p99=statistics.median(m.p99 for m, _ in found),
        cpu=statistics.median(m.cpu for m, _ in found),
        ratio=statistics.median(m.rate / f.rate for m, f in found),
        p99_ratio=statistics.median(m.p99 / f.p99 for m, f in found),
        cpu_ratio=statistics.median(f.cpu / m.cpu for m, f in found),
    )


def first_calls(running: Running, content: bytes) -> tuple[float, float]:
    """Milliseconds of the very first call, and of the median of the next thirty."""
    auth = None
    if running.key is not None:
        auth = SignedCalls(running.key, ISSUER, time.time, lambda: str(uuid4()))
    spent = []
    with requests.Session() as session:
        for _ in range(31):
            prepared = session.prepare_request(
                requests.Request(
                    "POST", running.url, data=content, headers={"Content-Type": "application/json"}, auth=auth
                )
            )
            begun = time.perf_counter()
            answer = session.send(prepared)
            spent.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{running.contender.name}: {answer.status_code} {answer.text[:500]}")
    return spent[0], statistics.median(spent[1:])


def rounded(found: Any) -> Any:
    """Numbers with no more digits than a run on a busy machine can tell."""
    if isinstance(found, float):
        return round(found, 3)
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    return [rounded(value) for value in found] if isinstance(found, list) else found


def table(rows: Sequence[Row], starts: Sequence[Start]) -> str:
    """Both tables as Markdown."""
    return "\n".join([*_load_table(rows), "", *_start_table(starts)])


def _load_table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| patient | connections | contender | calls/s | of bare | p50 ms | p99 ms | of bare | CPU ms | bare to it |"
    yield "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    for r in sorted(rows, key=lambda r: (r.body != "gist", r.body, r.connections)):
        yield (
            f"| {r.body} | {r.connections} | {r.contender} | {r.rate:.0f} | {r.ratio:.2f} | {r.p50:.2f} | {r.p99:.2f} "
            f"| {r.p99_ratio:.2f} | {r.cpu:.2f} | {r.cpu_ratio:.2f} |"
        )


def _start_table(starts: Sequence[Start]) -> Iterator[str]:
    yield "| contender | s to ready | first call ms | median of the next 30 | MB of its largest process |"
    yield "|---|---:|---:|---:|---:|"
    for s in starts:
        yield f"| {s.contender} | {s.ready_seconds:.2f} | {s.first_ms:.1f} | {s.usual_ms:.1f} | {s.memory_mb:.0f} |"


def plot(rows: Sequence[Row]) -> bytes:
    """Calls a second about the first patient, by contender and number of connections."""
    first = rows[0].body
    counts = sorted({r.connections for r in rows})
    chart = pygal.Bar(
        title="Calls a second, 61 resources",
        x_title="connections",
        print_values=True,
        value_formatter=lambda value: f"{value:.0f}",
        js=(),
        legend_at_bottom=True,
    )
    chart.x_labels = [str(count) for count in counts]
    for name in dict.fromkeys(r.contender for r in rows):
        rate = {r.connections: r.rate for r in rows if r.contender == name and r.body == first}
        chart.add(name, [rate.get(count) for count in counts])
    return chart.render()


if __name__ == "__main__":
    main()

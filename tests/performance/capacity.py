"""What a call costs the service and its store, with one replica and with two, and what the store keeps of it.

    python -m tests.performance.capacity docs/capacity.json

Starts PostgreSQL and the service, one worker a replica, calls signed; wrk posts an order-select call about a patient
with a GIST, 61 resources. Times are processor time, which hangs little on what else the machine does: of the service's
processes, and of PostgreSQL's. Then the memory of used tokens is filled as a large site
fills it, and the calls are measured again. docs/capacity.md says what follows.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from tests.store import cluster as postgresql

from .bodies import body
from .contender import CONTENDERS, Running, cpu_seconds_of, started, tree
from .load import load

SECONDS = 8.0
REMEMBERED = 1_000_000
"""Tokens in the filled memory: what 250 calls a second leave in the hour and more for which each is kept."""

KEPT = ("decision", "shown_card", "used_token")


@dataclass(frozen=True)
class Cost:
    """Of one load: replicas, connections at each, calls answered, milliseconds of processor time that one took."""

    replicas: int
    connections: int
    calls: int
    calls_a_second: float
    service_ms: float
    store_ms: float
    tokens_before: int


@dataclass(frozen=True)
class Store:
    """The store of one site: where it is, and the process that serves it."""

    url: str
    process: int

    def rows(self) -> dict[str, int]:
        """How many rows there are of what a call leaves behind."""
        with psycopg.connect(self.url) as connection:
            counted = {
                name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone() for name in KEPT
            }
        return {name: row[0] if row else 0 for name, row in counted.items()}

    def bytes(self) -> dict[str, int]:
        """What they take on disk, indexes included, once free space is given back."""
        found = {}
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in KEPT:
                connection.execute(f"VACUUM FULL {name}".encode())
                row = connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone()
                found[name] = row[0] if row else 0
        return found

    def cpu_seconds(self) -> float:
        """Processor time of the server and of every process that it has started."""
        return sum(cpu_seconds_of(pid) for pid in tree(self.process))

    def remember(self, count: int) -> None:
        """As many used tokens more, of a client of their own, that count for another hour."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO used_token (client, token, until) SELECT 'filled', encode(sha256(n::text::bytea), 'hex'),"
                " now() + interval '1 hour' FROM generate_series(1, %s) n",
                [count],
            )
            connection.execute("ANALYZE used_token")


def measured(store: Store, replicas: list[Running], connections: int, folder: Path) -> Cost:
    """What calls cost while each of the replicas is asked over so many connections."""
    content = folder / "body"
    content.write_bytes(body("gist"))
    before, spent = store.rows(), store.cpu_seconds()

    def asked(number: int) -> tuple[float, float]:
        own = folder / str(number)
        own.mkdir(exist_ok=True)
        found = load(replicas[number], content, connections, SECONDS, own)
        return found.rate, found.cpu

    with ThreadPoolExecutor(len(replicas)) as pool:
        rates, costs = zip(*pool.map(asked, range(len(replicas))), strict=True)
    spent = store.cpu_seconds() - spent
    calls = store.rows()["used_token"] - before["used_token"]
    weighted = sum(rate * cost for rate, cost in zip(rates, costs, strict=True)) / sum(rates)
    return Cost(
        len(replicas), connections, calls, sum(rates), weighted, spent * 1000 / calls, before["used_token"]
    )


def measure(folder: Path) -> Mapping[str, object]:
    """Everything, with PostgreSQL and two replicas of the service in processes of their own."""
    signed = next(contender for contender in CONTENDERS if contender.signed)
    with postgresql.running() as cluster, ExitStack() as running:
        if cluster is None:
            raise SystemExit("PostgreSQL is needed: apt-get install postgresql")
        process = int((cluster.files / "postmaster.pid").read_text().split()[0])
        store = Store(cluster.new_database(), process)
        ours = replace(signed, environ={"CDS_SERVICE_STORE_URL": store.url})
        replicas = [running.enter_context(started(ours, folder / name)) for name in ("first", "second")]
        # the first calls pay for what is made once
        measured(store, replicas, 1, folder)
        empty, kept = store.bytes(), store.rows()
        loads = [measured(store, replicas[:1], 1, folder), measured(store, replicas[:1], 8, folder)]
        loads.append(measured(store, replicas, 8, folder))
        full, rows = store.bytes(), store.rows()
        store.remember(REMEMBERED)
        loads.append(measured(store, replicas[:1], 8, folder))
        memory = [replica.memory_mb() for replica in replicas]
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "seconds": SECONDS,
        "resources": 61,
        "body_bytes": len(body("gist")),
        "loads": [rounded(asdict(cost)) for cost in loads],
        "bytes_a_row": {name: round((full[name] - empty[name]) / (rows[name] - kept[name])) for name in KEPT},
        "rows_a_call": rounded(
            {name: (rows[name] - kept[name]) / (rows["used_token"] - kept["used_token"]) for name in KEPT}
        ),
        "worker_mb": round(max(memory), 1),
    }


def rounded(found: Mapping[str, float]) -> dict[str, float]:
    """With the digits that say something."""
    return {name: round(value, 3) for name, value in found.items()}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="capacity-") as place:
        result = json.dumps(measure(Path(place)), indent=1)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(result + "\n", encoding="utf-8")
    print(result)

"""Used tokens: each once, whoever asks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import event, func, select

from cds_service.store.database import FILE_NAME, Database, file_url
from cds_service.store.tables import used_token
from cds_service.store.tokens import StoredTokens
from cds_service.store.upgrading import opened
from cds_service.token_memory import TokenMemoryDown

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
# seconds: a busy machine is not a store that hangs
PATIENCE = 60.0

USE_ALL = """
import sys
from datetime import UTC, datetime, timedelta
from cds_service.store.tokens import StoredTokens
from cds_service.store.upgrading import opened
now = datetime.now(UTC)
tokens = StoredTokens(opened(sys.argv[1]), lambda: now, patience_seconds=60)
print(sum(tokens.use_once("ehr", f"jti-{n}", now + timedelta(minutes=5)) for n in range(100)))
"""


class Clock:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment


def test_a_token_is_used_once_by_each_client(database: Database) -> None:
    tokens = StoredTokens(database, Clock(), PATIENCE)
    assert tokens.use_once("ehr", "jti-1", LATER)
    assert not tokens.use_once("ehr", "jti-1", LATER)
    assert not tokens.use_once("ehr", "jti-1", LATER + timedelta(days=1))
    assert tokens.use_once("another", "jti-1", LATER)
    assert tokens.use_once("ehr", "jti-2 of any length" * 100, LATER)


def test_of_threads_at_once_one_is_first(database: Database) -> None:
    tokens = StoredTokens(database, Clock(), PATIENCE)
    with ThreadPoolExecutor(16) as pool:
        first = list(pool.map(lambda _: tokens.use_once("ehr", "jti", LATER), range(64)))
    assert first.count(True) == 1


@pytest.mark.slow
def test_of_processes_at_once_each_token_has_one_first(url: str) -> None:
    command = [sys.executable, "-c", USE_ALL, url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    used = [int(process.communicate(timeout=60)[0]) for process in started]
    assert sum(used) == 100


@pytest.mark.slow
def test_of_batches_of_the_same_tokens_at_once_each_token_has_one_first(url: str) -> None:
    """Two workers are sent the same tokens, in another order each: neither may keep the other waiting for ever."""
    workers = [StoredTokens(opened(url), Clock(), PATIENCE) for _ in range(2)]
    with ThreadPoolExecutor(64) as pool:
        for turn in range(10):
            names = [f"{turn}-{number}" for number in range(30)]
            asked: dict[str, list[Future[bool]]] = {}
            for worker, order in zip(workers, (names, names[::-1]), strict=True):
                for name in order:
                    asked.setdefault(name, []).append(pool.submit(worker.use_once, "ehr", name, LATER))
            assert {name: sum(one.result() for one in told) for name, told in asked.items()} == dict.fromkeys(
                names, 1
            )


def test_a_child_process_has_connections_of_its_own(database: Database) -> None:
    tokens = StoredTokens(database, Clock(), PATIENCE)
    assert tokens.use_once("ehr", "before the fork", LATER)
    child = os.fork()
    if child == 0:
        first = [tokens.use_once("ehr", f"child-{n}", LATER) for n in range(20)]
        os._exit(0 if all(first) and not tokens.use_once("ehr", "before the fork", LATER) else 1)
    assert all(tokens.use_once("ehr", f"parent-{n}", LATER) for n in range(20))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not tokens.use_once("ehr", "child-1", LATER)


def test_expired_tokens_are_forgotten_after_a_margin(database: Database) -> None:
    clock = Clock()
    tokens = StoredTokens(database, clock, PATIENCE)
    assert tokens.use_once("ehr", "old", LATER)
    for moment, kept in ((LATER + timedelta(minutes=30), 2), (LATER + timedelta(minutes=90), 2)):
        clock.moment = moment
        assert tokens.use_once("ehr", str(moment), moment + timedelta(minutes=90))
        with database.transaction(reading=True) as connection:
            assert connection.execute(select(func.count()).select_from(used_token)).scalar() == kept


def test_a_memory_that_is_down_is_said_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    tokens = StoredTokens(opened(file_url(tmp_path)), Clock())
    for _ in range(2):
        with pytest.raises(TokenMemoryDown) as down:
            tokens.use_once("ehr", "jti-of-anna", LATER)
        assert "anna" not in str(down.value)


def test_a_store_that_hangs_counts_as_down_in_time_and_comes_back(tmp_path: Path) -> None:
    """Another program holds the file, or a server says nothing: the call that asks does not hang with it."""
    database, leave = opened(file_url(tmp_path)), Event()
    tokens = StoredTokens(database, Clock())
    assert tokens.use_once("ehr", "before", LATER)

    def hang(_connection: object) -> None:
        assert leave.wait(60)

    # of this store alone: others of this process may be in use
    event.listen(database._ready(), "begin", hang)
    try:
        with pytest.raises(TokenMemoryDown):
            tokens.use_once("ehr", "during", LATER)
        assert not leave.is_set()
    finally:
        leave.set()
    assert tokens.use_once("ehr", "after", LATER)
    assert not tokens.use_once("ehr", "before", LATER)
    database.close()


def test_tokens_of_an_outage_are_handed_over_when_the_store_is_back(tmp_path: Path) -> None:
    in_the_way = tmp_path / FILE_NAME
    in_the_way.mkdir()
    tokens = StoredTokens(opened(file_url(tmp_path)), Clock())
    for n in range(3):
        tokens.remember_later("ehr", f"jti-{n}", LATER)
    in_the_way.rmdir()
    database = opened(file_url(tmp_path))
    deadline = time.monotonic() + 60
    kept: int | None = 0
    while kept != 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        with database.transaction(reading=True) as connection:
            kept = connection.execute(select(func.count()).select_from(used_token)).scalar()
    assert not StoredTokens(database, Clock()).use_once("ehr", "jti-1", LATER)
    database.close()


def test_no_token_stands_in_the_store(tmp_path: Path) -> None:
    database = opened(file_url(tmp_path))
    assert StoredTokens(database, Clock()).use_once("ehr", "jti-of-anna", LATER)
    assert not [path for path in tmp_path.iterdir() if b"jti-of-anna" in path.read_bytes()]
    database.close()


def test_tokens_get_their_turn_while_much_else_is_written(tmp_path: Path) -> None:
    """Whoever tries again now and then finds SQLite's lock taken each time, and would call the memory down."""
    database, over = opened(file_url(tmp_path)), Event()
    tokens = StoredTokens(database, Clock())

    def write_on() -> None:
        while not over.is_set():
            with database.transaction(durable=False):
                time.sleep(0.05)

    with ThreadPoolExecutor(20) as pool:
        writers = [pool.submit(write_on) for _ in range(4)]
        try:
            used = [pool.submit(tokens.use_once, "ehr", f"jti-{n}", LATER) for n in range(200)]
            assert all(one.result() for one in used)
        finally:
            over.set()
        for writer in writers:
            writer.result()
    database.close()


def test_beginning_leaves_no_token_behind(database: Database) -> None:
    tokens = StoredTokens(database, Clock(), PATIENCE)
    for _ in range(2):
        tokens.begin()
        with database.transaction(reading=True) as connection:
            assert connection.execute(select(func.count()).select_from(used_token)).scalar() == 0
    assert tokens.use_once("ehr", "jti-1", LATER)

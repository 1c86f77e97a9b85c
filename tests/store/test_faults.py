"""The worst days of the store: what was acknowledged is there afterwards, and calls are answered throughout."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select

from cds_service.store.database import FILE_NAME, StoreDown, file_url
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.tables import feedback
from cds_service.store.upgrading import opened
from cds_service.store.watch import EVERY_SECONDS

from ..http.outcomes import checked_issue
from .cluster import Cluster
from .records import START, uuid
from .served import BATCH, Load, Served, delivery, serving


def cards(store: str) -> set[str]:
    """The cards of all feedback in a store."""
    database = opened(store)
    try:
        with database.transaction(reading=True) as connection:
            return set(connection.execute(select(feedback.c.card)).scalars())
    finally:
        database.close()


def assert_nothing_lost(store: str, *loads: Load) -> None:
    """Every acknowledged entry is there, and no delivery by half."""
    kept = cards(store)
    acknowledged = [entries for load in loads for entries in load.acknowledged]
    assert acknowledged
    assert [e for entries in acknowledged for e in entries if e["card"] not in kept] == []
    others = [entries for load in loads for entries in load.others]
    assert {sum(e["card"] in kept for e in entries) for entries in others} <= {0, BATCH}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_acknowledged_survives_a_kill(url: str, tmp_path: Path) -> None:
    """All processes of the service are killed while four clients send; twice over."""
    loads: list[Load] = []
    for _ in range(2):
        with serving(url, tmp_path / "log") as served:
            load = Load(served)
            loads.append(load)
            with load.running():
                load.await_acknowledged(30)
                served.kill()
        assert_nothing_lost(url, *loads)
    with serving(url, tmp_path / "log") as served:
        # a client sends again what nobody acknowledged; what was kept all the same is not kept twice
        again = [entries for load in loads for entries in (*load.others, *load.acknowledged[-5:])]
        assert {served.feedback(entries).status_code for entries in again} <= {200}
    everything = [e["card"] for load in loads for es in (*load.others, *load.acknowledged) for e in es]
    assert cards(url) == set(everything)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", [Cluster.stop, Cluster.kill], ids=["stopped", "killed"])
def test_postgresql_goes_and_comes_back_under_load(
    cluster: Cluster, tmp_path: Path, end: Callable[[Cluster], None]
) -> None:
    url = cluster.new_database()
    with serving(url, tmp_path / "log") as served:
        load = Load(served)
        with load.running():
            load.await_acknowledged(20)
            end(cluster)
            try:
                load.await_refused(20)
                assert {served.call().status_code for _ in range(5)} == {200}
                assert [note for _ in range(9) for note in served.notes() if "The store fails" in note]
            finally:
                cluster.start()
            load.await_acknowledged(20)
        assert load.statuses == {200, 503}
        assert_clear_refusals(load)
    assert_nothing_lost(url, load)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_readiness_tells_of_a_store_that_no_call_has_met(cluster: Cluster, tmp_path: Path) -> None:
    with serving(cluster.new_database(), tmp_path / "log") as served:
        assert not any(told(served))
        cluster.stop()
        try:
            until(lambda: all(told(served)))
        finally:
            cluster.start()
        until(lambda: not any(told(served)))


def told(served: Served) -> list[bool]:
    """Whether the store is said to fail, by several answers: workers take turns."""
    return [any("The store fails" in note for note in served.notes()) for _ in range(6)]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def assert_clear_refusals(load: Load) -> None:
    for response in load.refused:
        headers = response.headers
        issue = checked_issue(response.content, headers["X-Correlation-ID"], headers["Content-Type"])
        assert issue["code"] == "transient"
        assert int(headers["Retry-After"]) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_start_without_postgresql_answers_calls_and_keeps_feedback_later(
    cluster: Cluster, tmp_path: Path
) -> None:
    url = cluster.new_database()
    cluster.stop()
    try:
        with serving(url, tmp_path / "log") as served:
            assert "DOES NOT ANSWER" in (tmp_path / "log").read_text()
            assert served.call().status_code == 200
            load = Load(served)
            with load.running():
                load.await_refused(3)
                cluster.start()
                load.await_acknowledged(10)
        assert_nothing_lost(url, load)
    finally:
        if not (cluster.files / "postmaster.pid").exists():
            cluster.start()


def limit_files(served: Served, size: int) -> None:
    """No process of the service may make a file longer than this, as on a disk that is full."""
    for process in served.processes():
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, most))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_full_disk_under_load(tmp_path: Path) -> None:
    url = file_url(tmp_path / "state")
    with serving(url, tmp_path / "log") as served:
        load = Load(served)
        with load.running():
            load.await_acknowledged(20)
            longest = max(path.stat().st_size for path in (tmp_path / "state").iterdir())
            limit_files(served, longest + 20_000)
            load.await_refused(20)
            assert {served.call().status_code for _ in range(5)} == {200}
            limit_files(served, resource.RLIM_INFINITY)
            load.await_acknowledged(20)
        assert load.statuses == {200, 503}
        assert_clear_refusals(load)
    assert_nothing_lost(url, load)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_readiness_tells_of_a_full_disk_for_as_long_as_it_is_full(tmp_path: Path) -> None:
    """Though it can be read, and nothing is written but what readiness writes to find out."""
    with serving(file_url(tmp_path / "state"), tmp_path / "log") as served:
        assert not any(told(served))
        limit_files(served, 4096)
        for _ in range(20):
            assert served.feedback(delivery()).status_code == 503
        until(lambda: all(told(served)))
        for _ in range(3 * int(EVERY_SECONDS)):
            assert all(told(served))
            time.sleep(1)
        limit_files(served, resource.RLIM_INFINITY)
        until(lambda: not any(told(served)))
        assert served.feedback(delivery()).status_code == 200


def test_a_full_disk_keeps_nothing_of_a_delivery_and_recovers(tmp_path: Path) -> None:
    """SQLite's own limit of pages stands for the disk."""
    entries = [Feedback(uuid(str(n)), "overridden", START) for n in range(2000)]
    database = opened(file_url(tmp_path))
    keep_feedback(database, entries[:1], "ehr", START, comments=False)
    database.close()

    def full(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]

    event.listen(Engine, "connect", full)
    try:
        with pytest.raises(StoreDown, match="SQLITE_FULL"):
            keep_feedback(database, entries, "ehr", START, comments=False)
    finally:
        event.remove(Engine, "connect", full)
    database.close()
    assert cards(file_url(tmp_path)) == {entries[0].card}
    keep_feedback(database, entries, "ehr", START, comments=False)
    assert len(cards(file_url(tmp_path))) == 2000
    database.close()


@pytest.mark.slow
def test_a_store_that_is_locked_gives_up_in_time_and_recovers(tmp_path: Path) -> None:
    """Another program holds the file, a backup that hangs for instance."""
    database = opened(file_url(tmp_path))
    entry = Feedback(uuid("one"), "overridden", START)
    keep_feedback(database, [entry], "ehr", START, comments=False)
    other = opened(file_url(tmp_path))
    with other.transaction():
        started = time.monotonic()
        with pytest.raises(StoreDown, match="SQLITE_BUSY"):
            keep_feedback(database, [entry], "ehr", START, comments=False)
        # waited for its turn, and not for ever
        assert 1 < time.monotonic() - started < 60
    keep_feedback(database, [entry], "ehr", START, comments=False)
    for each in (database, other):
        each.close()
    assert (tmp_path / FILE_NAME).exists()

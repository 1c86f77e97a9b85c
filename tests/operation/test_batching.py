"""Records written beside the calls: in order, in batches, none lost while there is room, losses counted."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.batching import BatchWriter


class Store:
    """Keeps batches; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[int]] = []
        self.failures = failures
        self.tried = threading.Event()

    def write(self, batch: Sequence[int]) -> None:
        self.tried.set()
        if self.failures:
            self.failures -= 1
            raise OSError("the store is down")
        self.batches.append(list(batch))

    @property
    def kept(self) -> list[int]:
        return [record for batch in self.batches for record in batch]


class Counts:
    def __init__(self) -> None:
        self.kept = self.lost = 0

    def keep(self, count: int) -> None:
        self.kept += count

    def lose(self, count: int) -> None:
        self.lost += count


def writer(store: Store, counts: Counts, **limits: float) -> BatchWriter[int]:
    chosen = {"every_seconds": 0.001, **limits}
    return BatchWriter(store.write, down=OSError, kept=counts.keep, lost=counts.lose, **chosen)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(records=st.integers(0, 300), batch=st.integers(1, 50), failures=st.integers(0, 3))
def test_all_are_kept_in_order_though_the_store_fails_at_times(
    records: int, batch: int, failures: int
) -> None:
    store, counts = Store(failures), Counts()
    writing = writer(store, counts, batch=batch, patience_seconds=0.002)
    for number in range(records):
        writing.put(number)
    while store.failures and records:
        store.tried.wait(10)
    writing.close()
    assert store.kept == list(range(records))
    assert (counts.kept, counts.lost) == (records, 0)
    assert all(len(kept) <= batch for kept in store.batches)


def test_what_finds_no_room_is_lost_and_counted() -> None:
    store, counts = Store(failures=10**6), Counts()
    writing = writer(store, counts, room=10)
    for number in range(25):
        writing.put(number)
    assert store.tried.wait(10)
    writing.close()
    assert counts.lost == 25
    assert store.kept == []


def test_a_forked_process_writes_what_it_takes_itself() -> None:
    store, counts = Store(), Counts()
    writing = writer(store, counts, every_seconds=60)
    writing.put(1)
    reader, writer_end = os.pipe()
    child = os.fork()
    if child == 0:
        writing.put(2)
        writing.close()
        os.write(writer_end, repr(store.kept).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"[2]"
    writing.close()
    assert store.kept == [1]


@pytest.mark.slow
def test_many_who_put_at_once_do_not_end_the_writer() -> None:
    """Records come while a batch is taken: seldom at just that moment, so this is done very often."""
    counts = Counts()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(12):
            store = Store()
            writing = writer(store, counts, batch=50, every_seconds=0.0005, room=1_000_000)

            def put(first: int, writing: BatchWriter[int] = writing) -> None:
                for number in range(first, first + 30_000):
                    writing.put(number)

            putting = [threading.Thread(target=put, args=(first,)) for first in (0, 100_000, 200_000)]
            for thread in putting:
                thread.start()
            for thread in putting:
                thread.join()
            writing.close(60)
            assert len(store.kept) == len(set(store.kept)) == 90_000
    finally:
        sys.setswitchinterval(before)
    assert counts.lost == 0


def test_a_record_that_can_never_be_kept_keeps_no_other_waiting() -> None:
    store, counts = Store(), Counts()

    def write(batch: Sequence[int]) -> None:
        if any(number % 7 == 3 for number in batch):
            raise ValueError("too long for its column")
        store.write(batch)

    writing = BatchWriter(
        write, down=OSError, kept=counts.keep, lost=counts.lose, batch=10, every_seconds=0.001
    )
    for number in range(50):
        writing.put(number)
    writing.close(60)
    assert store.kept == [number for number in range(50) if number % 7 != 3]
    assert (counts.kept, counts.lost) == (43, 7)


def test_counts_that_fail_do_not_end_the_writer() -> None:
    store = Store()

    def fail(_count: int) -> None:
        raise OSError("no space left")

    writing: BatchWriter[int] = BatchWriter(
        store.write, down=OSError, kept=fail, lost=fail, batch=1, every_seconds=60, room=5
    )
    for number in range(7):
        writing.put(number)
    writing.close(60)
    assert store.kept == list(range(5))

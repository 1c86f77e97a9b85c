"""What calls ask a store at the same time goes to it together."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cds_service.store.database import StoreDown
from cds_service.store.together import Together

LONG = 60.0


class Store:
    """Doubles what it is asked; questions wait until they may go on: all of them, or only those that hang."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.began, self.go_on = Event(), Event()
        self.hangs_on: int | None = None

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.asked.append(list(questions))
        self.began.set()
        if self.hangs_on is None or self.hangs_on in questions:
            assert self.go_on.wait(LONG)
        if -1 in questions:
            raise StoreDown("gone")
        return [2 * question for question in questions]


def test_what_waits_is_answered_at_once_each_with_its_own_answer() -> None:
    store = Store()
    together = Together("test", store, patience_seconds=LONG)
    with ThreadPoolExecutor(32) as pool:
        first = pool.submit(together.ask, 1, LONG)
        assert store.began.wait(LONG)
        others = [pool.submit(together.ask, number, LONG) for number in range(2, 30)]
        while together.waiting < len(others):
            time.sleep(0.001)
        store.go_on.set()
        assert first.result() == 2
        assert [one.result() for one in others] == [2 * number for number in range(2, 30)]
    assert [sorted(batch) for batch in store.asked] == [[1], list(range(2, 30))]


def test_a_failure_is_that_of_all_who_asked_and_of_nobody_after() -> None:
    store = Store()
    store.go_on.set()
    together = Together("test", store)
    with pytest.raises(StoreDown, match="gone"):
        together.ask(-1, LONG)
    assert together.ask(7, LONG) == 14


def test_who_has_waited_long_enough_asks_no_more() -> None:
    store = Store()
    together = Together("test", store)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(together.ask, 1, LONG)
        assert store.began.wait(LONG)
        with pytest.raises(StoreDown, match="in time"):
            together.ask(2, 0.05)
        store.go_on.set()
        assert first.result() == 2
    assert together.ask(3, LONG) == 6
    assert store.asked == [[1], [3]]


def test_a_question_that_hangs_holds_up_no_other() -> None:
    store = Store()
    together = Together("test", store)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(together.ask, 1, LONG)
        assert store.began.wait(LONG)
        store.hangs_on = 1
        assert together.ask(2, LONG) == 4
        assert not hanging.done()
        store.go_on.set()
        assert hanging.result() == 2


def test_a_forked_process_asks_by_itself() -> None:
    store = Store()
    together = Together("test", store)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(together.ask, 1, LONG)
        assert store.began.wait(LONG)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            # what waits here for the parent is not the child's
            try:
                store.asked.clear()
                store.go_on.set()
                os.write(writer, f"{together.ask(2, LONG)} {store.asked}".encode())
            finally:
                os._exit(0)
        os.close(writer)
        os.waitpid(child, 0)
        assert os.read(reader, 50) == b"4 [[2]]"
        store.go_on.set()
        assert first.result() == 2

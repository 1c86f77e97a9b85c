"""What calls ask a store at the same time goes to it together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cds_service.store.database import StoreDown
from cds_service.store.together import Together

LONG = 60.0


class Store:
    """Doubles what it is asked; the first question waits until it may go on."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.began, self.go_on = Event(), Event()

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.asked.append(list(questions))
        self.began.set()
        assert self.go_on.wait(LONG)
        if -1 in questions:
            raise StoreDown("gone")
        return [2 * question for question in questions]


def test_what_waits_is_answered_at_once_each_with_its_own_answer() -> None:
    store = Store()
    together = Together("test", store)
    with ThreadPoolExecutor(32) as pool:
        first = pool.submit(together.ask, 1, LONG)
        assert store.began.wait(LONG)
        others = [pool.submit(together.ask, number, LONG) for number in range(2, 30)]
        while not all(one.running() for one in others):
            pass
        store.go_on.set()
        assert first.result() == 2
        assert [one.result() for one in others] == [2 * number for number in range(2, 30)]
    assert store.asked[0] == [1]
    assert sorted(number for batch in store.asked[1:] for number in batch) == list(range(2, 30))
    assert len(store.asked) < 10


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
            store.asked.clear()
            store.go_on.set()
            os.write(writer, f"{together.ask(2, LONG)} {store.asked}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 50) == b"4 [[2]]"
        store.go_on.set()
        assert first.result() == 2

"""Taking turns: one thread at a time computes, in the order in which they came, and nobody waits for ever."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Event

import pytest

from cds_service.http.stopwatch import Stopwatch
from cds_service.turns import Turns

LONG = 60.0


class Told(Stopwatch):
    """Says that its thread has begun to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = Event()

    def phase(self, name: str) -> AbstractContextManager[None]:
        self.waits.set()
        return super().phase(name)


def test_one_at_a_time_in_the_order_in_which_they_came() -> None:
    turns = Turns(LONG)
    order: list[int] = []
    inside: list[int] = []

    def compute(number: int, watch: Told) -> None:
        with turns.turn(watch):
            inside.append(number)
            order.append(number)
            time.sleep(0.002)
            assert inside == [number]
            inside.clear()

    started = []
    with ThreadPoolExecutor(8) as pool:
        with turns.turn():
            for number in range(8):
                watch = Told()
                started.append(pool.submit(compute, number, watch))
                assert watch.waits.wait(LONG)
            assert order == []
        for one in started:
            one.result()
    assert order == list(range(8))


def test_whoever_fails_gives_its_turn_back() -> None:
    turns = Turns(LONG)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        pass


def test_who_has_waited_long_enough_goes_on_beside_the_other() -> None:
    turns, leave = Turns(0.05), Event()
    with ThreadPoolExecutor(1) as pool:
        entered = Event()

        def take_long() -> None:
            with turns.turn():
                entered.set()
                assert leave.wait(LONG)

        long = pool.submit(take_long)
        assert entered.wait(LONG)
        for _ in range(2):
            watch = Stopwatch()
            with turns.turn(watch):
                assert not leave.is_set()
            assert 0.04 < watch.seconds["wait"] < LONG
        leave.set()
        long.result()
    # the turn came back to nobody who had gone on without it
    watch = Stopwatch()
    with turns.turn(watch):
        pass
    assert watch.seconds == {}

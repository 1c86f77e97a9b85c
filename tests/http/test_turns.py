"""Taking turns: one thread at a time computes, in the order in which they came, and nobody waits for ever."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from threading import Event

import pytest

from cds_service.http.stopwatch import Stopwatch
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Refusal
from cds_service.http.worker import _Connection
from cds_service.metrics import Metrics
from cds_service.turns import _FAVOURS, Turns, apart, waited

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


def test_a_turn_within_a_turn_is_the_same_one() -> None:
    turns, other = Turns(LONG), Told()

    def take() -> None:
        with turns.turn(other):
            pass

    with ThreadPoolExecutor(1) as pool:
        with turns.turn():
            watch = Stopwatch()
            with turns.turn(watch):
                pass
            assert watch.seconds == {}
            # the inner one gave nothing back
            waiting = pool.submit(take)
            assert other.waits.wait(LONG)
            assert not waiting.done()
        waiting.result()


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (0, ["other 0", "first again", "other 1"]),
        # not each time: a client that sends a byte at a time would keep all others waiting
        (_FAVOURS, ["other 0", "other 1", "first again"]),
    ],
)
def test_whoever_waits_for_something_else_lets_others_and_then_comes_before_them(
    before: int, expected: list[str]
) -> None:
    turns, order = Turns(LONG), list[str]()
    watches = [Told() for _ in range(2)]

    def other(number: int) -> None:
        with turns.turn(watches[number]):
            order.append(f"other {number}")
            while number == 0 and len(turns._waiting) + len(turns._returning) < 2:
                # until the first is back, beside the second of these
                time.sleep(0.001)

    with ThreadPoolExecutor(2) as pool:
        with turns.turn():
            for _ in range(before):
                with apart():
                    pass
            started = []
            for number in range(2):
                started.append(pool.submit(other, number))
                assert watches[number].waits.wait(LONG)
            with apart():
                while not order:
                    time.sleep(0.001)
            order.append("first again")
        for one in started:
            one.result()
    assert order == expected


def test_those_who_come_back_come_in_the_order_in_which_they_did() -> None:
    turns, order = Turns(LONG), list[int]()
    gone, back = [Event() for _ in range(3)], [Event() for _ in range(3)]

    def call(number: int) -> None:
        with turns.turn():
            with apart():
                gone[number].set()
                assert back[number].wait(LONG)
            order.append(number)

    with ThreadPoolExecutor(3) as pool:
        started = [pool.submit(call, number) for number in range(3)]
        for event in gone:
            assert event.wait(LONG)
        with turns.turn():
            for number in range(3):
                back[number].set()
                while len(turns._returning) <= number:
                    time.sleep(0.001)
        for one in started:
            one.result()
    assert order == [0, 1, 2]


def test_nobody_comes_to_wait_beyond_as_many_as_may_wait() -> None:
    turns, watch, refused = Turns(LONG, most_waiting=1), Told(), list[Refusal]()
    turnstile = Turnstile(2, Metrics())

    def call(timing: Stopwatch) -> None:
        with turns.turn(timing):
            try:
                with turnstile.turn():
                    pass
            except Refusal as refusal:
                refused.append(refusal)

    with ThreadPoolExecutor(2) as pool:
        with turns.turn():
            waiting = pool.submit(call, watch)
            assert watch.waits.wait(LONG)
            # who has a turn is not turned away, whoever waits
            with turnstile.turn():
                pass
            beyond = Stopwatch()
            pool.submit(call, beyond).result(LONG)
            assert beyond.seconds == {}
            assert [refusal.status for refusal in refused] == [503]
            assert refused[0].retry_after is not None
            assert not waiting.done()
        waiting.result()
    assert len(refused) == 1


def test_whoever_is_in_a_hurry_afterwards_waits_for_nobody() -> None:
    turns, leave, entered = Turns(LONG), Event(), Event()
    watch = Told()

    def other() -> None:
        with turns.turn(watch):
            entered.set()
            assert leave.wait(LONG)

    with ThreadPoolExecutor(1) as pool:
        with turns.turn():
            started = pool.submit(other)
            assert watch.waits.wait(LONG)
            with apart(patient=False):
                assert entered.wait(LONG)
            assert not leave.is_set()
            with apart():
                pass  # it has no turn to give back
        assert not started.done()
        leave.set()
        started.result()


@pytest.mark.parametrize("way", ["recv", "send", "sendall"])
def test_on_a_connection_nobody_waits_with_the_turn(way: str) -> None:
    turns, begun = Turns(LONG), Event()
    ours, theirs = socket.socketpair()
    filled = b"x" * 65_536
    ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        while way != "recv" or ours.recv(1):
            ours.send(filled)
    with theirs, _Connection.of(ours) as connection, ThreadPoolExecutor(1) as pool:
        ask = {
            "recv": lambda: connection.recv(1),
            "send": lambda: connection.send(filled),
            "sendall": lambda: connection.sendall(filled),
        }[way]

        def call() -> None:
            with turns.turn():
                begun.set()
                ask()

        waiting = pool.submit(call)
        assert begun.wait(LONG)
        watch = Stopwatch()
        with turns.turn(watch):
            assert not waiting.done()
        # it may have come a moment before the other began to wait
        assert watch.seconds.get("wait", 0.0) < LONG / 2
        theirs.sendall(b"y")
        theirs.settimeout(0.01)
        while way != "recv" and not waiting.done():
            with suppress(TimeoutError):
                theirs.recv(1_000_000)
        waiting.result(LONG)


def test_without_a_turn_there_is_nothing_to_give_back() -> None:
    with apart():
        assert waited() == 0.0


def test_what_a_call_waited_before_it_was_timed_counts() -> None:
    turns, watch = Turns(LONG), Told()

    def called() -> dict[str, float]:
        with turns.turn(watch):
            call = Stopwatch(waited=waited())
            assert call.elapsed >= waited() >= 0.02
            return dict(call.seconds)

    with ThreadPoolExecutor(1) as pool:
        with turns.turn():
            assert waited() == 0.0
            started = pool.submit(called)
            assert watch.waits.wait(LONG)
            time.sleep(0.02)
        assert list(started.result()) == ["wait"]

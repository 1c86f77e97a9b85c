"""A store that hangs: whoever asks it goes on in time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_service.http.stopwatch import Stopwatch
from cds_service.store.beside import Beside
from cds_service.store.database import StoreDown
from cds_service.store.together import Together
from cds_service.turns import Turns


def test_what_comes_in_time_is_passed_on() -> None:
    assert Beside("test").ask(lambda: 7, 20) == 7

    def broken() -> int:
        raise StoreDown("gone")

    with pytest.raises(StoreDown, match="gone"):
        Beside("test").ask(broken, 20)


def test_what_hangs_counts_as_down_and_later_questions_are_answered() -> None:
    beside, hang = Beside("test"), threading.Event()
    with pytest.raises(StoreDown, match="in time"):
        beside.ask(lambda: hang.wait(60), 0.05)
    assert beside.ask(lambda: 7, 20) == 7
    hang.set()


@pytest.mark.parametrize(
    "asking", [Beside("test").ask, lambda asked, seconds: gathered(asked).ask(1, seconds)]
)
def test_who_waits_for_a_store_gives_its_turn_to_others(
    asking: Callable[[Callable[[], int], float], int],
) -> None:
    turns, asked, go_on = Turns(patience_seconds=60), threading.Event(), threading.Event()

    def hanging() -> int:
        asked.set()
        assert go_on.wait(60)
        return 7

    def call() -> int:
        with turns.turn():
            return asking(hanging, 60)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(call)
        assert asked.wait(60)
        watch = Stopwatch()
        with turns.turn(watch):
            assert not waiting.done()
        # it may have come a moment before the other began to wait
        assert watch.seconds.get("wait", 0.0) < 30
        go_on.set()
        assert waiting.result() == 7


def gathered(asked: Callable[[], int]) -> Together[int, int]:
    return Together("test", lambda questions: [asked() for _ in questions])


def test_a_forked_process_asks_by_itself() -> None:
    beside = Beside("test")
    assert beside.ask(lambda: 1, 20) == 1
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(beside.ask(lambda: 2, 20)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"2"

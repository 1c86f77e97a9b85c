"""A store that hangs: whoever asks it goes on in time."""

from __future__ import annotations

import os
import threading

import pytest

from cds_service.store.beside import Beside
from cds_service.store.database import StoreDown


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

"""Asking a store beside the call, so that nobody waits longer than they are willing to."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from .database import StoreDown

T = TypeVar("T")

# as many as the database has connections for
_AT_ONCE = 8


class Beside:
    """Threads that ask. No driver's own time limits hold for every way in which a store can hang.

    Threads do not live through a fork: each process that asks has its own.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._pid = 0

    def ask(self, question: Callable[[], T], seconds: float) -> T:
        """What `question` returns. Raises what it raises, and StoreDown if that takes longer than `seconds`."""
        asked = self._threads().submit(question)
        try:
            return asked.result(seconds)
        except TimeoutError:
            asked.cancel()
            raise StoreDown("the store does not answer in time") from None

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pid != os.getpid():
                self._pool, self._pid = ThreadPoolExecutor(_AT_ONCE, self._name), os.getpid()
            return self._pool

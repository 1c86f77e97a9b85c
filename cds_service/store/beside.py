"""Asking a store beside the call, so that nobody waits longer than they are willing to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..turns import apart
from .database import StoreDown
from .of_process import OfProcess

T = TypeVar("T")

# as many as the database has connections for
_AT_ONCE = 8


class Beside:
    """Threads that ask. No driver's own time limits hold for every way in which a store can hang."""

    def __init__(self, name: str) -> None:
        self._threads = OfProcess(lambda: ThreadPoolExecutor(_AT_ONCE, name))

    def ask(self, question: Callable[[], T], seconds: float) -> T:
        """What `question` returns. Raises what it raises, and StoreDown if that takes longer than `seconds`."""
        asked = self._threads().submit(question)
        try:
            with apart():
                return asked.result(seconds)
        except TimeoutError:
            asked.cancel()
            raise StoreDown("the store does not answer in time") from None

"""What a process has for itself: threads and what waits for them do not live through a fork."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Own = TypeVar("Own")


class OfProcess(Generic[Own]):
    """One of something for each process, made by `make` when it is first asked for there."""

    def __init__(self, make: Callable[[], Own]) -> None:
        self._make = make
        self._lock = Lock()
        self._pid = 0
        self._own: Own

    def __call__(self) -> Own:
        """This process's own."""
        with self._lock:
            if self._pid != os.getpid():
                self._own, self._pid = self._make(), os.getpid()
            return self._own

"""Taking turns: threads of one interpreter that compute at the same time only keep each other waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from .phases import UNTIMED, Timing

_PATIENCE_SECONDS = 0.5


class Turns:
    """Lets one thread at a time through, in the order in which they came.

    It is for the sake of speed alone: a thread whose turn does not come within `patience_seconds`, because one before
    it has much to do, goes on beside it. Whoever waits for anything but the processor gives its turn back first.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._patience = patience_seconds
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def turn(self, timing: Timing = UNTIMED) -> Iterator[None]:
        """One thread's turn, or its patience's end; `timing` is told how long it waited."""
        mine = self._take(timing)
        try:
            yield
        finally:
            if mine:
                self._pass_on()

    def _take(self, timing: Timing) -> bool:
        """Whether the turn came in time; it is then this thread's until it is passed on."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        with timing.phase("wait"):
            if called.acquire(timeout=self._patience):
                return True
        with self._lock:
            if called in self._waiting:
                self._waiting.remove(called)
                return False
        # called at the last moment
        return True

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

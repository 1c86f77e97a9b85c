"""Taking turns: threads of one interpreter that compute at the same time only keep each other waiting."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import Lock, local

from .phases import UNTIMED, Timing

_PATIENCE_SECONDS = 0.5
# a call waits for its body, keys, the store; a client that sends a byte at a time would keep all others waiting
_FAVOURS = 4


class Turns:
    """Lets one thread at a time through, in the order in which they came.

    It is for the sake of speed alone: a thread whose turn does not come within `patience_seconds`, because one before
    it has much to do, goes on beside it. Whoever waits for anything but the processor lets others (`apart`), and comes
    before those who have not begun.
    """

    def __init__(self, patience_seconds: float = _PATIENCE_SECONDS, most_waiting: float = inf) -> None:
        """A thread that finds `most_waiting` others in line is turned away: it goes on at once."""
        self._patience, self._most_waiting = patience_seconds, most_waiting
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()
        self._returning: deque[Lock] = deque()

    @contextmanager
    def turn(self, timing: Timing = UNTIMED) -> Iterator[None]:
        """One thread's turn, or its patience's end; `timing` is told how long it waited. A turn within a turn is the
        same one."""
        outer: _Turn | None = getattr(_here, "turn", None)
        if outer is not None and outer.turns is self:
            yield
            return
        _here.turn = own = _Turn(self, timing)
        try:
            yield
        finally:
            _here.turn = outer
            own.pass_on()

    def _crowded(self) -> bool:
        return self._taken and len(self._waiting) >= self._most_waiting

    def _take(self, timing: Timing, *, first: bool = False, patient: bool = True) -> tuple[bool, float]:
        """Whether the turn came in time, and after how many seconds; it is then this thread's until it is passed on.
        `first`: before all who wait; who is not `patient` does not wait."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True, 0.0
            if not patient:
                return False, 0.0
            called = Lock()
            called.acquire()
            line = self._returning if first else self._waiting
            line.append(called)
        begun = time.perf_counter()
        with timing.phase("wait"):
            came = called.acquire(timeout=self._patience)
        waited = time.perf_counter() - begun
        if not came:
            with self._lock:
                if called in line:
                    line.remove(called)
                    return False, waited
        # in time, or called at the last moment
        return True, waited

    def _pass_on(self) -> None:
        with self._lock:
            if line := self._returning or self._waiting:
                line.popleft().release()
            else:
                self._taken = False


class _Turn:
    """The turn of one thread: `mine` unless its patience ended, it was turned away, or it waits for something else."""

    __slots__ = ("favours", "mine", "turned_away", "turns", "waited")

    def __init__(self, turns: Turns, timing: Timing) -> None:
        self.turns = turns
        self.favours = _FAVOURS
        self.turned_away = turns._crowded()
        self.mine, self.waited = turns._take(timing, patient=not self.turned_away)

    def take_again(self, patient: bool) -> None:
        self.mine, _ = self.turns._take(UNTIMED, first=self.favours > 0, patient=patient)
        self.favours -= 1

    def pass_on(self) -> None:
        if self.mine:
            self.mine = False
            self.turns._pass_on()


_here = local()


@contextmanager
def apart(*, patient: bool = True) -> Iterator[None]:
    """Meanwhile a thread waits for something else than the processor: its turn, if it has one, is others'. Afterwards
    it comes before all who wait, unless it has so often before; who is not `patient` then waits for nobody."""
    own: _Turn | None = getattr(_here, "turn", None)
    if own is None or not own.mine:
        yield
        return
    own.pass_on()
    try:
        yield
    finally:
        own.take_again(patient)


def turned_away() -> bool:
    """Whether this thread asked for a turn for which too many wait."""
    own: _Turn | None = getattr(_here, "turn", None)
    return own is not None and own.turned_away


def waited() -> float:
    """For how many seconds this thread waited for the turn that it has."""
    own: _Turn | None = getattr(_here, "turn", None)
    return own.waited if own is not None else 0.0

"""How many calls a client may make in a minute."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Lock

_MINUTE = 60.0


class CallRate:
    """Counts one client's calls in this process: never more than `most` within any 60 seconds.

    The moments themselves are kept, so that the limit is exact and the time to wait is known.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._calls: deque[float] = deque()
        self._lock = Lock()

    def wait(self) -> int | None:
        """None if a call may be made now, else in how many whole seconds."""
        with self._lock:
            return self._wait()

    def take(self) -> int | None:
        """As `wait`, and the call is counted if it may be made."""
        with self._lock:
            wait = self._wait()
            if wait is None:
                self._calls.append(self._clock())
            return wait

    def _wait(self) -> int | None:
        now = self._clock()
        while self._calls and self._calls[0] <= now - _MINUTE:
            self._calls.popleft()
        if len(self._calls) < self._most:
            return None
        return max(1, math.ceil(self._calls[0] + _MINUTE - now))

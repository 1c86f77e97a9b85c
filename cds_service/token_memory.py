"""The memory of used tokens: each may be used once.

The shared one is a database's; the one here is a worker's own.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from mmap import mmap
from threading import Lock
from typing import Protocol

MOST_TOKENS = 200_000
_DOUBLE = 8


class TokenMemoryDown(Exception):
    """The memory cannot tell whether a token was used. The text says nothing of the token."""


class Outage:
    """When a memory was last down, as this process and all that are forked from it know: a worker that begins after it
    learns of tokens that it never saw."""

    def __init__(self) -> None:
        # of no file: where a disk is full, this is still there
        self._seconds = memoryview(mmap(-1, _DOUBLE)).cast("d")

    @property
    def last(self) -> float | None:
        """Seconds since 1970; None if there was none."""
        return self._seconds[0] or None

    def note(self, moment: float) -> None:
        """The memory is down at this moment."""
        self._seconds[0] = moment


class TokenMemory(Protocol):
    """Remembers used tokens for all who share it; called by several threads at once."""

    outage: Outage

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether this is the first use of the client's token; it is remembered until `until` (with time zone).

        `jti` is a word of at most 64 letters and digits that stands for the token. Of uses at the same moment
        exactly one is the first. Raises TokenMemoryDown if that cannot be told.
        """
        ...

    def remember_later(self, client: str, jti: str, until: datetime) -> None:
        """Take note, as soon as that is possible, of a token that was let through while this memory was down.

        Neither waits nor raises.
        """
        ...


class WorkerTokenMemory:
    """Remembers the tokens that were used in this process.

    Holds `most` tokens at most; a further one raises TokenMemoryDown until others have expired, since
    forgetting one early would let it be used again.
    """

    def __init__(self, now: Callable[[], datetime], most: int = MOST_TOKENS) -> None:
        self._now = now
        self._most = most
        self._used: set[tuple[str, str]] = set()
        self._expiring: list[tuple[datetime, tuple[str, str]]] = []
        self._lock = Lock()

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """As TokenMemory says, for this process."""
        token = (client, jti)
        with self._lock:
            now = self._now()
            while self._expiring and self._expiring[0][0] < now:
                self._used.discard(heapq.heappop(self._expiring)[1])
            if token in self._used:
                return False
            if len(self._used) >= self._most:
                raise TokenMemoryDown(f"{self._most} tokens are remembered already")
            self._used.add(token)
            heapq.heappush(self._expiring, (until, token))
            return True

"""What one call may spend on fetching, over all its queries: time, bytes, entries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from .connections import Attempt
from .lost import Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is fetched."""

    pages: int = 20
    """Pages of one query, the first included."""

    response_bytes: int = 8_388_608
    """Bytes of one response, decompressed (8 MiB)."""

    call_bytes: int = 33_554_432
    """Bytes of all responses to one call, decompressed (32 MiB)."""

    entries: int = 5_000
    """Bundle entries of all responses to one call."""

    lanes: int = 6
    """Queries of one call that are under way at the same time."""


class Allowance:
    """The allowance of one call, drawn on by all its lanes. It ends when the time is up, or when it is ended."""

    def __init__(self, limits: Limits, clock: Callable[[], float], until: float) -> None:
        """`until` is a moment of `clock`, in seconds."""
        self.limits = limits
        self._clock = clock
        self._until = until
        self._bytes = limits.call_bytes
        self._entries = limits.entries
        self._attempts: set[Attempt] = set()
        self._answers: dict[str, msgspec.Raw | Lost] = {}
        self._over = threading.Event()
        self._lock = threading.Lock()

    def remaining(self) -> float:
        """The seconds left; 0 once it is over."""
        return 0.0 if self._over.is_set() else max(self._until - self._clock(), 0.0)

    def check_time(self) -> float:
        """The seconds left. Raises Lost if there are none."""
        seconds = self.remaining()
        if seconds <= 0:
            raise Lost("timeout")
        return seconds

    def pause(self, seconds: float) -> None:
        """Wait, not longer than the allowance lasts. Raises Lost at once if it would."""
        if seconds >= self.check_time() or self._over.wait(seconds):
            raise Lost("timeout")

    def spend_bytes(self, count: int) -> None:
        """Raises Lost if the call has brought more than it may."""
        with self._lock:
            self._bytes -= count
            if self._bytes < 0:
                raise Lost("too-costly")

    def spend_entries(self, count: int) -> None:
        """Raises Lost if the call has brought more than it may."""
        with self._lock:
            self._entries -= count
            if self._entries < 0:
                raise Lost("too-costly")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A request under way, ended with the allowance."""
        attempt = Attempt(self.remaining)
        with self._lock:
            if self._over.is_set():
                raise Lost("timeout")
            self._attempts.add(attempt)
        try:
            with attempt:
                yield
        finally:
            with self._lock:
                self._attempts.discard(attempt)

    def keep(self, key: str, answer: msgspec.Raw | Lost) -> None:
        """Hand in an answer; one that comes too late is dropped."""
        with self._lock:
            if not self._over.is_set():
                self._answers[key] = answer

    def end(self) -> dict[str, msgspec.Raw | Lost]:
        """End it: what came until now. What is still under way is cut."""
        with self._lock:
            self._over.set()
            for attempt in self._attempts:
                attempt.cut()
            return dict(self._answers)

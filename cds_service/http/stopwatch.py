"""Where the time of one call went."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NamedTuple


class Timed(NamedTuple):
    """One stretch of a phase, in seconds of the stopwatch's clock."""

    phase: str
    start: float
    end: float


class Stopwatch:
    """Times the phases of one call; a phase that comes twice adds up. Used by one thread."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter, waited: float = 0.0) -> None:
        """`waited` is for how many seconds the call has waited for its turn already."""
        self._clock = clock
        now = clock()
        self.started = now - waited
        self.timed: list[Timed] = [Timed("wait", self.started, now)] if waited else []

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Time what happens inside, whether it ends well or not."""
        return _Phase(name, self._clock, self.timed)

    @property
    def elapsed(self) -> float:
        """Seconds since the call came."""
        return self._clock() - self.started

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds by phase, in the order in which they ended."""
        found: dict[str, float] = {}
        for phase, start, end in self.timed:
            found[phase] = found.get(phase, 0.0) + end - start
        return found

    def server_timing(self) -> str:
        """The value of a Server-Timing header: milliseconds by phase and in all."""
        spent = {**self.seconds, "total": self.elapsed}
        return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in spent.items())


class _Phase:
    """A phase under way. A generator would do, at four times the cost."""

    __slots__ = ("_clock", "_name", "_start", "_timed")

    def __init__(self, name: str, clock: Callable[[], float], timed: list[Timed]) -> None:
        self._name, self._clock, self._timed = name, clock, timed

    def __enter__(self) -> None:
        self._start = self._clock()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timed.append(Timed(self._name, self._start, self._clock()))

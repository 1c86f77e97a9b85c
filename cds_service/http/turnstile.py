"""Load shedding: only so many calls at once, the others are told to come back instead of waiting in a queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from cds_service.http.wire import Refusal
from cds_service.metrics import Metrics
from cds_service.turns import apart, turned_away

_PATIENCE_SECONDS = 0.25
_COME_BACK_SECONDS = 2


class Turnstile:
    """Lets at most `at_once` calls of this process through; each waits a quarter of a second at most, and none for
    whose turn to compute too many wait."""

    def __init__(self, at_once: int, metrics: Metrics) -> None:
        self._free = BoundedSemaphore(at_once)
        self._metrics = metrics

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One call's turn. Raises Refusal (503 with Retry-After) if none becomes free in time."""
        if turned_away() or not (self._free.acquire(blocking=False) or self._free_in_time()):
            with self._metrics.regardless:
                self._metrics.shed.inc()
            raise Refusal(
                503,
                "throttled",
                "The service is busy; this call was not looked at.",
                "",
                "Send the call again later. Operators: more workers, or the setting CDS_SERVICE_MAX_CONCURRENT_CALLS.",
                retry_after=_COME_BACK_SECONDS,
            )
        try:
            yield
        finally:
            self._free.release()

    def _free_in_time(self) -> bool:
        # with a place in hand nobody waits for a turn once more
        with apart(patient=False):
            return self._free.acquire(timeout=_PATIENCE_SECONDS)

"""Each token is used once: across all workers and replicas, and what happens when their memory is down."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from cds_service.http.trust.distrust import Distrust
from cds_service.token_memory import TokenMemory, TokenMemoryDown, WorkerTokenMemory

_log = logging.getLogger("cds_service.trust")

WhenDown = Literal["accept-short", "refuse"]

SHORT_SECONDS = 60
"""How old a token may be while the shared memory is down: so long could it be used again elsewhere."""

_ASK_AGAIN_SECONDS = 5


class UsedOnce:
    """Lets each token through once.

    While the `shared` memory is down, each worker's own takes its place and tokens may be SHORT_SECONDS old at
    most (`accept-short`), or calls are refused (`refuse`). Without a shared one each worker has its own alone.
    """

    def __init__(
        self,
        shared: TokenMemory | None,
        when_down: WhenDown,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` gives seconds since 1970, `clock` seconds that never go back."""
        self._shared = shared
        self._when_down = when_down
        self._now = now
        self._clock = clock
        self._own = WorkerTokenMemory(lambda: datetime.fromtimestamp(now(), UTC))
        # None: the memory answered when it was last asked
        self._ask_again_at: float | None = None

    def spend(self, client: str, issuer: str, jti: str, issued: float, until: float) -> None:
        """Use the token up; the times are seconds since 1970. Raises Distrust if that was done before."""
        # A digest: of one length whatever the client sends, and two of its installations may count alike.
        word = hashlib.sha256(f"{issuer}\0{jti}".encode()).hexdigest()
        moment = datetime.fromtimestamp(until, UTC)
        told = self._first_anywhere(client, word, moment)
        # A token of the time when the shared memory was down may not be in it: only each worker knows its own.
        down_at = self._shared.outage.last if self._shared is not None else None
        if down_at is not None and issued <= down_at and self._now() - issued > SHORT_SECONDS:
            raise Distrust("too-old")
        try:
            if told is False or not self._own.use_once(client, word, moment):
                raise Distrust("replay")
        except TokenMemoryDown:
            raise Distrust("memory-down", retry_after=_ASK_AGAIN_SECONDS) from None
        if told is None and self._shared is not None:
            # the others did not see this one: they learn of it when the memory is back
            self._shared.remember_later(client, word, moment)

    @property
    def note(self) -> str | None:
        """What readiness should say; None if all is well."""
        if self._shared is None:
            return (
                "Used tokens are remembered by each worker alone: a token may be used once by each of them."
            )
        if not self._down:
            return None
        if self._when_down == "refuse":
            return "The memory of used tokens is down: calls are refused."
        return (
            "The memory of used tokens is down: each worker remembers its own, and tokens older than "
            f"{SHORT_SECONDS} seconds are refused."
        )

    @property
    def _down(self) -> bool:
        return self._ask_again_at is not None

    def _first_anywhere(self, client: str, word: str, until: datetime) -> bool | None:
        """Whether this is the first use among all workers; None if nobody can tell."""
        if self._shared is None:
            return None
        if self._ask_again_at is None or self._clock() >= self._ask_again_at:
            try:
                first = self._shared.use_once(client, word, until)
            except TokenMemoryDown:
                self._ask_again_at = self._clock() + _ASK_AGAIN_SECONDS
                _log.warning({"event": "token-memory", "outcome": "down"})
            else:
                self._ask_again_at = None
                return first
        self._shared.outage.note(self._now())
        if self._when_down == "refuse":
            raise Distrust("memory-down", retry_after=_ASK_AGAIN_SECONDS)
        return None

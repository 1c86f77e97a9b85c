"""Completing a call: what its prefetch lacks is asked of the client's FHIR server, several queries at a time."""

from __future__ import annotations

import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import msgspec

from .allowance import Allowance, Limits
from .asking import Access, Asking
from .base import FhirBase
from .connections import session
from .lost import Lost
from .pages import unfetched
from .question import Question, question

log = logging.getLogger("cds_service.reach")

Sent = Mapping[str, msgspec.Raw | None]

# a site's clients have few servers; what a developer asks beyond them shares one pool
_POOLS = 32

_SENDABLE = re.compile(r"[\x21-\x7e]+")


class Reach:
    """Fetches for the calls of one process. Its threads and connections are shared; nothing of a call is kept.

    Made before worker processes are forked: threads and connections come with the first call.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        limits: Limits | None = None,
        ca_file: str | None = None,
        threads: int = 64,
        calls: int = 75,
    ) -> None:
        """`clock` gives monotonic seconds. At most `threads` queries are under way at once at each FHIR server, so that
        one that hangs takes none from another, for at most `calls` calls in all: a call beyond them is not held up,
        its queries count as failed (`throttled`). `ca_file`: see `connections.session`.
        """
        self._clock = clock
        self._limits = limits or Limits()
        self._threads = threads
        self._pools: dict[FhirBase | None, ThreadPoolExecutor] = {}
        self._making = threading.Lock()
        self._calls = threading.BoundedSemaphore(calls)
        self._sessions = {
            private: session(allow_private=private, size=threads, ca_file=ca_file)
            for private in (False, True)
        }

    def complete(
        self, sent: Sent, wanted: Mapping[str, str], context: Mapping[str, Any], access: Access, until: float
    ) -> dict[str, msgspec.Raw | None]:
        """What was sent, with an answer under each of the `wanted` keys.

        `wanted` maps keys to their templates, whose tokens `context` fills. Under a key that could not be
        fetched, in time or at all, stands an OperationOutcome that says why, or what was sent with the reason
        in an outcome entry. `until` is a moment of the clock: this returns by then, whatever servers do.
        Raises nothing that a server could cause.
        """
        questions = {key: question(access.base, template, context) for key, template in wanted.items()}
        fetched = self._fetched(sent, questions, access, until)
        lost = {key: why.why for key, why in sorted(fetched.items()) if isinstance(why, Lost)}
        if lost:
            log.warning({"event": "fetch", "asked": len(wanted), "lost": lost})
        answers = {k: unfetched(sent.get(k), v) if isinstance(v, Lost) else v for k, v in fetched.items()}
        return {**sent, **answers}

    def document(self, access: Access, path: str, until: float) -> bytes:
        """A document below a base, `.well-known/smart-configuration` for one. Raises Lost if it does not come by
        `until`, a moment of the clock."""
        allowance = Allowance(self._limits, self._clock, until)
        asking = Asking(self._sessions[access.allow_private], access, allowance)
        return asking.document(f"{access.base.url}/{path}")

    def _fetched(
        self, sent: Sent, questions: Mapping[str, Question], access: Access, until: float
    ) -> Mapping[str, msgspec.Raw | Lost]:
        if access.token is not None and not _SENDABLE.fullmatch(access.token):
            return dict.fromkeys(questions, Lost("login"))
        if not self._calls.acquire(blocking=False):
            return dict.fromkeys(questions, Lost("throttled"))
        try:
            allowance = Allowance(self._limits, self._clock, until)
            asking = Asking(self._sessions[access.allow_private], access, allowance)
            queue = deque(questions)

            def lane() -> None:
                while queue:
                    try:
                        key = queue.popleft()
                    except IndexError:  # another lane was faster
                        return
                    allowance.keep(key, _answer(asking, questions[key], sent.get(key)))

            lanes = [
                self._pool(access.base).submit(lane) for _ in range(min(self._limits.lanes, len(questions)))
            ]
            try:
                wait(lanes, allowance.remaining())
            finally:
                came = allowance.end()
                queue.clear()
                for waiting in lanes:
                    waiting.cancel()
        finally:
            self._calls.release()
        return {key: came.get(key) or Lost("timeout") for key in questions}

    def _pool(self, base: FhirBase) -> ThreadPoolExecutor:
        """The threads for one server. They come with its first query, in the process that asks it."""
        with self._making:
            whose = base if base in self._pools or len(self._pools) < _POOLS else None
            if whose not in self._pools:
                self._pools[whose] = ThreadPoolExecutor(self._threads, thread_name_prefix="reach")
            return self._pools[whose]


def _answer(asking: Asking, asked: Question, sent: msgspec.Raw | None) -> msgspec.Raw | Lost:
    try:
        return asking.ask(asked, sent)
    except Lost as lost:
        return lost.with_traceback(None)

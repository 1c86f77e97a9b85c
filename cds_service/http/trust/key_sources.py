"""Where a client's keys come from: a file that was handed over, or an address that is asked now and then."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Protocol

from cds_service.http.trust.key_fetch import Fetch
from cds_service.http.trust.public_keys import KeySetRefused, PublicKey, PublicKeys, read_key_set
from cds_service.turns import apart

_log = logging.getLogger("cds_service.trust")

FRESH_SECONDS = 300
"""How long fetched keys are used without asking again: a key that was withdrawn is out by then."""

STALE_SECONDS = 4 * 3600
"""How long they are used when asking again fails."""

ATTEMPT_SECONDS = 10
"""The least time between two requests to one address, whatever is asked for."""

PATIENCE_SECONDS = 3
"""How long a call waits for keys that are being fetched."""


class KeysUnreachable(Exception):
    """There are no keys that could be used, and none can be had at the moment."""


class KeySource(Protocol):
    """Keys of one client."""

    def named(self, kid: str, algorithm: str) -> PublicKey | None:
        """The key of this id for this algorithm, None if there is none. Raises KeysUnreachable."""
        ...

    @property
    def trouble(self) -> str | None:
        """What is wrong at the moment, in a few words; None if nothing is."""
        ...


class KeyFile:
    """Keys from a file, read anew when it changes; one that cannot be read then leaves the old in use."""

    def __init__(self, path: Path) -> None:
        """Raises KeySetRefused if the file cannot be read or is no key set."""
        self._path = path
        self._trouble: str | None = None
        self._lock = Lock()
        self._written = self._mark()
        try:
            self._keys = self._read()
        except KeySetRefused as refused:
            raise KeySetRefused(refused.reason, f"key file {path.name}: {refused}") from None

    @property
    def trouble(self) -> str | None:
        """Why the file as it is now is not used."""
        return self._trouble

    def named(self, kid: str, algorithm: str) -> PublicKey | None:
        """The key of this id for this algorithm, None if there is none."""
        with self._lock:
            self._refresh()
            return self._keys.named(kid, algorithm)

    def _refresh(self) -> None:
        written = self._mark()
        if written == self._written:
            return
        self._written = written
        try:
            self._keys, self._trouble = self._read(), None
        except KeySetRefused as refused:
            self._trouble = refused.reason
            _log.warning({"event": "key-file", "outcome": refused.reason})

    def _mark(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, -1)
        return (stat.st_mtime_ns, stat.st_size)

    def _read(self) -> PublicKeys:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise KeySetRefused("unreadable", f"it cannot be read: {error.strerror}") from None
        return read_key_set(content)


class KeyAddress:
    """Keys from an address: kept, asked for anew when old or when a key is not among them.

    The address is asked by one thread at a time and at most once in ATTEMPT_SECONDS, so that invented key ids
    cannot make the service flood it. Calls wait PATIENCE_SECONDS at most, and not at all while it fails.
    """

    def __init__(self, address: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._keys: PublicKeys | None = None
        self._read_at = 0.0
        self._next_attempt = clock()
        self._under_way: Event | None = None
        self._trouble: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the last request to the address was of no use."""
        return self._trouble

    def named(self, kid: str, algorithm: str) -> PublicKey | None:
        """The key of this id for this algorithm, None if there is none. Raises KeysUnreachable."""
        with self._lock:
            key = self._keys.named(kid, algorithm) if self._keys else None
            if key is not None and self._age < FRESH_SECONDS:
                return key
            attempt = self._attempt()
            waits = self._trouble is None
        if attempt is not None and waits:
            with apart():
                attempt.wait(PATIENCE_SECONDS)
        with self._lock:
            if self._keys is None or self._age > STALE_SECONDS:
                raise KeysUnreachable
            return self._keys.named(kid, algorithm)

    @property
    def _age(self) -> float:
        return self._clock() - self._read_at

    def _attempt(self) -> Event | None:
        """The request that is under way, begun here if it may be; None if it is too early for one."""
        if self._under_way is None and self._clock() >= self._next_attempt:
            self._next_attempt = self._clock() + ATTEMPT_SECONDS
            self._under_way = Event()
            Thread(target=self._ask, args=(self._under_way,), daemon=True, name="key-fetch").start()
        return self._under_way

    def _ask(self, done: Event) -> None:
        keys: PublicKeys | None = None
        trouble: str | None = None
        try:
            keys, trouble = self._fetch(self._address), None
        except KeySetRefused as refused:
            trouble = refused.reason
        except Exception as error:  # calls wait for this thread, and the text of whatever it is is not logged
            trouble = type(error).__name__
        finally:
            if trouble is not None:
                _log.warning({"event": "key-fetch", "address": self._address, "outcome": trouble})
            with self._lock:
                if keys is not None:
                    self._keys, self._read_at = keys, self._clock()
                self._trouble = trouble
                self._under_way = None
            done.set()

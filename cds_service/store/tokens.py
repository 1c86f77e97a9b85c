"""Tokens that were used, shared by all workers and replicas: each may be used once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import delete

from ..token_memory import TokenMemoryDown
from .database import Database, StoreDown
from .tables import used_token

_PURGE_EVERY = timedelta(minutes=1)
# the clocks of two replicas may differ: what one no longer accepts, the other must not have forgotten
_KEPT_LONGER = timedelta(hours=1)
# how long a call waits: a store that is locked or hangs may take seconds, or for ever, to say so
_PATIENCE_SECONDS = 1.0
# as many as the database has connections for
_AT_ONCE = 8


class StoredTokens:
    """The memory of used tokens (TokenMemory) in the database. It answers within a second or counts as down."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` tells the moment, with its time zone."""
        self._database = database
        self._now = now
        self._purged: datetime | None = None
        self._lock = Lock()
        self._pid = 0

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether this is the first use of a client's token; remembered until `until`, at least.

        `until` is the moment from which the token is refused anyway: its expiry with the clock skew that is
        allowed. Raises TokenMemoryDown.
        """
        row = {"client": client, "token": hashlib.sha256(jti.encode()).hexdigest(), "until": until}
        # beside the call: no driver's own time limits hold for every way in which a store can hang
        asked = self._threads().submit(self._insert, row)
        try:
            return asked.result(_PATIENCE_SECONDS)
        except StoreDown as error:
            raise TokenMemoryDown(str(error)) from None
        except TimeoutError:
            asked.cancel()
            raise TokenMemoryDown("the store does not answer in time") from None

    def _insert(self, row: Mapping[str, Any]) -> bool:
        self._purge()
        with self._database.transaction(durable=False, patient=False) as connection:
            # an INSERT does not otherwise count its rows on PostgreSQL
            counted = self._database.insert_new(used_token).execution_options(preserve_rowcount=True)
            return connection.execute(counted, row).rowcount == 1

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pid != os.getpid():
                # threads do not live through a fork: each worker has its own
                self._pool, self._pid = ThreadPoolExecutor(_AT_ONCE, "used-tokens"), os.getpid()
            return self._pool

    def _purge(self) -> None:
        now = self._now()
        if self._purged is not None and now - self._purged < _PURGE_EVERY:
            return
        self._purged = now
        with self._database.transaction(patient=False) as connection:
            connection.execute(delete(used_token).where(used_token.c.until < now - _KEPT_LONGER))

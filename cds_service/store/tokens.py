"""Tokens that were used, shared by all workers and replicas: each may be used once."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import delete

from ..batching import BatchWriter
from ..token_memory import MOST_TOKENS, TokenMemoryDown
from .database import Database, StoreDown
from .tables import used_token

_log = logging.getLogger("cds_service.trust")

_Row = Mapping[str, Any]

_PURGE_EVERY = timedelta(minutes=1)
# the clocks of two replicas may differ: what one no longer accepts, the other must not have forgotten
_KEPT_LONGER = timedelta(hours=1)
# how long a call waits: a store that is locked or hangs may take seconds, or for ever, to say so
_PATIENCE_SECONDS = 1.0
# as many as the database has connections for
_AT_ONCE = 8
# the longest that a store which is back waits for the tokens of its outage
_HAND_OVER_SECONDS = 2.0


class StoredTokens:
    """The memory of used tokens (TokenMemory) in the database. It answers within a second or counts as down."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` tells the moment, with its time zone."""
        self._database = database
        self._now = now
        self._purged: datetime | None = None
        self._lock = Lock()
        self._pid = 0
        self._owed: BatchWriter[_Row] = BatchWriter(
            self._insert_all,
            kept=lambda count: _log.info({"event": "token-memory", "handed-over": count}),
            lost=lambda count: _log.warning({"event": "token-memory", "lost": count}),
            room=MOST_TOKENS,
            patience_seconds=_HAND_OVER_SECONDS,
        )

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether this is the first use of a client's token; remembered until `until`, at least.

        `until` is the moment from which the token is refused anyway: its expiry with the clock skew that is
        allowed. Raises TokenMemoryDown.
        """
        row = _row(client, jti, until)
        # beside the call: no driver's own time limits hold for every way in which a store can hang
        asked = self._threads().submit(self._insert, row)
        try:
            return asked.result(_PATIENCE_SECONDS)
        except StoreDown as error:
            raise TokenMemoryDown(str(error)) from None
        except TimeoutError:
            asked.cancel()
            raise TokenMemoryDown("the store does not answer in time") from None

    def remember_later(self, client: str, jti: str, until: datetime) -> None:
        """As TokenMemory says: written as soon as the store answers, or when this process ends."""
        self._owed.put(_row(client, jti, until))

    def _insert_all(self, rows: Sequence[_Row]) -> None:
        with self._database.transaction(durable=False) as connection:
            connection.execute(self._database.insert_new(used_token), rows)

    def _insert(self, row: _Row) -> bool:
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


def _row(client: str, jti: str, until: datetime) -> _Row:
    return {"client": client, "token": hashlib.sha256(jti.encode()).hexdigest(), "until": until}

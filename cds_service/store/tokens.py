"""Tokens that were used, shared by all workers and replicas: each may be used once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete

from ..token_memory import TokenMemoryDown
from .database import Database, StoreDown
from .tables import used_token

_PURGE_EVERY = timedelta(minutes=1)
# the clocks of two replicas may differ: what one no longer accepts, the other must not have forgotten
_KEPT_LONGER = timedelta(hours=1)


class StoredTokens:
    """The memory of used tokens (TokenMemory) in the database."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        """`now` tells the moment, with its time zone."""
        self._database = database
        self._now = now
        self._purged: datetime | None = None

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether this is the first use of a client's token; remembered until `until`, at least.

        `until` is the moment from which the token is refused anyway: its expiry with the clock skew that is
        allowed. Raises TokenMemoryDown.
        """
        row = {"client": client, "token": hashlib.sha256(jti.encode()).hexdigest(), "until": until}
        try:
            self._purge()
            with self._database.transaction(durable=False, patient=False) as connection:
                # an INSERT does not otherwise count its rows on PostgreSQL
                counted = self._database.insert_new(used_token).execution_options(preserve_rowcount=True)
                inserted = connection.execute(counted, row)
                return inserted.rowcount == 1
        except StoreDown as error:
            raise TokenMemoryDown(str(error)) from None

    def _purge(self) -> None:
        now = self._now()
        if self._purged is not None and now - self._purged < _PURGE_EVERY:
            return
        self._purged = now
        with self._database.transaction(patient=False) as connection:
            connection.execute(delete(used_token).where(used_token.c.until < now - _KEPT_LONGER))

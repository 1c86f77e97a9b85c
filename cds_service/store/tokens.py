"""Tokens that were used, shared by all workers and replicas: each may be used once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete

from ..batching import BatchWriter
from ..token_memory import MOST_TOKENS, Outage, TokenMemoryDown
from .database import Database, StoreDown
from .tables import used_token
from .together import Together

_log = logging.getLogger("cds_service.trust")

_Row = Mapping[str, Any]

_PURGE_EVERY = timedelta(minutes=1)
# the clocks of two replicas may differ: what one no longer accepts, the other must not have forgotten
KEPT_LONGER = timedelta(hours=1)
# how long a call waits: a store that is locked or hangs may take seconds, or for ever, to say so
_PATIENCE_SECONDS = 1.0
# the longest that a store which is back waits for the tokens of its outage
_HAND_OVER_SECONDS = 2.0


class StoredTokens:
    """The memory of used tokens (TokenMemory) in the database. It answers in time or counts as down."""

    def __init__(
        self, database: Database, now: Callable[[], datetime], patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        """`now` tells the moment, with its time zone; a call waits `patience_seconds` for the database."""
        self.outage = Outage()
        self._patience = patience_seconds
        self._database = database
        self._now = now
        self._purged: datetime | None = None
        # an INSERT does not otherwise count its rows on PostgreSQL
        self._counted = database.insert_new(used_token).execution_options(preserve_rowcount=True)
        self._together: Together[_Row, bool] = Together("used-tokens", self._insert)
        self._owed: BatchWriter[_Row] = BatchWriter(
            self._insert_all,
            down=StoreDown,
            kept=lambda count: _log.info({"event": "token-memory", "handed-over": count}),
            lost=lambda count: _log.warning({"event": "token-memory", "lost": count}),
            room=MOST_TOKENS,
            patience_seconds=_HAND_OVER_SECONDS,
        )

    def begin(self) -> None:
        """What would make this process's first token slow, before it comes; leaves nothing behind. Raises StoreDown."""
        self._purge()
        row = _row("", "", self._now())
        with self._database.transaction(durable=False) as connection:
            connection.execute(self._counted, row)
            connection.execute(delete(used_token).where(used_token.c.token == row["token"]))

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        """Whether this is the first use of a client's token; remembered until `until`, at least.

        `until` is the moment from which the token is refused anyway: its expiry with the clock skew that is
        allowed. Raises TokenMemoryDown.
        """
        row = _row(client, jti, until)
        try:
            return self._together.ask(row, self._patience)
        except StoreDown as error:
            raise TokenMemoryDown(str(error)) from None

    def remember_later(self, client: str, jti: str, until: datetime) -> None:
        """As TokenMemory says: written as soon as the store answers, or when this process ends."""
        self._owed.put(_row(client, jti, until))

    def _insert_all(self, rows: Sequence[_Row]) -> None:
        with self._database.transaction(durable=False) as connection:
            connection.execute(self._database.insert_new(used_token), sorted(rows, key=_key))

    def _insert(self, rows: Sequence[_Row]) -> list[bool]:
        """Which of them were not there before."""
        self._purge()
        with self._database.transaction(durable=False, patient=False) as connection:
            # in one order everywhere: else two batches with the same tokens would each wait for the other
            told = {
                number: connection.execute(self._counted, row).rowcount == 1
                for number, row in sorted(enumerate(rows), key=lambda numbered: _key(numbered[1]))
            }
        return [told[number] for number in range(len(rows))]

    def _purge(self) -> None:
        now = self._now()
        if self._purged is not None and now - self._purged < _PURGE_EVERY:
            return
        self._purged = now
        with self._database.transaction(patient=False) as connection:
            connection.execute(delete(used_token).where(used_token.c.until < now - KEPT_LONGER))


def _row(client: str, jti: str, until: datetime) -> _Row:
    return {"client": client, "token": hashlib.sha256(jti.encode()).hexdigest(), "until": until}


def _key(row: _Row) -> tuple[str, str]:
    return row["client"], row["token"]

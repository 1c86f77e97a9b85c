"""Removing what has been kept long enough."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, Table, delete, select, tuple_

from .database import Database
from .tables import decision, feedback, patient_key, shown_card, used_token
from .tokens import KEPT_LONGER

_AT_ONCE = 2_000
# longer than SQLite lets a writer sleep that waits for its turn
_PAUSE_SECONDS = 0.1


def purge(database: Database, now: datetime, *, keep_days: int, patient_key_days: int) -> Mapping[str, int]:
    """Remove rows older than that many days, and tokens that expired an hour ago; how many, by table.

    Feedback goes by the day on which it was received. Calls that are answered meanwhile wait for nothing: a few rows
    are removed at a time. Raises StoreDown: what was removed until then stays removed.
    """
    old, keys = now - timedelta(days=keep_days), now - timedelta(days=patient_key_days)
    return {
        table.name: _remove(database, table, moment, limit)
        for table, moment, limit in (
            (decision, decision.c.at, old),
            (shown_card, shown_card.c.at, old),
            (feedback, feedback.c.received_at, old),
            (patient_key, patient_key.c.at, keys),
            (used_token, used_token.c.until, now - KEPT_LONGER),
        )
    }


def _remove(database: Database, table: Table, moment: Column[datetime], limit: datetime) -> int:
    key = table.primary_key.columns
    some = select(*key).where(moment < limit).limit(_AT_ONCE)
    removed = 0
    while True:
        # a power cut may bring the last rows back, until they are removed the next day
        with database.transaction(durable=False) as connection:
            gone = connection.execute(delete(table).where(tuple_(*key).in_(some))).rowcount
        removed += gone
        if gone < _AT_ONCE:
            return removed
        time.sleep(_PAUSE_SECONDS)

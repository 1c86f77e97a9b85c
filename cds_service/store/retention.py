"""Removing what has been kept long enough."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete

from .database import Database
from .tables import decision, feedback, patient_key, shown_card, used_token
from .tokens import KEPT_LONGER


def purge(database: Database, now: datetime, *, keep_days: int, patient_key_days: int) -> Mapping[str, int]:
    """Remove rows older than that many days, and tokens that expired an hour ago; how many, by table.

    Feedback goes by the day on which it was received. Raises StoreDown: then nothing is removed.
    """
    old, keys = now - timedelta(days=keep_days), now - timedelta(days=patient_key_days)
    with database.transaction() as connection:
        return {
            table.name: connection.execute(delete(table).where(moment < limit)).rowcount
            for table, moment, limit in (
                (decision, decision.c.at, old),
                (shown_card, shown_card.c.at, old),
                (feedback, feedback.c.received_at, old),
                (patient_key, patient_key.c.at, keys),
                (used_token, used_token.c.until, now - KEPT_LONGER),
            )
        }

"""What users did with cards, as their clients report it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .database import Database
from .tables import feedback

Outcome = Literal["accepted", "overridden"]

UNLISTED = "unlisted"
"""Stands for an override reason that is no plain code: free text could be about a patient."""

_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#+\-]{0,63}")
_PLAIN_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[A-Za-z0-9._~:/#\[\]@+\-]{1,500}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden, as a code."""

    system: str
    code: str

    def plain(self) -> Reason:
        """The reason as it may be kept: without anything that is not plainly a code of a code system."""
        if not _PLAIN_SYSTEM.fullmatch(self.system) or not _PLAIN_CODE.fullmatch(self.code):
            return Reason("", UNLISTED)
        return self


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a user did with one card. `card` and `suggestions` are lower-case uuids, `comment` free text."""

    card: str
    outcome: Outcome
    outcome_at: datetime
    suggestions: tuple[str, ...] = ()
    reason: Reason | None = None
    comment: str | None = None

    def entry(self, client: str) -> str:
        """The same for a repeated delivery, another for another act of a user: 64 hexadecimal digits.

        The comment is no part of it, so that a repeat is recognised whether comments are kept or not.
        """
        made_of = [
            client,
            self.card,
            self.outcome,
            sorted(self.suggestions),
            [self.reason.system, self.reason.code] if self.reason else None,
            self.outcome_at.astimezone(UTC).isoformat(),
        ]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


def keep_feedback(
    database: Database, entries: Sequence[Feedback], client: str, received: datetime, *, comments: bool
) -> None:
    """Keep the entries of one delivery, all or none; when this returns they are on disk. Entries that were
    kept before stay as they are. A card need not be known: it may have been shown by another replica, or not
    be written yet.

    `comments` says whether free text is kept. Raises StoreDown: then the client must send them again.
    """
    if not entries:
        return
    rows = [_row(entry, client, received, comments=comments) for entry in entries]
    # one order for all, so that two deliveries with entries in common do not wait for each other in a circle
    rows.sort(key=lambda row: str(row["entry"]))
    with database.transaction() as connection:
        connection.execute(database.insert_new(feedback), rows)


def _row(entry: Feedback, client: str, received: datetime, *, comments: bool) -> dict[str, object]:
    reason = entry.reason.plain() if entry.reason else None
    return {
        "entry": entry.entry(client),
        "client": client,
        "card": entry.card,
        "outcome": entry.outcome,
        "suggestions": list(entry.suggestions),
        "reason_system": reason.system if reason else None,
        "reason_code": reason.code if reason else None,
        "comment": entry.comment if comments else None,
        "outcome_at": entry.outcome_at,
        "received_at": received,
    }

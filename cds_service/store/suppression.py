"""Not repeating to a user what that user overrode, for some days and while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from .beside import Beside
from .database import Database, StoreDown
from .pseudonyms import Pseudonyms
from .tables import feedback, shown_card

_PATIENCE_SECONDS = 1.0


class _Showing(NamedTuple):
    """A card that was shown, and when it was overridden if it was."""

    repeat_key: str
    deciding: str
    at: datetime
    overridden: datetime | None


class Suppression:
    """Remembers what was overridden, by keyed hashes only."""

    def __init__(
        self, database: Database, pseudonyms: Pseudonyms, days: int, now: Callable[[], datetime]
    ) -> None:
        """`days` is for how long an override counts, by the clock `now` of this service.

        When the secret of the pseudonyms changes, what was overridden before is shown again.
        """
        self._database = database
        self._pseudonyms = pseudonyms
        self._days = timedelta(days=days)
        self._now = now
        self._beside = Beside("suppression")

    def repeat_key(self, client: str, user: str, patient: str, *matter: object) -> str:
        """The same for one user of one client, one patient and one `matter` (what is told, under which
        knowledge), as long as the secret is the same."""
        return self._pseudonyms.keyed(self._now().date(), "repeat", client, user, patient, *matter)

    def deciding(self, facts: Mapping[str, object]) -> str:
        """The same while these facts have these values."""
        return self._pseudonyms.keyed(self._now().date(), "deciding", facts)

    def suppressed(self, cards: Mapping[str, str]) -> frozenset[str]:
        """Of cards about to be shown, by repeat key with their `deciding`, the keys of those that are not to be.

        A card counts as overridden if one with the same key and the same deciding facts was, within the days,
        and the user has not been shown it with other facts since. Nothing is suppressed while the store is
        down or does not answer within a second.
        """
        if not cards:
            return frozenset()
        overridden_at = func.max(feedback.c.received_at)
        shown = (
            select(
                shown_card.c.repeat_key, shown_card.c.deciding, shown_card.c.at, overridden_at.label("until")
            )
            .select_from(
                shown_card.outerjoin(
                    feedback,
                    (feedback.c.card == shown_card.c.card)
                    & (feedback.c.client == shown_card.c.client)
                    & (feedback.c.outcome == "overridden")
                    & (feedback.c.received_at > self._now() - self._days),
                )
            )
            .where(shown_card.c.repeat_key.in_(list(cards)))
            .group_by(shown_card.c.card, shown_card.c.repeat_key, shown_card.c.deciding, shown_card.c.at)
        )

        def read() -> list[_Showing]:
            with self._database.transaction(reading=True, patient=False) as connection:
                return [_Showing(*row) for row in connection.execute(shown)]

        try:
            showings = self._beside.ask(read, _PATIENCE_SECONDS)
        except StoreDown:
            return frozenset()
        return frozenset(
            key
            for key, deciding in cards.items()
            if _overridden([s for s in showings if s.repeat_key == key], deciding)
        )


def _overridden(showings: Sequence[_Showing], deciding: str) -> bool:
    changed = max((s.at for s in showings if s.deciding != deciding), default=None)
    return any(
        s.overridden is not None and s.deciding == deciding and (changed is None or s.at > changed)
        for s in showings
    )

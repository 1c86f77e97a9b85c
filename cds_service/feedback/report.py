"""The feedback report: read from the store, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ..store.database import Database
from ..store.tables import feedback, shown_card
from .tally import Tally

_ROWS_AT_ONCE = 2000


class Last(NamedTuple):
    """The last thing that a user did with a card."""

    outcome: str
    reason: str


@dataclass(slots=True)
class Line:
    """One topic or rule: its counts, in all and by the Monday of the week in which the cards were shown."""

    name: str
    tally: Tally = field(default_factory=Tally)
    weeks: dict[date, Tally] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What was shown since a moment, and what became of it.

    `topics` (what a card is about) and `rules` (why it says so; a card may rest on several) stand with the
    noisiest first. `unknown` counts, by outcome, feedback since then for cards of which no record is kept.
    """

    made: datetime
    since: datetime | None
    client: str | None
    total: Tally
    weeks: Mapping[date, Tally]
    topics: tuple[Line, ...]
    rules: tuple[Line, ...]
    unknown: Mapping[str, int]


def read_report(database: Database, now: datetime, since: datetime | None, client: str | None) -> Report:
    """Count what the store holds, of one client or of all. Raises StoreDown."""
    total = Line("")
    topics: dict[str, Line] = {}
    rules: dict[str, Line] = {}
    with database.transaction(reading=True) as connection:
        last = _last(connection, since, client)
        for card, at, topic, reasons, suggestions in _shown(connection, since, client):
            done = last.get(card)
            lines = [total, topics.setdefault(topic, Line(topic))]
            lines += [rules.setdefault(rule, Line(rule)) for rule in reasons]
            week = at.date() - timedelta(days=at.weekday())
            for line in lines:
                for tally in (line.tally, line.weeks.setdefault(week, Tally())):
                    outcome, reason = done if done else (None, "")
                    tally.add(outcome, reason, offering=bool(suggestions))
        unknown = _unknown(connection, since, client)
    return Report(
        made=now,
        since=since,
        client=client,
        total=total.tally,
        weeks=dict(sorted(total.weeks.items())),
        topics=_noisiest_first(topics),
        rules=_noisiest_first(rules),
        unknown=unknown,
    )


def _noisiest_first(lines: Mapping[str, Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines.values(), key=lambda line: (-line.tally.noise, -line.tally.shown, line.name)))


def _last(connection: Connection, since: datetime | None, client: str | None) -> dict[str, Last]:
    """What was done last with each card, by the clock of its client."""
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        select(feedback.c.card, feedback.c.outcome, feedback.c.reason_system, feedback.c.reason_code)
        .where(*_wanted(feedback.c.received_at, feedback.c.client, since, client), _OF_ITS_CLIENT)
        .order_by(feedback.c.outcome_at, feedback.c.received_at, feedback.c.entry)
    )
    return {
        card: Last(outcome, f"{system}|{code}" if code is not None else "")
        for card, outcome, system, code in rows
    }


def _shown(
    connection: Connection, since: datetime | None, client: str | None
) -> Iterator[tuple[str, datetime, str, list[str], list[str]]]:
    rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
        select(
            shown_card.c.card,
            shown_card.c.at,
            shown_card.c.topic,
            shown_card.c.reasons,
            shown_card.c.suggestions,
        ).where(*_wanted(shown_card.c.at, shown_card.c.client, since, client))
    )
    yield from (tuple(row) for row in rows)


def _unknown(connection: Connection, since: datetime | None, client: str | None) -> dict[str, int]:
    rows = connection.execute(
        select(feedback.c.outcome, func.count())
        .where(*_wanted(feedback.c.received_at, feedback.c.client, since, client), ~_OF_ITS_CLIENT)
        .group_by(feedback.c.outcome)
    )
    return {str(outcome): int(count) for outcome, count in rows}


# feedback counts for a card only if it comes from the client that was shown the card
_OF_ITS_CLIENT = (
    select(shown_card.c.card)
    .where(and_(shown_card.c.card == feedback.c.card, shown_card.c.client == feedback.c.client))
    .exists()
)


def _wanted(
    moment: ColumnElement[datetime], of: ColumnElement[str], since: datetime | None, client: str | None
) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield moment >= since
    if client is not None:
        yield of == client


def reason_words(reason: str) -> str:
    """A counted reason as it is shown: its code, for the code systems of reasons are few."""
    return reason.rpartition("|")[2] if reason else "no reason given"


def top_reasons(reasons: Counter[str], most: int = 3) -> str:
    """The most frequent reasons with their counts, in one line."""
    return ", ".join(f"{reason_words(reason)} {count}" for reason, count in reasons.most_common(most))

"""The tables. Each column is listed here with what it may hold; nothing in any of them describes a patient.

A change here needs a migration under `migrations/versions/`; a test compares the two. Versions of the service
run side by side while a site changes from one to the next: migrations add, and never take away what the
version before still uses.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, Column, DateTime, Dialect, Index, MetaData, String, Table, Text, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, kept in UTC; SQLite has no time zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Words(TypeDecorator[str]):
    """Text from outside: without NUL and lone surrogates, which databases refuse."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.encode("utf-8", "replace").decode().replace("\x00", "") if value else None


metadata = MetaData()

decision = Table(
    "decision",
    metadata,
    Column("call", String(64), primary_key=True),  # the service's own id of the call, new in each
    Column("at", Moment, nullable=False, index=True),
    Column("client", String(64), nullable=False),  # id in the site's clients file
    Column("tenant", Words),  # the opaque word of the client's token
    Column("hook", String(64), nullable=False),
    Column("knowledge", String(64), nullable=False),  # version
    Column("placement", String(32), nullable=False),
    Column("groups", JSON, nullable=False),  # ids of patient groups
    Column("verdicts", JSON, nullable=False),  # {option, verdict, reasons} of each draft, without the draft
    Column("suppressed", JSON, nullable=False),  # topics of cards that were not repeated
    Column("timings", JSON, nullable=False),  # milliseconds by phase
)

shown_card = Table(
    "shown_card",
    metadata,
    Column("card", String(36), primary_key=True),  # uuid
    Column("call", String(64), nullable=False, index=True),
    Column("at", Moment, nullable=False, index=True),
    Column("client", String(64), nullable=False),
    Column("knowledge", String(64), nullable=False),
    Column("topic", String(128), nullable=False),  # source.topic.code
    Column("kind", String(32), nullable=False),  # the template it was made from
    Column("indicator", String(16), nullable=False),
    Column("verdict", String(32)),
    Column("option", String(64)),
    Column("reasons", JSON, nullable=False),  # ids of rules and reasons
    Column("suggestions", JSON, nullable=False),  # uuids
    Column("repeat_key", String(64), index=True),  # keyed hash: who was told what; only with suppression
    Column("deciding", String(64)),  # keyed hash of the deciding facts; only with suppression
)

feedback = Table(
    "feedback",
    metadata,
    Column("entry", String(64), primary_key=True),  # hash of all that makes it this one: a repeat is the same
    Column("client", String(64), nullable=False),
    Column("card", String(36), nullable=False, index=True),  # uuid; not always one of shown_card
    Column("outcome", String(16), nullable=False),
    Column("suggestions", JSON, nullable=False),  # uuids of what was accepted
    Column("reason_system", String(512)),
    Column("reason_code", String(64)),
    Column("comment", Words),  # only by setting
    Column("outcome_at", Moment, nullable=False),  # by the client's clock
    Column("received_at", Moment, nullable=False, index=True),
)

used_token = Table(
    "used_token",
    metadata,
    Column("client", String(64), primary_key=True),
    Column("token", String(64), primary_key=True),  # hash of its jti
    Column("until", Moment, nullable=False, index=True),
)

patient_key = Table(
    "patient_key",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
    Column("secret", String(64), nullable=False),  # id of the secret that it was made with
    Column("key", String(64), nullable=False),  # keyed hash of client and patient; only by setting
    Index("ix_patient_key_key", "secret", "key"),
)

"""What the service answered: one record for each call, with the cards it showed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .database import Database
from .tables import decision, patient_key, shown_card


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one drafted order, without the order."""

    option: str | None
    verdict: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownCard:
    """One card that was shown.

    `card` and `suggestions` are the uuids that feedback names, `topic` is `source.topic.code`, `kind` the
    template. `verdict` and `option` are None where the card is about several or none. `repeat_key` and
    `deciding` are set only where overridden cards are not repeated (`suppression.py`).
    """

    card: str
    topic: str
    kind: str
    indicator: str
    verdict: str | None = None
    option: str | None = None
    reasons: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    repeat_key: str | None = None
    deciding: str | None = None


@dataclass(frozen=True, slots=True)
class PatientKey:
    """The pseudonym of a patient under one secret: 64 hexadecimal digits, and the id of the secret."""

    secret: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What one call was answered with. Holds ids only, and nothing that describes a patient.

    `call` is the service's own id of the call, `timings` milliseconds by phase, `suppressed` the topics of
    cards that were not repeated, `patient` kept in a table of its own.
    """

    call: str
    at: datetime
    client: str
    hook: str
    knowledge: str
    placement: str
    tenant: str | None = None
    groups: tuple[str, ...] = ()
    verdicts: tuple[Judged, ...] = ()
    cards: tuple[ShownCard, ...] = ()
    suppressed: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    patient: PatientKey | None = None


def write_decisions(database: Database, records: Sequence[DecisionRecord]) -> None:
    """Keep records, all or none of them; one that is kept already stays as it is. Raises StoreDown."""
    if not records:
        return
    # made before: while the transaction lasts, nobody else may write
    kept = (
        (decision, [_decision(record) for record in records]),
        (shown_card, list(_cards(records))),
        (patient_key, list(_patient_keys(records))),
    )
    with database.transaction(durable=False) as connection:
        for table, rows in kept:
            if rows:
                connection.execute(database.insert_new(table), rows)


def _columns(row: Any) -> dict[str, object]:
    """The fields of a dataclass by name. `asdict` would copy each value too, at ten times the cost."""
    return {name: getattr(row, name) for name in row.__slots__}


def _decision(record: DecisionRecord) -> dict[str, object]:
    return {
        "call": record.call,
        "at": record.at,
        "client": record.client,
        "tenant": record.tenant,
        "hook": record.hook,
        "knowledge": record.knowledge,
        "placement": record.placement,
        "groups": record.groups,
        "verdicts": [_columns(judged) for judged in record.verdicts],
        "suppressed": record.suppressed,
        "timings": dict(record.timings),
    }


def _cards(records: Iterable[DecisionRecord]) -> Iterable[dict[str, object]]:
    for record in records:
        shared = {
            "call": record.call,
            "at": record.at,
            "client": record.client,
            "knowledge": record.knowledge,
        }
        yield from (shared | _columns(card) for card in record.cards)


def _patient_keys(records: Iterable[DecisionRecord]) -> Iterable[dict[str, object]]:
    for record in records:
        if record.patient is not None:
            yield {"call": record.call, "at": record.at, **_columns(record.patient)}

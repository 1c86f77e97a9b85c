"""Records as calls leave them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from cds_service.store.decisions import DecisionRecord, Judged, PatientKey, ShownCard

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def shown(name: str, kind: str = "offpathway", option: str = "imatinib", **members: object) -> ShownCard:
    """A card with one suggestion."""
    made = ShownCard(
        card=uuid(name),
        topic=f"{kind}{option}",
        kind=kind,
        indicator="warning",
        verdict="off-pathway",
        option=option,
        reasons=("gist.adjuvant.risk-low",),
        suggestions=(uuid(f"{name}/suggestion"),),
    )
    return ShownCard(**{**{f: getattr(made, f) for f in made.__slots__}, **members})


def record(name: str, *cards: ShownCard, days: float = 0, **members: object) -> DecisionRecord:
    """The record of one call, so many days after START."""
    stated = {
        "call": uuid(name),
        "at": START + timedelta(days=days),
        "client": "ehr",
        "hook": "order-select",
        "knowledge": "2026.11.0",
        "placement": "placed",
        "groups": ("gist-resectable-minimal-morbidity",),
        "verdicts": (Judged("imatinib", "off-pathway", ("gist.adjuvant.risk-low",)),),
        "cards": cards,
        "timings": {"parse": 0.4, "evaluate": 2.5},
        "patient": PatientKey("2026-11", "0" * 64),
    }
    return DecisionRecord(**{**stated, **members})  # type: ignore[arg-type]

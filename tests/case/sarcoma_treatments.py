"""Treatments of a soft-tissue sarcoma as FHIR records."""

from __future__ import annotations

from typing import Any

from tests.case.chart import (
    INTENT,
    SARCOMA,
    SCT,
    Json,
    concept,
    procedure,
    refer,
)

INTENTS = {
    "neoadjuvant": "373847000",
    "adjuvant": "373846009",
    "curative": "373808002",
    "palliative": "363676003",
}
EXCISION = concept(SCT, "370612006")


def intended(word: str) -> list[Json]:
    return [{"url": INTENT, "valueCodeableConcept": concept(SCT, INTENTS[word])}]


def excised(on: str | None = None, code: Json | None = None, id_: str = "op", **members: Any) -> Json:
    """An excision for the sarcoma."""
    return procedure(id_, code or EXCISION, on, reasonReference=refer(SARCOMA), **members)

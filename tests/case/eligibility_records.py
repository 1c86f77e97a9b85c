"""Records that several tests of eligibility begin with."""

from __future__ import annotations

from tests.case.chart import (
    Json,
    concept,
    fact_of,
    gist,
)

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def over(status: str = "remission") -> Json:
    return {"clinicalStatus": concept(CLINICAL, status)}


def undecided(name: str, *records: Json, affiliate: bool = False) -> bool:
    return not fact_of(name, gist(), *records, affiliate=affiliate).known

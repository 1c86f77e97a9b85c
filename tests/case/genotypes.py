"""Reports of the genotype as FHIR records."""

from __future__ import annotations

from typing import Any

from tests.case.chart import (
    LOINC,
    Json,
    component,
    concept,
    fact_of,
    gist,
    present,
    subject,
)

D842V = "pdgfra-exon-18-insensitive"


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


def significance(code: str | None = None, text: str | None = None) -> Json:
    return component("53037-8", valueCodeableConcept=concept(LOINC, code, text))


def report(conclusion: str, id_: str = "r", **members: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": id_,
        "status": "final",
        "code": {"text": "Pathology report"},
        "subject": subject(),
        "issued": "2025-03-20T08:00:00Z",
        "conclusion": conclusion,
        **members,
    }

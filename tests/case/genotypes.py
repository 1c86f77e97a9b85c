"""Reports of the genotype as FHIR records."""

from __future__ import annotations

from tests.case.chart import (
    LOINC,
    Json,
    component,
    concept,
    fact_of,
    gist,
    present,
)

D842V = "pdgfra-exon-18-insensitive"


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


def significance(code: str | None = None, text: str | None = None) -> Json:
    return component("53037-8", valueCodeableConcept=concept(LOINC, code, text))

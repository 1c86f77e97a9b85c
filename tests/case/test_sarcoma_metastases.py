"""How far a soft-tissue sarcoma has spread, as the record says it."""

from __future__ import annotations

from math import inf

import pytest

from cds_service.case.fact import Interval
from tests.case.chart import (
    ICD10CM,
    LOINC,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    histology,
    observation,
    point,
    possible,
    present,
    quantity,
    refer,
    sarcoma,
    stated,
    strictly,
)


@pytest.mark.parametrize(
    ("extent", "fact", "expected"),
    [
        ("limited", "m-category", "M1"),
        ("disseminated", "m-category", "M1"),
        ("regional-nodes", "n-category", "N1"),
        ("regional-nodes", "m-category", "M0"),
        ("none", "m-category", "M0"),
    ],
)
def test_a_stated_extent_speaks_of_m_and_n(extent: str, fact: str, expected: str) -> None:
    case = case_of(sarcoma(), stated("metastasis-extent", value=extent))
    assert possible(case.facts["metastasis-extent"]) == {extent}
    assert possible(case.facts[fact]) == {expected}


def test_metastases_without_a_stated_extent_leave_it_open() -> None:
    assert not fact_of("metastasis-extent", sarcoma(), condition("m", concept(ICD10CM, "C78.01"))).known


def _mets(*codes: str) -> list[Json]:
    return [condition(f"met{n}", concept(ICD10CM, code)) for n, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["C78.01"], Interval(1, 1)),
        (["C78.01", "C78.02"], Interval(1, 1)),  # both lungs are one organ
        (["C78.01", "C78.7"], Interval(2, 2)),
        (["C78.01", "C77.4"], Interval(1, 1)),  # nodes do not count
        (["C79.9"], Interval(1, inf)),
        (["C78.01", "C79.9"], Interval(1, inf)),
        (["C78.7", "C79.89"], Interval(1, inf)),
    ],
)
def test_organs_with_metastases_are_counted(codes: list[str], expected: Interval) -> None:
    assert fact_of("metastatic-organ-count", sarcoma(), *_mets(*codes)).value == expected


def test_without_metastases_there_is_no_count() -> None:
    assert fact_of("metastatic-organ-count", sarcoma()).why == "missing"
    assert fact_of("metastatic-organ-count", sarcoma(), *_mets("C77.4")).why == "missing"


def test_a_stated_count_is_the_equal_of_the_conditions_and_the_newer_counts() -> None:
    """`facts.yaml` ranks them alike."""
    said = stated("metastatic-organ-count", valueInteger=2)
    fact = strictly("metastatic-organ-count", sarcoma(), *_mets("C78.01"), said)
    assert fact.why == "conflicting"
    assert fact.value == Interval(1, 2)
    lung = {**_mets("C78.01")[0], "recordedDate": "2025-01-01"}
    later = {**said, "effectiveDateTime": "2025-03-01"}
    assert point(strictly("metastatic-organ-count", sarcoma(), lung, later)) == 2


def test_a_secondary_cancer_carries_the_morphology_and_is_no_second_primary() -> None:
    met = condition("met", concept(ICD10CM, "C78.7"), extension=histology("8890/3"))
    case = case_of(sarcoma(extension=histology("8890/3")), met)
    assert present(case.facts["metastatic-sites"]) == {"liver"}
    assert possible(case.facts["primary-site"]) == {"lower-limb"}
    assert possible(case.facts["m-category"]) == {"M1"}


def test_a_size_of_a_metastasis_is_not_the_size_of_the_tumour() -> None:
    met = condition("met", concept(ICD10CM, "C78.01"))
    of_it = observation(
        "s", concept(LOINC, "21889-1"), valueQuantity=quantity(2, "cm"), focus=refer("Condition/met")
    )
    assert not fact_of("tumour-size-cm", sarcoma(), met, of_it).known

"""The stage of a soft-tissue sarcoma, and its T, N and M, as the record says them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    LOINC,
    SCT,
    Json,
    case_of,
    concept,
    fact_of,
    gist,
    observation,
    possible,
    refer,
    sarcoma,
    stated,
    strictly,
)

AJCC = "http://cancerstaging.org"


def stage(id_: str = "stage", code: Json | None = None, **value: Any) -> Json:
    return observation(id_, code or concept(LOINC, "21908-9"), **value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (concept(AJCC, "3C"), "III"),
        (concept(AJCC, "2B"), "II"),
        (concept(AJCC, "1A"), "I"),
        (concept(AJCC, "4"), "IV"),
        (concept("https://cancerstaging.org", "3A"), "III"),
        (concept(AJCC, "IIIB"), "III"),
        (concept(AJCC, "IV"), "IV"),
        (concept(SCT, "258219007"), "II"),
        ({"text": "Stage IIIA"}, "III"),
        ({"text": "AJCC stage IB"}, "I"),
        (concept("urn:local", "77", text="pStage II"), "II"),
    ],
)
@pytest.mark.parametrize("code", ["21908-9", "21902-2", "21914-7"])
def test_a_stage_group(value: Json, expected: str, code: str) -> None:
    said = stage(code=concept(LOINC, code), valueCodeableConcept=value)
    assert possible(fact_of("stated-stage", sarcoma(), said)) == {expected}


@pytest.mark.parametrize("text", ["IIIA", "3A", "Stage III", "cIIIA", "pIII", "stage 3", "AJCC Stage IIIB"])
def test_a_stage_as_a_string(text: str) -> None:
    assert possible(fact_of("stated-stage", sarcoma(), stage(valueString=text))) == {"III"}


@pytest.mark.parametrize(
    ("observed", "value", "expected"),
    [
        ("399390009", "1222802001", "III"),
        ("399537006", "1222766008", "II"),
        ("399588009", "1222837003", "IV"),
        ("399588009", "1222724007", "I"),
    ],
)
def test_a_stage_by_licensed_codes(observed: str, value: str, expected: str) -> None:
    said = stage(code=concept(SCT, observed), valueCodeableConcept=concept(SCT, value))
    assert possible(fact_of("stated-stage", sarcoma(), said, affiliate=True)) == {expected}


def test_a_stage_in_the_condition() -> None:
    for summary in (concept(AJCC, "2B"), {"text": "Stage II"}, concept(SCT, "258219007")):
        assert possible(fact_of("stated-stage", sarcoma(stage=[{"summary": summary}]))) == {"II"}


def test_a_stage_whose_assessment_is_no_evidence_is_none() -> None:
    entry = {"summary": concept(AJCC, "3A"), "assessment": refer("Observation/stage")}
    void = stage(status="entered-in-error", valueCodeableConcept=concept(AJCC, "3A"))
    assert not fact_of("stated-stage", sarcoma(stage=[entry]), void).known


def test_a_t_category_in_the_condition_is_no_stage() -> None:
    said = sarcoma(stage=[{"summary": {"text": "T2bN0M0"}}, {"summary": {"text": "Stage IIIA"}}])
    assert possible(strictly("stated-stage", said)) == {"III"}


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "Stage 0"},
        {"valueString": "ypIIIA"},  # after treatment
        {"valueString": "rIIIA"},  # of a recurrence
        {"valueString": "Stage II or III"},
        {"valueString": "stage III-IV"},
        {"valueString": "possible stage III"},
        {"valueString": "III", "method": {"text": "Enneking (MSTS) staging"}},
        {"valueString": "III", "method": {"text": "FIGO 2018"}},
        {"valueCodeableConcept": concept("urn:local", "3A")},
    ],
)
def test_what_is_no_stage_of_this_kind(value: Json) -> None:
    assert not fact_of("stated-stage", sarcoma(), stage(**value)).known


@pytest.mark.parametrize("code", ["101658-3", "101659-1", "101660-9"])
def test_a_stage_after_treatment_of_a_recurrence_or_at_autopsy_is_another(code: str) -> None:
    said = stage(code=concept(LOINC, code), valueString="IIIA")
    assert not fact_of("stated-stage", sarcoma(), said).known


def test_a_stage_of_something_else_by_its_name_is_none() -> None:
    said = stage(code=concept(text="CKD stage"), valueString="3")
    assert fact_of("stated-stage", sarcoma(), said).why == "missing"


def test_the_newest_stage_counts() -> None:
    old = stage("a", valueString="II", effectiveDateTime="2024-01-01")
    new = stage("b", concept(LOINC, "21902-2"), valueString="III", effectiveDateTime="2025-01-01")
    assert possible(strictly("stated-stage", sarcoma(), old, new)) == {"III"}


@pytest.mark.parametrize("fact", ["stage", "stated-stage"])
def test_our_own_code_for_the_stage_states_it(fact: str) -> None:
    assert possible(fact_of("stated-stage", sarcoma(), stated(fact, value="II"))) == {"II"}


def test_a_gist_has_no_stated_stage_that_counts() -> None:
    """Decision 1: other tables."""
    assert not fact_of("stated-stage", gist(), stage(valueString="III")).known


@pytest.mark.parametrize(
    ("code", "value", "fact", "expected"),
    [
        ("21905-5", {"valueCodeableConcept": concept(AJCC, "cT3")}, "t-category", "T3"),
        ("21899-0", {"valueCodeableConcept": concept(SCT, "67673008")}, "t-category", "T2"),
        ("21899-0", {"valueCodeableConcept": concept(SCT, "261652002")}, "t-category", "T2"),
        ("21911-3", {"valueString": "pT2b"}, "t-category", "T2"),
        ("21905-5", {"valueCodeableConcept": {"text": "cT1"}}, "t-category", "T1"),
        ("21906-3", {"valueCodeableConcept": concept(AJCC, "cN1")}, "n-category", "N1"),
        ("21900-6", {"valueCodeableConcept": {"text": "pN0"}}, "n-category", "N0"),
        ("21912-1", {"valueString": "NX"}, "n-category", "NX"),
        ("21907-1", {"valueCodeableConcept": concept(AJCC, "cM0")}, "m-category", "M0"),
        ("21901-4", {"valueCodeableConcept": concept(SCT, "14926007")}, "m-category", "M1"),
        ("21907-1", {"valueCodeableConcept": {"text": "cM1"}}, "m-category", "M1"),
    ],
)
def test_t_n_and_m(code: str, value: Json, fact: str, expected: str) -> None:
    assert possible(fact_of(fact, sarcoma(), observation("o", concept(LOINC, code), **value))) == {expected}


def test_t_n_and_m_by_licensed_codes() -> None:
    for code, value, fact, expected in (
        ("399504009", "1228929004", "t-category", "T2"),
        ("384625004", "1229864001", "t-category", "T4"),
        ("399534004", "1229973008", "n-category", "N1"),
        ("399387003", "1229901006", "m-category", "M0"),
    ):
        said = observation("o", concept(SCT, code), valueCodeableConcept=concept(SCT, value))
        assert possible(fact_of(fact, sarcoma(), said, affiliate=True)) == {expected}


def test_absence_of_n_and_m_is_nx_and_m0() -> None:
    case = case_of(sarcoma())
    assert possible(case.facts["n-category"]) == {"NX"}
    assert possible(case.facts["m-category"]) == {"M0"}
    assert case.facts["m-category"].remarks == ("m0-not-recorded",)

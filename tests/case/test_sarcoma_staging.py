"""Grade, depth, stage, TNM and the extent of metastases of a soft-tissue sarcoma."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from cds_service.case.fact import Interval
from tests.case.chart import (
    COLON,
    ICD10CM,
    LOINC,
    OMOP,
    SARCOMA,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    gist,
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

NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
AJCC = "http://cancerstaging.org"
QUALIFIER = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-body-location-qualifier"


def grade(code: Json | None = None, id_: str = "grade", **value: Any) -> Json:
    return observation(id_, code or concept(LOINC, "33732-9"), **value)


def stage(id_: str = "stage", code: Json | None = None, **value: Any) -> Json:
    return observation(id_, code or concept(LOINC, "21908-9"), **value)


# --- grade ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [concept(LOINC, "33732-9"), concept(NCIT, "C18000"), concept(SCT, "371469007"), concept(SCT, "373372005"),
     concept(text="FNCLCC grade"), concept(text="Histologic grade")],
)  # fmt: skip
def test_the_grade_by_the_code_of_its_observation(code: Json) -> None:
    said = grade(code, valueCodeableConcept=concept(SCT, "61026006"))
    assert possible(fact_of("grade", sarcoma(), said)) == {"high"}
    assert point(fact_of("fnclcc-grade", sarcoma(), said)) == 3


@pytest.mark.parametrize(
    ("code", "word", "number"),
    [
        ("54102005", "low", 1),
        ("1663004", "high", 2),
        ("61026006", "high", 3),
        ("258245003", "high", None),  # G4 of another scale
        ("1228848004", "low", 1),
        ("1228850007", "high", 2),
        ("1228851006", "high", 3),
        ("1155708003", "low", None),
        ("1286893008", "high", None),  # intermediate counts as high
        ("1155707008", "high", None),
        ("373375007", "low", None),  # well differentiated
        ("373377004", "high", None),
        ("373373000", "high", None),
        ("373374006", "high", None),
        ("399415002", "low", None),
        ("405986005", "high", None),
        ("399611001", "high", None),
    ],
)
def test_coded_grades(code: str, word: str, number: int | None) -> None:
    said = grade(valueCodeableConcept=concept(SCT, code))
    case = case_of(sarcoma(), said, affiliate=True)
    assert possible(case.facts["grade"]) == {word}
    assert point(case.facts["fnclcc-grade"]) == number


@pytest.mark.parametrize(
    ("text", "word", "number"),
    [
        ("FNCLCC grade 2", "high", 2),
        ("FNCLCC Grade 1", "low", 1),
        ("FNCLCC G3", "high", 3),
        ("Grade 2 (FNCLCC)", "high", 2),
        ("G2", "high", 2),
        ("grade III", "high", 3),
        ("3/3", "high", 3),
        ("2 of 3", "high", 2),
        ("1", "low", 1),
        ("High grade", "high", None),
        ("high-grade", "high", None),
        ("Intermediate grade", "high", None),
        ("intermediate", "high", None),
        ("Low grade", "low", None),
        ("High grade (FNCLCC grade 3)", "high", 3),
    ],
)
@pytest.mark.parametrize("element", ["valueString", "valueCodeableConcept"])
def test_grades_in_words(text: str, word: str, number: int | None, element: str) -> None:
    said = grade(**{element: text if element == "valueString" else {"text": text}})
    case = case_of(sarcoma(), said)
    assert possible(case.facts["grade"]) == {word}
    assert point(case.facts["fnclcc-grade"]) == number


@pytest.mark.parametrize(("number", "word"), [(1, "low"), (2, "high"), (3, "high")])
def test_a_grade_as_an_integer_or_a_component(number: int, word: str) -> None:
    case = case_of(sarcoma(), grade(valueInteger=number))
    assert possible(case.facts["grade"]) == {word}
    assert point(case.facts["fnclcc-grade"]) == number
    panel = observation(
        "panel",
        concept(LOINC, "77753-2"),
        component=[{"code": concept(LOINC, "33732-9"), "valueQuantity": quantity(number, "1")}],
    )
    assert possible(fact_of("grade", sarcoma(), panel)) == {word}


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "L"},  # of a GIST: its mitotic rate
        {"valueString": "H"},
        {"valueString": "GX"},
        {"valueString": "grade cannot be assessed"},
        {"valueString": "Grade 1-2"},
        {"valueString": "grade 2 or 3, not assessable"},
        {"valueString": "2/4"},
        {"valueString": "low to high grade"},
        {"valueString": "no high grade"},
        {"valueString": "Low grade, FNCLCC grade 3"},
        {"valueInteger": 4},
        {"valueInteger": 9},
        {"valueCodeableConcept": concept("urn:naaccr", "H")},
        {"valueString": "FNCLCC grade 2", "method": {"text": "Nottingham"}},
    ],
)
def test_what_is_no_grade(value: Json) -> None:
    case = case_of(sarcoma(), grade(**value))
    assert not case.facts["grade"].known
    assert not case.facts["fnclcc-grade"].known


def test_gx_is_no_grade() -> None:
    said = grade(valueCodeableConcept=concept(SCT, "1228845001"))
    assert fact_of("grade", sarcoma(), said, affiliate=True).why == "uncodable"


def test_no_grade_recorded_is_unknown() -> None:
    assert fact_of("grade", sarcoma()).why == "missing"
    assert fact_of("grade", sarcoma(), failed=("observations-laboratory",)).why == "failed-query"


def test_grades_of_one_day_that_disagree_conflict_and_the_newer_wins() -> None:
    low = grade(id_="a", valueInteger=1, effectiveDateTime="2025-03-01")
    high = grade(id_="b", valueInteger=3, effectiveDateTime="2025-03-01")
    assert strictly("grade", sarcoma(), low, high).why == "conflicting"
    newer = {**high, "effectiveDateTime": "2025-04-01"}
    assert possible(strictly("grade", sarcoma(), low, newer)) == {"high"}


def test_the_specimen_outranks_the_rest_and_a_statement_is_its_equal() -> None:
    biopsy = grade(
        id_="a", valueInteger=3, specimen={"reference": "Specimen/s"}, effectiveDateTime="2025-01-01"
    )
    note = grade(id_="b", valueString="low grade", effectiveDateTime="2025-06-01")
    assert possible(strictly("grade", sarcoma(), biopsy, note)) == {"high"}
    said = stated("grade", value="low", effectiveDateTime="2025-06-01")
    assert possible(strictly("grade", sarcoma(), biopsy, said)) == {"low"}


def test_a_stated_fnclcc_grade_is_a_grade() -> None:
    case = case_of(sarcoma(), stated("fnclcc-grade", valueInteger=2))
    assert possible(case.facts["grade"]) == {"high"}
    assert point(case.facts["fnclcc-grade"]) == 2
    assert not fact_of("fnclcc-grade", sarcoma(), stated("fnclcc-grade", valueInteger=4)).known


def test_a_grade_that_names_no_tumour_beside_another_cancer_is_not_used() -> None:
    said = grade(valueInteger=3)
    assert not fact_of("grade", sarcoma(), COLON, said).known
    named = {**said, "focus": refer(SARCOMA)}
    assert possible(fact_of("grade", sarcoma(), COLON, named)) == {"high"}


def test_a_grade_of_another_tumour_is_not_used() -> None:
    assert (
        fact_of("grade", sarcoma(), COLON, grade(valueInteger=3, focus=refer("Condition/colon"))).why
        == "missing"
    )


# --- depth ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "depth"),
    [
        (observation("d", concept(text="Tumour depth"), valueCodeableConcept=concept(SCT, "795002")), "deep"),
        (
            observation("d", concept(text="Tumor depth"), valueCodeableConcept=concept(SCT, "26283006")),
            "superficial",
        ),
        (observation("d", concept(OMOP, "36768749"), valueBoolean=True), "deep"),
        (observation("d", concept(OMOP, "36768749"), valueCodeableConcept=concept(SCT, "52101004")), "deep"),
        (observation("d", concept(text="Depth of tumor"), valueString="Deep to fascia"), "deep"),
        (observation("d", concept(text="Depth of tumor"), valueString="subfascial, intramuscular"), "deep"),
        (observation("d", concept(text="Tumour depth"), valueString="Subcutaneous"), "superficial"),
        (
            observation("d", concept(text="Tumour depth"), valueCodeableConcept={"text": "Suprafascial"}),
            "superficial",
        ),
        (stated("tumour-depth", value="deep"), "deep"),
    ],
)
def test_the_depth(said: Json, depth: str) -> None:
    assert possible(fact_of("tumour-depth", sarcoma(), said)) == {depth}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        # above it, or below without touching it
        (observation("d", concept(OMOP, "36768749"), valueBoolean=False), "missing"),
        (observation("d", concept(OMOP, "36768749"), valueString="cannot be assessed"), "uncodable"),
        (
            observation("d", concept(OMOP, "36768749"), valueCodeableConcept={"text": "equivocal"}),
            "uncodable",
        ),
        (observation("d", concept(OMOP, "36768749")), "missing"),
        (observation("d", concept(text="Tumour depth"), valueString="superficial and deep"), "uncodable"),
        (observation("d", concept(text="Tumour depth"), valueString="not deep"), "uncodable"),
        (observation("d", concept(text="Tumour depth"), valueQuantity=quantity(3, "cm")), "uncodable"),
        (observation("d", concept(text="Tumour depth"), valueBoolean=True), "uncodable"),
        (observation("d", concept(text="Wound"), valueCodeableConcept=concept(SCT, "795002")), "missing"),
    ],
)
def test_what_is_no_depth(said: Json, why: str) -> None:
    assert fact_of("tumour-depth", sarcoma(), said).why == why


def test_the_depth_as_a_qualifier_of_the_body_site() -> None:
    place = {
        **concept(SCT, "68367000"),
        "extension": [{"url": QUALIFIER, "valueCodeableConcept": concept(SCT, "795002")}],
    }
    assert possible(fact_of("tumour-depth", sarcoma(bodySite=[place]))) == {"deep"}


# --- stage ---------------------------------------------------------------------------------------


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


# --- T, N, M -------------------------------------------------------------------------------------


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


# --- extent of metastases ------------------------------------------------------------------------


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

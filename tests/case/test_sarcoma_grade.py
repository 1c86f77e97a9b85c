"""The grade and depth of a soft-tissue sarcoma, as the record says them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    COLON,
    LOINC,
    OMOP,
    SARCOMA,
    SCT,
    Json,
    case_of,
    concept,
    fact_of,
    observation,
    point,
    possible,
    quantity,
    refer,
    sarcoma,
    stated,
    strictly,
)

NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
QUALIFIER = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-body-location-qualifier"


def grade(code: Json | None = None, id_: str = "grade", **value: Any) -> Json:
    return observation(id_, code or concept(LOINC, "33732-9"), **value)


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

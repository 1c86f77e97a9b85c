"""How a soft-tissue sarcoma was operated on, as the record says it."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICD10CM,
    LOINC,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    margin,
    observation,
    possible,
    procedure,
    refer,
    sarcoma,
    stated,
)

from .sarcoma_treatments import EXCISION, excised

PCS = "http://www.cms.gov/Medicare/Coding/ICD10"


@pytest.mark.parametrize(
    "code",
    [
        EXCISION,
        concept(SCT, "56361007"),
        concept(SCT, "397117006"),  # amputation of lower limb
        concept(SCT, "65854006"),  # re-excision
        concept(PCS, "0KBQ0ZZ"),
        concept(PCS, "0KBP0ZZ"),  # not listed, but of the same table
        concept(PCS, "0Y6C0Z2"),
        concept(text="Wide local excision"),
        concept(text="Above-knee amputation"),
        concept(text="Limb-sparing resection"),
    ],
)
def test_a_resection_for_the_tumour(code: Json) -> None:
    assert possible(fact_of("tumour-resected", sarcoma(), excised("2025-03-01", code))) == {True}


def test_licensed_resections() -> None:
    for code in ("787439005", "62931007", "84539006"):
        assert possible(
            fact_of("tumour-resected", sarcoma(), excised(None, concept(SCT, code)), affiliate=True)
        ) == {True}


def test_a_resection_is_tied_by_its_site() -> None:
    thigh = procedure("op", concept(SCT, "56361007"), "2025-03-01", bodySite=[concept(SCT, "68367000")])
    assert possible(fact_of("tumour-resected", sarcoma(), thigh)) == {True}
    elsewhere = {**thigh, "bodySite": [concept(SCT, "14975008")]}
    assert possible(fact_of("tumour-resected", sarcoma(), elsewhere)) == {False}


def test_an_operation_in_the_same_cavity_is_not_tied_by_it() -> None:
    hernia = procedure("op", EXCISION, "2025-03-01", bodySite=[concept(SCT, "818983003")])
    assert possible(fact_of("tumour-resected", sarcoma("C48.0"), hernia)) == {False}
    there = {**hernia, "bodySite": [concept(SCT, "82849001")]}
    assert possible(fact_of("tumour-resected", sarcoma("C48.0"), there)) == {True}


def test_a_soft_tissue_resection_that_names_neither_reason_nor_site_leaves_it_open() -> None:
    fact = fact_of("tumour-resected", sarcoma(), procedure("op", concept(SCT, "56361007"), "2025-03-01"))
    assert possible(fact) == {True, False}


@pytest.mark.parametrize(
    "done",
    [
        procedure("op", EXCISION, "2025-03-01"),  # of whatever
        procedure("op", EXCISION, "2025-03-01", reasonCode=[concept(ICD10CM, "D25.9")]),
        excised("2025-03-01", status="not-done"),
        excised("2025-03-01", concept(SCT, "86273004")),  # biopsy
        excised("2025-03-01", concept(SCT, "8889005")),  # excisional biopsy
        excised("2025-03-01", concept(PCS, "0KBQ0ZX")),
        excised("2025-03-01", concept(PCS, "0KBP0ZX")),
        excised("2025-03-01", concept(text="Inguinal lymph node dissection")),
        excised("2025-03-01", concept(SCT, "88088007")),
        excised("2025-03-01", concept(SCT, "173171007")),  # lobectomy of lung
        excised("2025-03-01", concept(text="Pulmonary metastasectomy")),
    ],
)
def test_what_is_no_resection_of_the_tumour(done: Json) -> None:
    assert possible(fact_of("tumour-resected", sarcoma(), done)) == {False}


@pytest.mark.parametrize(
    "reason",
    [{"reasonReference": refer("Condition/met")}, {"reasonCode": [concept(ICD10CM, "C78.01")]}],
)
@pytest.mark.parametrize("code", ["232632009", "107963000", "370612006"])
def test_the_resection_of_a_metastasis_is_none_of_the_primary(code: str, reason: Json) -> None:
    met = condition("met", concept(ICD10CM, "C78.01"))
    done = procedure("op", concept(SCT, code), "2025-03-01", **reason)
    assert possible(fact_of("tumour-resected", sarcoma(), met, done)) == {False}


def test_a_liver_resection_for_a_sarcoma_of_the_liver_is_one() -> None:
    assert possible(
        fact_of("tumour-resected", sarcoma("C22.4"), excised("2025-03-01", concept(SCT, "107963000")))
    ) == {True}


@pytest.mark.parametrize("text", ["Unplanned excision of thigh mass", "Whoops procedure"])
def test_an_unplanned_excision(text: str) -> None:
    case = case_of(sarcoma(), excised("2025-03-01", concept(text=text)))
    assert possible(case.facts["unplanned-excision"]) == {True}
    assert possible(case.facts["tumour-resected"]) == {True}
    assert possible(
        fact_of("unplanned-excision", sarcoma(), stated("unplanned-excision", valueBoolean=True))
    ) == {True}
    assert possible(fact_of("unplanned-excision", sarcoma(), excised("2025-03-01"))) == {False}


def test_a_margin_says_that_it_was_resected() -> None:
    case = case_of(sarcoma(), margin("R1"))
    assert possible(case.facts["residual-tumour"]) == {"R1"}
    assert possible(case.facts["tumour-resected"]) == {True}


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("R0, wide margins", True),
        ("Margins negative, widely clear", True),
        ("R0, close margin at the deep edge", False),
    ],
)
def test_how_wide_it_was_removed(text: str, wide: bool) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    assert possible(fact_of("wide-margin", sarcoma(), said)) == {wide}


@pytest.mark.parametrize(
    "text", ["R0", "not a wide margin", "wide margin laterally, close margin at depth", "Margins negative"]
)
def test_a_margin_whose_width_is_not_said(text: str) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    assert not fact_of("wide-margin", sarcoma(), said).known

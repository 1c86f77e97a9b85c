"""What is no evidence of a therapy or of an operation of the tumour."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    COLON,
    ICD10CM,
    LOINC,
    SCT,
    TUMOUR,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    gist,
    margin,
    observation,
    possible,
    present,
    procedure,
    refer,
    request,
    resection,
    statement,
)

# -- therapy for something else --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "why",
    [
        {"reasonReference": refer("Condition/cml")},
        {"reasonCode": [concept(ICD10CM, "C92.10", text="Chronic myeloid leukaemia")]},
        {"reasonCode": [concept(text="CML")]},
        {"reasonReference": refer("#c"), "contained": [condition("c", concept(ICD10CM, "C92.10"))]},
        {"reasonReference": [{"display": "Chronic myeloid leukaemia"}]},
    ],
    ids=["reference", "code", "text", "contained", "display"],
)
def test_imatinib_for_leukaemia_is_no_therapy_of_the_gist(why: Json) -> None:
    cml = condition("cml", concept(ICD10CM, "C92.10"))
    fact = fact_of("current-therapy", gist(), cml, request("im", "imatinib", "2025-01-01", **why))
    assert present(fact) == set()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("MedicationRequest", "cancelled"),
        ("MedicationRequest", "entered-in-error"),
        ("MedicationRequest", "draft"),
        ("MedicationStatement", "not-taken"),
        ("MedicationStatement", "intended"),
        ("MedicationStatement", "entered-in-error"),
    ],
)
def test_a_drug_that_was_not_taken_is_no_therapy(kind: str, status: str) -> None:
    make = request if kind == "MedicationRequest" else statement
    case = case_of(gist(), make("im", "imatinib", "2025-01-01", status))
    assert present(case.facts["prior-therapies"]) == set()
    assert present(case.facts["current-therapy"]) == set()


def test_an_order_not_to_give_is_no_therapy() -> None:
    never = request("im", "imatinib", "2025-01-01", doNotPerform=True)
    assert present(fact_of("current-therapy", gist(), never)) == set()


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_proposed_drug_is_no_therapy(intent: str) -> None:
    proposed = request("im", "imatinib", "2025-01-01", intent=intent)
    assert present(fact_of("current-therapy", gist(), proposed)) == set()


def test_a_drug_not_administered_is_no_therapy() -> None:
    missed = {
        **statement("im", "imatinib", "2025-01-01", "not-done"),
        "resourceType": "MedicationAdministration",
    }
    assert present(fact_of("prior-therapies", gist(), missed)) == set()


# -- surgery ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        concept(text="Laparotomy, resection not possible"),
        concept(text="Exploratory laparotomy without resection"),
        concept(text="Consultation on resection"),
        concept(text="Planning of gastrectomy"),
        concept(text="Excision biopsy"),
        concept(SCT, "8889005", display="Excisional biopsy"),
    ],
    ids=["not-possible", "without", "consultation", "planning", "t-biopsy", "biopsy"],
)
def test_what_is_no_resection_does_not_remove_the_tumour(code: Json) -> None:
    done = procedure("op", code, "2025-03-01", reasonReference=refer(TUMOUR))
    assert possible(fact_of("tumour-resected", gist(), done)) == {False}


@pytest.mark.parametrize("status", ["not-done", "preparation", "in-progress", "stopped", "entered-in-error"])
def test_an_operation_that_was_not_completed_removes_nothing(status: str) -> None:
    assert possible(fact_of("tumour-resected", gist(), resection("2025-03-01", status=status))) == {False}


@pytest.mark.parametrize(
    "why",
    [
        {"reasonReference": refer("Condition/colon")},
        {"reasonCode": [concept(ICD10CM, "K57.30", text="Diverticulitis")]},
        {"reasonCode": [concept(text="Peptic ulcer bleeding")]},
    ],
    ids=["reference", "code", "text"],
)
def test_an_operation_for_something_else_does_not_remove_the_tumour(why: Json) -> None:
    done = procedure("op", concept(SCT, "53442002"), "2025-03-01", **why)
    assert possible(fact_of("tumour-resected", gist(), COLON, done)) == {False}


def test_an_operation_on_another_organ_does_not_remove_the_tumour() -> None:
    """A small bowel resection without a reason is not the removal of a gastric tumour."""
    done = procedure("op", concept(SCT, "107938000"), "2025-03-01")
    assert possible(fact_of("tumour-resected", gist("C49.A2"), done)) != {True}


def test_an_operation_years_before_the_diagnosis_does_not_remove_the_tumour() -> None:
    done = procedure("op", concept(SCT, "49209004"), "1998-03-01")
    assert possible(fact_of("tumour-resected", gist(recordedDate="2025-02-01"), done)) != {True}


@pytest.mark.parametrize("text", ["R0 not achieved", "not R0", "R0 resection not possible", "R0 unlikely"])
def test_a_margin_denied_in_words_is_no_r0(text: str) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    case = case_of(gist(), said)
    assert possible(case.facts["residual-tumour"]) != {"R0"}
    assert possible(case.facts["tumour-resected"]) != {True}


def test_rx_is_no_margin() -> None:
    assert possible(fact_of("residual-tumour", gist(), margin("RX"))) == {"R0", "R1", "R2"}


@pytest.mark.parametrize(
    "name", ["No tumour rupture", "No evidence of tumor rupture", "Absence of tumour rupture"]
)
def test_a_rupture_denied_by_the_name_of_the_question_is_none(name: str) -> None:
    said = observation("r", concept(text=name), valueBoolean=True)
    assert possible(fact_of("tumour-rupture", gist(), said)) != {True}


@pytest.mark.parametrize("value", ["No", "none", "not ruptured", "intact"])
def test_a_rupture_denied_in_words_is_none(value: str) -> None:
    said = observation("r", concept(text="Tumour rupture"), valueString=value)
    assert True not in possible(fact_of("tumour-rupture", gist(), said)) or possible(
        fact_of("tumour-rupture", gist(), said)
    ) == {True, False}

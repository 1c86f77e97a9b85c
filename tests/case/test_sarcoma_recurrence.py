"""Whether and where a soft-tissue sarcoma came back, and what is then of the earlier tumour."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_service.case.fact import Fact
from cds_service.case.vocabulary import FactDefinition, Vocabulary
from cds_service.fhir.record import read_record
from tests.case.chart import (
    ICD10CM,
    PATIENT,
    SCT,
    TODAY,
    Json,
    answered,
    case_of,
    concept,
    condition,
    fact_of,
    margin,
    point,
    possible,
    present,
    sarcoma,
    service,
    size,
    stated,
    statement,
)

from .sarcoma_treatments import excised


@pytest.mark.parametrize("status", ["recurrence", "relapse"])
def test_a_clinical_status_of_recurrence_leaves_open_where(status: str) -> None:
    fact = fact_of("recurrence", sarcoma(clinicalStatus=concept("urn:s", status)))
    assert possible(fact) == {"local", "regional", "distant"}


def test_a_local_recurrence_as_a_condition_of_its_own() -> None:
    again = condition("again", concept(SCT, "314974009"), recordedDate="2025-08-01")
    assert possible(fact_of("recurrence", sarcoma(), again, affiliate=True)) == {"local"}
    anywhere = condition("again", concept(SCT, "1259237005"), recordedDate="2025-08-01")
    assert "none" not in possible(fact_of("recurrence", sarcoma(), anywhere, affiliate=True))


def test_a_place_that_one_record_names_settles_what_another_leaves_open() -> None:
    again = condition("again", concept(SCT, "314974009"), recordedDate="2025-08-01")
    open_ = sarcoma(clinicalStatus=concept("urn:s", "recurrence"))
    assert possible(fact_of("recurrence", open_, again, affiliate=True)) == {"local"}


@pytest.mark.parametrize(
    ("text", "where"),
    [("Liposarcoma of thigh, local recurrence", "local"), ("Regional recurrence of liposarcoma", "regional"),
     ("Distant recurrence of liposarcoma", "distant")],
)  # fmt: skip
def test_a_recurrence_in_words(text: str, where: str) -> None:
    assert possible(fact_of("recurrence", sarcoma(), condition("again", concept(text=text)))) == {where}


@pytest.mark.parametrize(("code", "where"), [("C78.01", "distant"), ("C77.4", "regional")])
def test_a_secondary_cancer_that_recurred(code: str, where: str) -> None:
    met = condition("met", concept(ICD10CM, code), clinicalStatus=concept("urn:s", "recurrence"))
    assert possible(fact_of("recurrence", sarcoma(), met)) == {where}


def test_no_recurrence_recorded_is_none() -> None:
    assert possible(fact_of("recurrence", sarcoma())) == {"none"}


def test_a_dated_recurrence_parts_the_earlier_tumour_from_the_present_one() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        excised("2023-03-01"),
        margin("R0", effectiveDateTime="2023-03-10"),
        size("first", 4, effectiveDateTime="2023-01-15"),
        size("now", 7, effectiveDateTime="2025-08-05"),
        stated("recurrence", value="local", effectiveDateTime="2025-08-01"),
    )
    assert possible(case.facts["recurrence"]) == {"local"}
    assert not case.facts["residual-tumour"].known
    assert point(case.facts["tumour-size-cm"]) == 7


def _again(*records: Json) -> Fact:
    """Whether what came back was resected; read with the fact defined, whichever tables ask for it."""
    chosen = service()
    definition = FactDefinition(
        "recurrence-resected", "boolean", absent=False, queries=("procedures",), wins=(("stated",),)
    )
    vocabulary = Vocabulary({**chosen.extractor.vocabulary.definitions, "recurrence-resected": definition})
    extractor = replace(chosen.extractor, vocabulary=vocabulary)
    case, _ = extractor.extract(read_record(answered(*records), chosen.prefetch), PATIENT, TODAY)
    return case.facts["recurrence-resected"]


RECURRED = stated("recurrence", value="local", effectiveDateTime="2025-08-01")
BACK = sarcoma(recordedDate="2023-01-01", clinicalStatus=concept("urn:s", "recurrence"))


def test_the_resection_before_a_recurrence_did_not_remove_it_and_the_one_after_did() -> None:
    first, second = excised("2023-03-01"), excised("2025-09-01", id_="again")
    tumour = sarcoma(recordedDate="2023-01-01")
    assert possible(_again(tumour, first, RECURRED)) == {False}
    assert possible(_again(tumour, first, second, RECURRED)) == {True}
    assert possible(_again(tumour, first, excised("2025", id_="again"), RECURRED)) == {True, False}
    assert possible(_again(tumour, first, excised(id_="again"), RECURRED)) == {True, False}
    assert possible(_again(tumour, RECURRED)) == {False}


def test_beside_an_undated_recurrence_a_single_resection_is_of_the_earlier_tumour() -> None:
    old, new = (
        size("first", 4, effectiveDateTime="2023-01-15"),
        size("now", 7, effectiveDateTime="2025-08-05"),
    )
    assert point(fact_of("tumour-size-cm", BACK, excised("2023-03-01"), old, new)) == 7
    assert possible(_again(BACK, excised("2023-03-01"))) == {False}


def test_of_two_resections_beside_an_undated_recurrence_it_is_open_which_was_which() -> None:
    again = excised("2025-06-01", id_="again")
    assert possible(_again(BACK, excised("2023-03-01"), again)) == {True, False}


def test_the_size_of_a_recurrence_after_earlier_treatment_is_used() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        statement("a", "doxorubicin", "2023-02-01"),
        size("now", 7, effectiveDateTime="2025-08-05"),
        stated("recurrence", value="local", effectiveDateTime="2025-08-01"),
    )
    assert point(case.facts["tumour-size-cm"]) == 7
    assert present(case.facts["prior-therapies"]) == {"doxorubicin"}


def test_a_distant_recurrence_leaves_the_primary_resected() -> None:
    case = case_of(
        sarcoma(recordedDate="2023-01-01"),
        excised("2023-03-01"),
        stated("recurrence", value="distant", effectiveDateTime="2025-08-01"),
    )
    assert possible(case.facts["tumour-resected"]) == {True}


def test_remission() -> None:
    assert case_of(sarcoma(clinicalStatus=concept("urn:s", "remission"))).in_remission

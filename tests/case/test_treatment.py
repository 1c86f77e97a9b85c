"""Drugs before and after surgery, resections and margins."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    ICD10CM,
    INTENT,
    LOINC,
    SCT,
    TUMOUR,
    Json,
    case_of,
    concept,
    excluded,
    fact_of,
    gist,
    margin,
    observation,
    point,
    possible,
    present,
    procedure,
    read,
    refer,
    request,
    resection,
    size,
    stated,
    statement,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


# --- which drug ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [
        {"medicationCodeableConcept": concept(RXNORM, "282388")},
        {"medicationCodeableConcept": concept("http://www.whocc.no/atc", "L01EA01")},
        {"medicationCodeableConcept": concept("http://www.whocc.no/atc", "L01XE01")},
        {"medicationCodeableConcept": concept("urn:local", "77", display="Gleevec 400 mg tablet")},
        {"medicationCodeableConcept": concept(text="imatinib 400 mg tab")},
        {"medicationReference": {"reference": "#m"}, "contained": [
            {"resourceType": "Medication", "id": "m", "code": {"text": "imatinib"}}]},
        {"medicationReference": {"reference": "Medication/x", "display": "Imatinib 100 mg"}},
    ],
    ids=["rxnorm", "atc", "atc-old", "display", "text", "contained", "reference-display"],
)  # fmt: skip
def test_a_drug_in_every_encoding(named: Json) -> None:
    order = request("im", "", "2025-01-01")
    del order["medicationCodeableConcept"]
    assert present(fact_of("current-therapy", gist(), {**order, **named})) == {"imatinib"}


@pytest.mark.parametrize("text", ["Avoid imatinib", "Allergy to imatinib", "No imatinib"])
def test_a_drug_that_a_text_advises_against_is_not_taken(text: str) -> None:
    assert present(fact_of("current-therapy", gist(), request("im", text, "2025-01-01"))) == set()


@pytest.mark.parametrize(("status", "fact"), [("active", "current-therapy"), ("stopped", "prior-therapies"),
                                              ("completed", "prior-therapies")])  # fmt: skip
def test_status_tells_current_from_earlier(status: str, fact: str) -> None:
    case = case_of(gist(), request("im", "imatinib", "2025-01-01", status))
    assert present(case.facts[fact]) == {"imatinib"}
    other = {"current-therapy", "prior-therapies"} - {fact}
    assert present(case.facts[other.pop()]) == set()


def test_the_draft_of_the_call_is_no_therapy() -> None:
    draft = request("rx", "imatinib", "2025-01-01", "active")
    case, drafts = read(gist(), draft, drafts=({**draft, "status": "draft"},))
    assert [d.item for d in drafts] == ["imatinib"]
    assert present(case.facts["current-therapy"]) == set()


# --- against surgery -----------------------------------------------------------------------------


def test_a_drug_before_the_resection_was_neoadjuvant() -> None:
    fact = fact_of(
        "neoadjuvant-therapy", gist(), statement("im", "imatinib", "2025-01-01"), resection("2025-06-01")
    )
    assert present(fact) == {"imatinib"}


def test_a_drug_after_the_resection_was_not() -> None:
    fact = fact_of(
        "neoadjuvant-therapy", gist(), statement("im", "imatinib", "2025-07-01"), resection("2025-06-01")
    )
    assert excluded(fact, "imatinib")


def test_a_drug_without_surgery_was_not() -> None:
    assert excluded(
        fact_of("neoadjuvant-therapy", gist(), statement("im", "imatinib", "2025-01-01")), "imatinib"
    )


@pytest.mark.parametrize(
    ("given", "operated"),
    [(None, "2025-06-01"), ("2025-01-01", None), (None, None), ("2025", "2025-06-01"), ("2025-06", "2025-06-15"),
     ("2025-06-15", "2025-06"), ("2025-06-15", "2025")],
)  # fmt: skip
def test_a_drug_that_may_have_been_either_leaves_it_open(given: str | None, operated: str | None) -> None:
    """Neither neoadjuvant nor known not to be: the patient's group hangs on it."""
    fact = fact_of("neoadjuvant-therapy", gist(), statement("im", "imatinib", given), resection(operated))
    assert present(fact) == set()
    assert not excluded(fact, "imatinib")


def test_a_stated_neoadjuvant_intent_needs_no_dates() -> None:
    meant = [{"url": INTENT, "valueCodeableConcept": concept(SCT, "373847000")}]
    fact = fact_of("neoadjuvant-therapy", gist(), request("im", "imatinib", extension=meant), resection())
    assert present(fact) == {"imatinib"}


ASSERTED = {"dateAsserted": "2025-07-01"}
ENDED = {"effectivePeriod": {"end": "2025-07-01"}}


@pytest.mark.parametrize("told", [ASSERTED, ENDED], ids=["asserted", "end of the period"])
def test_a_later_date_is_not_the_beginning(told: Json) -> None:
    """14: it may have been taken before the resection, so the specimen says nothing of the risk."""
    taken = statement("im", "imatinib", **told)
    measured = size(cm=4, effectiveDateTime="2025-06-02")
    case = case_of(gist(), taken, measured, resection("2025-06-01"), margin("R0"))

    assert not excluded(case.facts["neoadjuvant-therapy"], "imatinib")
    assert present(case.facts["adjuvant-therapy"]) == set()
    assert possible(case.facts["adjuvant-completed"]) == {True, False}
    assert case.facts["tumour-size-cm"].remarks == ("timing-unclear",)


@pytest.mark.parametrize("told", [ASSERTED, ENDED], ids=["asserted", "end of the period"])
def test_what_was_told_before_the_resection_was_begun_before_it(told: Json) -> None:
    case = case_of(gist(), statement("im", "imatinib", **told), resection("2025-08-01"))

    assert present(case.facts["neoadjuvant-therapy"]) == {"imatinib"}


def test_the_date_of_the_beginning_counts_before_the_one_on_which_it_was_told() -> None:
    taken = statement("im", "imatinib", "2025-06-15", dateAsserted="2025-01-01")
    case = case_of(gist(), taken, size(cm=4, effectiveDateTime="2025-06-02"), resection("2025-06-01"))

    assert present(case.facts["adjuvant-therapy"]) == {"imatinib"}
    assert possible(case.facts["adjuvant-completed"]) == {True}
    assert point(case.facts["tumour-size-cm"]) == 4


@pytest.mark.parametrize("margin_said", [margin("R0"), stated("tumour-resected", valueBoolean=True)])
def test_a_resection_known_only_by_its_margin_leaves_it_open(margin_said: Json) -> None:
    fact = fact_of("neoadjuvant-therapy", gist(), statement("im", "imatinib", "2025-01-01"), margin_said)
    assert not excluded(fact, "imatinib")


# --- resections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "done",
    [
        resection("2025-06-01"),
        procedure("op", concept(SCT, "49209004"), "2025-06-01"),
        procedure("op", concept(SCT, "65801008"), "2025-06-01", reasonReference=refer(TUMOUR)),
        procedure("op", concept(text="Wedge resection"), "2025-06-01", reasonReference=refer(TUMOUR)),
        procedure("op", concept(SCT, "370612006"), "2025-06-01", reasonCode=[concept(ICD10CM, "C49.A2")]),
    ],
    ids=["reason", "organ", "generic-with-reason", "text", "reason-code"],
)
def test_a_resection_tied_to_the_tumour(done: Json) -> None:
    assert possible(fact_of("tumour-resected", gist(), done)) == {True}


def test_a_generic_excision_without_a_reason_is_none() -> None:
    done = procedure("op", concept(SCT, "65801008"), "2025-06-01")
    assert possible(fact_of("tumour-resected", gist(), done)) == {False}


# --- margins -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["R0", "R1", "R2"])
def test_a_margin_as_a_code(status: str) -> None:
    case = case_of(gist(), margin(status))
    assert possible(case.facts["residual-tumour"]) == {status}
    assert possible(case.facts["tumour-resected"]) == {True}


@pytest.mark.parametrize("code", ["17964000", "445200009", "277062004"])
def test_the_other_codes_of_the_question(code: str) -> None:
    said = observation("m", concept(SCT, code), valueCodeableConcept=concept(SCT, "278271003"))
    assert possible(fact_of("residual-tumour", gist(), said, affiliate=True)) == {"R1"}


@pytest.mark.parametrize(
    "said",
    [
        observation("m", concept(text="Resection margins"), valueString="R1"),
        observation("m", concept(LOINC, "84892-9"), valueCodeableConcept=concept("urn:mii", "x", text="R1")),
    ],
    ids=["string", "text"],
)
def test_a_margin_in_words(said: Json) -> None:
    assert possible(fact_of("residual-tumour", gist(), said)) == {"R1"}


def test_no_margin_is_unknown() -> None:
    assert fact_of("residual-tumour", gist(), resection("2025-06-01")).why == "missing"


def test_two_margins_of_one_day_conflict() -> None:
    on: dict[str, Any] = {"effectiveDateTime": "2025-06-01"}
    fact = fact_of("residual-tumour", gist(), margin("R0", "a", **on), margin("R2", "b", **on))
    assert fact.why == "conflicting"
    assert possible(fact) == {"R0", "R2"}


# --- drafts --------------------------------------------------------------------------------------


def test_a_draft_for_leukaemia_is_for_something_else() -> None:
    draft = request("rx", "imatinib", status="draft", reasonCode=[concept(text="Chronic myeloid leukaemia")])
    _, drafts = read(gist(), drafts=(draft,))
    assert [d.indication for d in drafts] == ["other"]


def test_a_tumour_said_to_be_still_there_makes_no_drug_neoadjuvant() -> None:
    """A statement that it was not resected is no resection."""
    still = stated("tumour-resected", valueBoolean=False)
    fact = fact_of("neoadjuvant-therapy", gist(), statement("im", "imatinib", "2025-01-01"), still)
    assert excluded(fact, "imatinib")
    assert "timing-unclear" not in fact.remarks

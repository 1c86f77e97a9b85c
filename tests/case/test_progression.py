"""What a disease status says of growth, and on which drug: its date against those of the drugs."""

from __future__ import annotations

from typing import Any

import pytest

from .chart import LOINC, SCT, Json, concept, fact_of, gist, observation, possible, request, stated

GROWS = {"limited", "generalised"}
OPEN = {"none", *GROWS}

WORSE = concept(SCT, "271299001")


def worse(on: str | None) -> Json:
    dated = {"effectiveDateTime": on} if on else {}
    return observation("status", concept(LOINC, "97509-4"), valueCodeableConcept=WORSE, **dated)


IMATINIB_BEFORE = request("imatinib", "imatinib", "2024-02-01", status="stopped")


def test_growth_on_the_drug_that_is_taken_is_progression() -> None:
    found = fact_of("progression", gist(), worse("2025-06-01"), request("imatinib", "imatinib", "2024-02-01"))

    assert possible(found) == {"limited", "generalised"}


def test_growth_before_the_drug_that_is_taken_leaves_open_whether_it_grows_on_that() -> None:
    """8: the progression was on imatinib; of sunitinib, begun after it, the record says nothing yet."""
    chart = (gist(), IMATINIB_BEFORE, worse("2025-06-01"), request("sunitinib", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"none", "limited", "generalised"}
    assert fact_of("progression", *chart).remarks == ("before-current-drug",)
    assert possible(fact_of("treatment-response", *chart)) == {"response", "stable", "progression"}


def test_a_stated_extent_of_older_growth_is_kept_beside_none() -> None:
    limited = stated("progression", value="limited", effectiveDateTime="2025-06-01")
    found = fact_of("progression", gist(), IMATINIB_BEFORE, limited, request("s", "sunitinib", "2025-07-01"))

    assert possible(found) == {"none", "limited"}


def test_a_newer_status_speaks_for_the_drug_that_is_taken() -> None:
    chart = (gist(), IMATINIB_BEFORE, worse("2025-09-01"), request("s", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


@pytest.mark.parametrize(
    ("status_on", "begun"),
    [("2025-07", "2025-07-15"), (None, "2025-07-01"), ("2025-06-01", None)],
    ids=["overlapping dates", "status without date", "drug without date"],
)
def test_unclear_dates_keep_the_progression(status_on: str | None, begun: str | None) -> None:
    chart = (gist(), worse(status_on), request("s", "sunitinib", begun))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


def test_an_older_record_of_the_same_drug_shows_that_it_was_taken_then() -> None:
    """A renewal is dated after the growth, the first prescription before it."""
    first = request("s-1", "sunitinib", "2025-01-01", status="completed")
    chart = (gist(), first, worse("2025-06-01"), request("s-2", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


def test_drugs_that_were_only_taken_earlier_change_nothing() -> None:
    found = fact_of("progression", gist(), IMATINIB_BEFORE, worse("2023-06-01"))

    assert possible(found) == {"limited", "generalised"}


def status(on: str | None = "2025-06-01", id_: str = "status", **value: Any) -> Json:
    dated = {"effectiveDateTime": on} if on else {}
    return observation(id_, concept(LOINC, "97509-4"), **value, **dated)


def in_words(text: str, on: str | None = "2025-06-01") -> Json:
    return status(on, valueString=text)


LOCAL = concept("https://fhir.example.org/codeSet/1", "77", display="Progressive disease", text="PD")
UNREAD = {
    "local code": status(valueCodeableConcept=concept("urn:local", "77")),
    "words of something else": in_words("see report"),
    "both": in_words("PD in the liver, SD elsewhere"),
    "denied": in_words("no progressive disease"),
    "doubted": in_words("possible PD"),
    "asked": in_words("progressive disease?"),
    "to come": in_words("Continue imatinib until PD"),
    "of earlier": in_words("stable disease since last scan"),
    "stable, but": in_words("stable disease, new lesion in the liver"),
    "no longer stable": in_words("no longer stable disease"),
    "small letters": in_words("sd"),
    "survival": in_words("progression-free"),
    "undetermined": status(valueCodeableConcept=concept(SCT, "709137006")),
    "not known": status(dataAbsentReason=concept("urn:d", "unknown")),
}


@pytest.mark.parametrize("said", UNREAD.values(), ids=UNREAD)
@pytest.mark.parametrize("affiliate", [False, True])
def test_a_status_that_cannot_be_read_is_not_no_progression(said: Json, *, affiliate: bool) -> None:
    """10: absence means none only where there is no record."""
    found = fact_of("progression", gist(), said, affiliate=affiliate)

    assert possible(found) == OPEN
    assert found.why == "uncodable"
    assert [e.resource for e in found.evidence] == ["Observation/status"]
    assert fact_of("treatment-response", gist(), said).why == "uncodable"


@pytest.mark.parametrize(
    "said",
    [
        status(valueCodeableConcept=concept(text="Progressive disease")),
        status(valueCodeableConcept=LOCAL),
        in_words("PD per RECIST 1.1, new peritoneal lesions"),
        in_words("Disease progression"),
        in_words("Patient's condition worsened"),
    ],
)
def test_growth_in_words(said: Json) -> None:
    assert possible(fact_of("progression", gist(), said)) == GROWS
    assert possible(fact_of("treatment-response", gist(), said)) == {"progression"}


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("Stable disease", "stable"),
        ("SD (RECIST 1.1)", "stable"),
        ("Patient's condition stable", "stable"),
        ("Partial response (PR) per RECIST", "response"),
        ("PR", "response"),
        ("Complete response", "response"),
        ("CR by mRECIST", "response"),
    ],
)
def test_no_growth_in_words(text: str, response: str) -> None:
    assert possible(fact_of("progression", gist(), in_words(text))) == {"none"}
    assert possible(fact_of("treatment-response", gist(), in_words(text))) == {response}


def test_no_evidence_of_disease_is_no_growth() -> None:
    said = status(valueCodeableConcept=concept(SCT, "58899004"))

    assert possible(fact_of("progression", gist(), said, affiliate=True)) == {"none"}


def test_without_a_status_there_is_none() -> None:
    assert possible(fact_of("progression", gist())) == {"none"}


@pytest.mark.parametrize("on", ["2025-08-01", None])
def test_a_newer_status_that_cannot_be_read_leaves_open_what_an_older_says(on: str | None) -> None:
    """The newest disease status counts, and nobody knows what it says."""
    older = status("2025-06-01", "older", valueString="SD")
    found = fact_of("progression", gist(), older, in_words("see report", on))

    assert possible(found) == OPEN
    assert found.why == "uncodable"


def test_a_newer_status_that_can_be_read_settles_it() -> None:
    newer = status("2025-08-01", "newer", valueString="SD")
    found = fact_of("progression", gist(), in_words("see report"), newer)

    assert possible(found) == {"none"}
    assert (found.why, [e.resource for e in found.evidence]) == (None, ["Observation/newer"])


@pytest.mark.parametrize("on", ["2025-06-01", "2025-06", None])
def test_a_stated_extent_says_more_exactly_what_a_status_of_worse_says(on: str | None) -> None:
    """12: records that do not contradict each other do not conflict."""
    dated = {"effectiveDateTime": on} if on else {}
    found = fact_of(
        "progression", gist(), worse("2025-06-01"), stated("progression", value="generalised", **dated)
    )

    assert (possible(found), found.why, found.overruled) == ({"generalised"}, None, ())
    assert {e.resource for e in found.evidence} == {"Observation/status", "Observation/stated-progression"}


def test_a_status_of_worse_and_a_stated_none_of_one_day_conflict() -> None:
    none = stated("progression", value="none", effectiveDateTime="2025-06-01")
    found = fact_of("progression", gist(), worse("2025-06-01"), none)

    assert (possible(found), found.why) == (OPEN, "conflicting")


def test_a_newer_status_of_worse_outranks_an_older_extent() -> None:
    limited = stated("progression", value="limited", effectiveDateTime="2025-05-01")

    assert possible(fact_of("progression", gist(), limited, worse("2025-06-01"))) == GROWS

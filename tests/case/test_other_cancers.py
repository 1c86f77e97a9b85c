"""Other cancers in the record, within five years or not.

`TODAY` of the charts is 1 December 2025.
"""

from __future__ import annotations

from datetime import date

import pytest

from cds_service.case.extract.eligibility import years_before
from tests.case.chart import (
    ICD10CM,
    ICD10GM,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    possible,
    stated,
)

from .eligibility_records import over, undecided

CANCER = "other-malignancy-within-five-years"
BREAST = concept(ICD10CM, "C50.919")


def test_silence_about_other_cancers_says_nothing() -> None:
    assert fact_of(CANCER, gist()).why == "missing"


@pytest.mark.parametrize(
    "onset",
    ["2020-12-01", "2020-12-02", "2025-11-30", "2021", "2020-12"],
)
def test_a_cancer_that_began_at_most_five_years_ago_is_a_yes(onset: str) -> None:
    """Five years to the day included; a month or a year counts if all of it lies inside."""
    found = fact_of(CANCER, gist(), condition("breast", BREAST, onsetDateTime=onset, **over()))

    assert possible(found) == {True}
    assert [e.resource for e in found.evidence] == ["Condition/breast"]


@pytest.mark.parametrize("onset", ["2020-11-30", "2020-11", "2019", "1998-03-04"])
def test_a_cancer_over_five_years_ago_that_is_over_says_nothing(onset: str) -> None:
    found = fact_of(CANCER, gist(), condition("breast", BREAST, onsetDateTime=onset, **over("resolved")))

    assert (found.why, found.evidence) == ("missing", ())


def test_a_year_that_holds_the_boundary_leaves_it_open() -> None:
    found = fact_of(CANCER, gist(), condition("breast", BREAST, onsetDateTime="2020", **over()))

    assert found.why == "uncodable"
    assert [e.resource for e in found.evidence] == ["Condition/breast"]


def test_an_active_cancer_is_a_yes_however_old() -> None:
    assert possible(fact_of(CANCER, gist(), condition("breast", BREAST, onsetDateTime="2009-05-01"))) == {
        True
    }


@pytest.mark.parametrize(
    ("recorded", "why"), [("2024-02-01", "uncodable"), ("2015-02-01", "missing"), (None, "uncodable")]
)
def test_a_cancer_that_is_over_without_an_onset(recorded: str | None, why: str) -> None:
    """It may have been entered long after it began; entered long ago it began even before."""
    dated = {"recordedDate": recorded} if recorded else {}

    assert fact_of(CANCER, gist(), condition("breast", BREAST, **dated, **over())).why == why


@pytest.mark.parametrize(
    "code",
    [
        # the same tumour under a less exact code: the organ in which it sits, a sarcoma, an unspecified cancer
        concept(ICD10CM, "C16.9"),
        concept(ICD10CM, "C49.9"),
        concept(ICD10CM, "C80.1"),
        concept(ICD10CM, "C78.7"),
        concept(SCT, "363346000", display="Malignant neoplastic disease"),
        # words alone
        concept(text="history of breast carcinoma"),
        # no cancer
        concept(ICD10CM, "D25.9"),
        concept(ICD10CM, "E11.9"),
    ],
)
def test_what_need_not_be_another_cancer_is_no_yes(code: Json) -> None:
    assert undecided(CANCER, condition("other", code, onsetDateTime="2025-01-01"))


def test_a_national_edition_of_icd_10_counts() -> None:
    found = fact_of(CANCER, gist(), condition("lung", concept(ICD10GM, "C34.1"), onsetDateTime="2024-01-01"))

    assert possible(found) == {True}


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error", "unconfirmed", "differential"])
def test_a_cancer_that_is_in_doubt_is_no_evidence(verification: str) -> None:
    doubted = condition(
        "breast",
        BREAST,
        onsetDateTime="2024-01-01",
        verificationStatus=concept(
            "http://terminology.hl7.org/CodeSystem/condition-ver-status", verification
        ),
    )

    assert fact_of(CANCER, gist(), doubted).why == "missing"


def test_a_cancer_of_somebody_else_is_no_evidence() -> None:
    other = condition("breast", BREAST, onsetDateTime="2024-01-01", subject={"reference": "Patient/other"})

    assert fact_of(CANCER, gist(), other).why == "missing"


def test_a_coded_cancer_outranks_a_statement_that_there_is_none() -> None:
    said = stated(CANCER, valueBoolean=False, effectiveDateTime="2025-11-30")
    found = fact_of(CANCER, gist(), said, condition("breast", BREAST, onsetDateTime="2024-01-01", **over()))

    assert possible(found) == {True}
    assert [e.resource for e in found.overruled] == [f"Observation/stated-{CANCER}"]


@pytest.mark.parametrize(
    ("today", "then"),
    [
        (date(2026, 11, 2), date(2021, 11, 2)),
        (date(2028, 2, 29), date(2023, 2, 28)),
        (date(2024, 2, 29), date(2019, 2, 28)),
    ],
)
def test_five_years_before(today: date, then: date) -> None:
    assert years_before(today, 5) == then

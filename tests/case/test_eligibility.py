"""What records say of the questions that a trial asks: other cancers, ASA class, pregnancy, part in a study.

`TODAY` of the charts is 1 December 2025.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.case.extract.eligibility import years_before
from tests.case.chart import (
    ICD10CM,
    ICD10GM,
    LOINC,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    observation,
    point,
    possible,
    request,
    stated,
    statement,
)

CANCER = "other-malignancy-within-five-years"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
BREAST = concept(ICD10CM, "C50.919")


def over(status: str = "remission") -> Json:
    return {"clinicalStatus": concept(CLINICAL, status)}


def undecided(name: str, *records: Json, affiliate: bool = False) -> bool:
    return not fact_of(name, gist(), *records, affiliate=affiliate).known


# -- other cancers -----------------------------------------------------------------------------------


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


# -- ASA class ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "asa"),
    [("413495001", 1), ("413496000", 2), ("413497009", 3), ("413498004", 4), ("413499007", 5)],
)
def test_asa_class_by_its_snomed_codes(code: str, asa: int) -> None:
    said = observation("asa", concept(SCT, "413347006"), valueCodeableConcept=concept(SCT, code))

    assert point(fact_of("asa-class", gist(), said, affiliate=True)) == asa
    # licensed ids are not read unless the licence is stated
    assert undecided("asa-class", said)


@pytest.mark.parametrize(
    ("value", "asa"),
    [
        ({"valueInteger": 2}, 2),
        ({"valueQuantity": {"value": 3}}, 3),
        ({"valueString": "ASA II"}, 2),
        ({"valueString": "III"}, 3),
        ({"valueString": "asa class 4E"}, 4),
        ({"valueCodeableConcept": {"text": "ASA 1"}}, 1),
    ],
)
def test_asa_class_by_its_name(value: Json, asa: int) -> None:
    assert point(fact_of("asa-class", gist(), observation("asa", concept(text="ASA class"), **value))) == asa


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 0},
        {"valueInteger": 7},
        {"valueQuantity": {"value": 2.5}},
        {"valueQuantity": {"value": 3, "comparator": "<"}},
        {"valueString": "ASA II-III"},
        {"valueString": "IIII"},
        {"valueString": "unknown"},
        {},
    ],
)
def test_an_asa_class_that_is_none_stays_unknown(value: Json) -> None:
    found = fact_of("asa-class", gist(), observation("asa", concept(text="ASA score"), **value))

    assert (point(found), found.why) == (None, "uncodable")


def test_acetylsalicylic_acid_is_no_asa_class() -> None:
    assert (
        fact_of("asa-class", gist(), observation("asa", concept(text="ASA"), valueInteger=2)).why == "missing"
    )


def test_two_asa_classes_of_one_day_on_either_side_of_the_limit_are_conflicting() -> None:
    both = [
        observation(f"asa-{n}", concept(text="ASA class"), valueInteger=n, effectiveDateTime="2025-11-01")
        for n in (2, 3)
    ]

    assert fact_of("asa-class", gist(), *both).why == "conflicting"


@pytest.mark.parametrize("value", [0, 7])
def test_a_stated_asa_class_outside_the_scale_is_not_used(value: int) -> None:
    assert undecided("asa-class", stated("asa-class", valueInteger=value))


# -- pregnancy and breast-feeding --------------------------------------------------------------------


def pregnancy(code: str, **members: Any) -> Json:
    """A pregnancy status by LOINC."""
    dated = {"effectiveDateTime": "2025-11-20", **members}
    value = {"valueCodeableConcept": concept(SCT, code)}
    return observation("preg", concept(LOINC, "82810-3"), **value, **dated)


def test_silence_about_pregnancy_says_nothing() -> None:
    assert fact_of("pregnancy", gist()).why == "missing"


@pytest.mark.parametrize(("code", "said"), [("77386006", True), ("60001007", False)])
def test_a_pregnancy_status(code: str, said: bool) -> None:
    assert possible(fact_of("pregnancy", gist(), pregnancy(code))) == {said}


@pytest.mark.parametrize(
    "code",
    [
        concept(SCT, "77386006"),
        concept(ICD10CM, "Z33.1"),
        concept(ICD10CM, "Z34.90"),
        concept(ICD10CM, "O09.90"),
    ],
)
def test_a_pregnancy_as_a_condition(code: Json) -> None:
    found = fact_of("pregnancy", gist(), condition("preg", code, recordedDate="2025-09-01"))

    assert possible(found) == {True}


@pytest.mark.parametrize(
    ("code", "when", "known"),
    [
        # 28 days for a no, 294 for a yes
        ("60001007", "2025-11-03", True),
        ("60001007", "2025-11-02", False),
        ("77386006", "2025-02-10", True),
        ("77386006", "2025-02-09", False),
    ],
)
def test_a_pregnancy_status_ages(code: str, when: str, known: bool) -> None:
    found = fact_of("pregnancy", gist(), pregnancy(code, effectiveDateTime=when))

    assert found.known is known
    assert found.why == (None if known else "uncodable")


def test_a_pregnancy_status_without_a_date_says_nothing_of_today() -> None:
    assert undecided("pregnancy", pregnancy("60001007", effectiveDateTime=None))
    assert undecided("pregnancy", condition("preg", concept(ICD10CM, "Z33.1")))


def test_a_pregnancy_that_is_over_is_no_evidence() -> None:
    ended = condition("preg", concept(ICD10CM, "Z33.1"), recordedDate="2025-09-01", **over("resolved"))

    assert fact_of("pregnancy", gist(), ended).why == "missing"


def test_the_newest_pregnancy_status_counts() -> None:
    found = fact_of(
        "pregnancy",
        gist(),
        condition("preg", concept(ICD10CM, "Z33.1"), recordedDate="2025-09-01"),
        pregnancy("60001007"),
    )

    assert possible(found) == {False}


def test_an_old_statement_of_breast_feeding_says_nothing_of_today() -> None:
    assert undecided("lactation", stated("lactation", valueBoolean=False, effectiveDateTime="2025-10-01"))
    assert possible(
        fact_of("lactation", gist(), stated("lactation", valueBoolean=False, effectiveDateTime="2025-11-20"))
    ) == {False}


# -- part in a study ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [concept(SCT, "428024001"), concept(ICD10CM, "Z00.6")])
@pytest.mark.parametrize("status", ["active", "resolved"])
def test_a_participant_of_a_study_past_or_present(code: Json, status: str) -> None:
    found = fact_of("trial-participation", gist(), condition("study", code, **over(status)))

    assert possible(found) == {True}


def test_a_participant_as_an_observation() -> None:
    said = observation("study", concept(text="Study"), valueCodeableConcept=concept(SCT, "428024001"))

    assert possible(fact_of("trial-participation", gist(), said)) == {True}


@pytest.mark.parametrize("code", ["399223003", "444734003"])
def test_eligible_for_some_trial_is_no_part_in_one(code: str) -> None:
    said = condition("study", concept(SCT, code))

    assert fact_of("trial-participation", gist(), said, affiliate=True).why == "missing"


# -- illnesses whose severity only a person can judge ------------------------------------------------


@pytest.mark.parametrize("code", ["I50.9", "N18.4", "E11.9", "K74.60", "K72.10", "A41.9"])
def test_a_recorded_illness_leaves_its_severity_open_and_is_named(code: str) -> None:
    ill = condition("ill", concept(ICD10CM, code))
    found = fact_of("serious-comorbidity", gist(), ill)

    assert found.why == "uncodable"
    assert [e.resource for e in found.evidence] == ["Condition/ill"]
    # a statement settles it
    said = stated("serious-comorbidity", valueBoolean=False)
    assert possible(fact_of("serious-comorbidity", gist(), ill, said)) == {False}


def test_an_illness_that_is_over_is_not_named() -> None:
    healed = condition("ill", concept(ICD10CM, "A41.9"), **over("resolved"))

    assert fact_of("serious-comorbidity", gist(), healed).why == "missing"


def test_other_illness_that_rules_surgery_out_is_serious() -> None:
    said = stated("comorbidity-prohibits-resection", valueBoolean=True)

    assert possible(fact_of("serious-comorbidity", gist(), said)) == {True}
    # that it does not rule it out is no statement about severity
    assert undecided("serious-comorbidity", stated("comorbidity-prohibits-resection", valueBoolean=False))


def test_a_recorded_bleeding_leaves_its_cause_open() -> None:
    found = fact_of("tumour-complication", gist(), condition("bleed", concept(ICD10CM, "K92.2")))

    assert found.why == "uncodable"
    assert [e.resource for e in found.evidence] == ["Condition/bleed"]


# -- progression on imatinib -------------------------------------------------------------------------


def progressing(when: str | None) -> Json:
    dated = {"effectiveDateTime": when} if when else {}
    return stated("progression", value="limited", **dated)


@pytest.mark.parametrize(
    ("drugs", "when", "shown"),
    [
        ([statement("im", "imatinib", "2024-01-10", "active")], "2025-10-01", True),
        ([request("im", "imatinib", "2024-01-10")], "2025-10-01", True),
        # on the day of the start, before it, or without a date
        ([statement("im", "imatinib", "2025-10-01", "active")], "2025-10-01", False),
        ([statement("im", "imatinib", "2025", "active")], "2025-10-01", False),
        ([statement("im", "imatinib", "2025-11-01", "active")], "2025-10-01", False),
        ([statement("im", "imatinib", None, "active")], "2025-10-01", False),
        ([statement("im", "imatinib", "2024-01-10", "active")], None, False),
        # imatinib that is over: the progression may have come afterwards
        ([statement("im", "imatinib", "2024-01-10", "completed")], "2025-10-01", False),
        # an earlier course does not date the present one
        (
            [
                statement("one", "imatinib", "2020-01-10", "completed"),
                statement("two", "imatinib", "2025-11-01", "active"),
            ],
            "2025-10-01",
            False,
        ),
        ([statement("su", "sunitinib", "2024-01-10", "active")], "2025-10-01", False),
        ([], "2025-10-01", False),
    ],
)
def test_progression_on_imatinib_is_shown_by_dates(drugs: list[Json], when: str | None, shown: bool) -> None:
    found = fact_of("progression-on-imatinib", gist(), *drugs, progressing(when))

    assert found.known is shown
    if shown:
        assert possible(found) == {True}


def test_no_progression_shows_nothing() -> None:
    stable = stated("progression", value="none", effectiveDateTime="2025-10-01")
    taken = statement("im", "imatinib", "2024-01-10", "active")

    assert fact_of("progression-on-imatinib", gist(), taken, stable).why == "missing"


def test_a_damaged_record_of_an_illness_that_decides_nothing_costs_nothing() -> None:
    """A Condition of diabetes that does not decode leaves the tumour's own facts as they are."""
    broken = condition("dm", concept(ICD10CM, "E11.9"), recordedDate=7)

    assert fact_of("m-category", gist(), broken).known
    assert not fact_of("m-category", gist(), condition("x", concept(ICD10CM, "C78.7"), recordedDate=7)).known

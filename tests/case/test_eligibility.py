"""What records say of other questions that a trial asks: part in a study, illnesses, progression on imatinib.

`TODAY` of the charts is 1 December 2025.
"""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICD10CM,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    observation,
    possible,
    request,
    stated,
    statement,
)

from .eligibility_records import over, undecided

# -- part in a study -------------------------------------------------------------------------------------


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


# -- illnesses whose severity only a person can judge ----------------------------------------------------


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


# -- progression on imatinib -----------------------------------------------------------------------------


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

"""Pregnancy and breast-feeding in the record: how long a status counts.

`TODAY` of the charts is 1 December 2025.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    ICD10CM,
    LOINC,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    observation,
    possible,
    stated,
)

from .eligibility_records import over, undecided


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

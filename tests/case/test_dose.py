"""The daily dose of a prescription. Above 400 mg imatinib is another option, so a dose must not be read too low."""

from __future__ import annotations

from typing import Any

import pytest

from .chart import Json, fact_of, gist, possible, read, request

GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
MG_400: Json = {"doseAndRate": [{"doseQuantity": {"value": 400, "unit": "mg"}}]}


def draft_of(dosage: Json | list[Json], drug: str = "imatinib 400 mg tablet") -> Any:
    lines = dosage if isinstance(dosage, list) else [dosage]
    _, drafts = read(gist(), drafts=(request("rx", drug, status="draft", dosageInstruction=lines),))
    return drafts[0]


def repeat(**members: Any) -> Json:
    return {**MG_400, "timing": {"repeat": members}}


def tablets(count: float, **members: Any) -> Json:
    return {"doseAndRate": [{"doseQuantity": {"value": count, "unit": "tablet"}}], **members}


@pytest.mark.parametrize(
    "text",
    [
        "400 mg BD",
        "400 mg twice daily",
        "400 mg bds",
        "400mg PO q12h",
        "400 mg q12 hrs",
        "400 mg every 12 hours",
        "400 mg every twelve hours",
        "400 mg 12-hourly",
        "400 mg 2 times daily",
        "Take 1 tablet (400 mg total) by mouth 2 (two) times a day.",
        "Take 400 mg by mouth every 12 (twelve) hours.",
        "400 mg x2 daily",
        "400 mg two times a day",
        "400 mg in the morning and 400 mg in the evening",
        "400 mg mane and nocte",
        "400 mg twice daily, morning and evening",
        "400 mg 1-0-1",
        "1-0-1",
        "2 tablets daily",
        "1 tablet twice daily",
        "2 tablets of 400 mg daily",
        "2 x 400 mg daily",
        "800 mg daily in two divided doses",
        "800 mg daily for 30 days",
        "800 mg daily x 30 days",
    ],
)
def test_twice_the_standard_dose_in_words(text: str) -> None:
    drafted = draft_of({"text": text})
    assert (drafted.daily_mg, drafted.dose_unread) == (800, False)


@pytest.mark.parametrize(
    "text",
    [
        "400 mg once daily",
        "400 mg daily",
        "400 mg OD",
        "400 mg PO",
        "400 mg/day",
        "400 mg nightly",
        "Take 1 tablet (400 mg total) by mouth 1 (one) time each day. Swallow whole.",
        "Take 1 tablet (400 mg) by mouth daily with food and a large glass of water",
        "400 mg once daily in the evening with dinner",
        "400 mg every 24 hours",
        "400 mg daily for 30 days",
        "400 mg qd x 2 weeks",
        "200 mg BD",
        "100 mg four times daily",
        "1-0-0",
        "1 tablet daily",
    ],
)
def test_the_standard_dose_in_words(text: str) -> None:
    drafted = draft_of({"text": text})
    assert (drafted.daily_mg, drafted.dose_unread) == (400, False)


def test_tablets_of_a_quarter() -> None:
    drafted = draft_of({"text": "Take 4 tablets (400 mg) daily"}, "imatinib 100 mg tablet")
    assert (drafted.daily_mg, drafted.dose_unread) == (400, False)


@pytest.mark.parametrize(
    "dosage",
    [
        repeat(timeOfDay=["08:00:00", "20:00:00"], period=1, periodUnit="d"),
        repeat(timeOfDay=["08:00:00", "20:00:00"]),
        repeat(frequency=1, period=1, periodUnit="d", when=["MORN", "EVE"]),
        repeat(when=["CM", "CV"]),
        repeat(period=12, periodUnit="h"),
        repeat(frequency=1, frequencyMax=2, period=1, periodUnit="d"),
        {**MG_400, "timing": {"code": {"text": "2 times daily"}}},
        {**MG_400, "timing": {"code": {"coding": [{"code": "Q12H"}]}}},
        {**MG_400, "timing": {"code": {"coding": [{"system": GTS, "code": "BID"}]}}},
        repeat(frequency=2, period=1, periodUnit="d"),
        {**MG_400, "text": "twice daily"},
        tablets(2, timing={"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}),
        [repeat(when=["MORN"]), repeat(when=["EVE"])],
    ],
)
def test_twice_the_standard_dose_in_numbers(dosage: Json) -> None:
    drafted = draft_of(dosage)
    assert (drafted.daily_mg, drafted.dose_unread) == (800, False)


@pytest.mark.parametrize(
    "dosage",
    [
        repeat(timeOfDay=["08:00:00"]),
        repeat(frequency=1, period=1, periodUnit="d", when=["CM", "MORN"]),
        repeat(frequency=1, period=1, periodUnit="d", when=["PC"]),
        repeat(frequency=1, period=24, periodUnit="h"),
        {**MG_400, "timing": {"code": {"text": "Once daily"}}},
        {
            **repeat(frequency=1, period=1, periodUnit="d"),
            "text": "Take one tablet (400 mg) daily with a meal",
        },
        MG_400,
        {"doseAndRate": [{"doseQuantity": {"value": 0.4, "unit": "g", "code": "g"}}]},
        tablets(1),
    ],
)
def test_the_standard_dose_in_numbers(dosage: Json) -> None:
    drafted = draft_of(dosage)
    assert (drafted.daily_mg, drafted.dose_unread) == (400, False)


@pytest.mark.parametrize(
    "dosage",
    [
        {"text": "400 mg zweimal täglich"},
        {"text": "400 mg to 800 mg daily"},
        {"text": "400 mg twice daily, 3 times daily from May"},
        {"text": "1-2 tablets daily"},
        {"text": "400-800 mg daily"},
        {"text": "half a tablet daily"},
        {"text": "twice daily"},
        {"text": "400 mg morning or evening"},
        repeat(frequency=2),
        repeat(when=["PC"]),
        repeat(frequency=1, period=1, periodUnit="mo"),
        {**MG_400, "timing": {"code": {"text": "as the protocol says"}}},
        {**repeat(frequency=1, period=1, periodUnit="d"), "text": "400 mg BD"},
        {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "sachet"}}]},
        {"doseAndRate": [{"doseRange": {"low": {"value": 400, "unit": "mg"}}}]},
        {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}},
    ],
)
def test_a_dose_that_cannot_be_read_is_not_taken_for_the_standard_one(dosage: Json) -> None:
    assert draft_of(dosage).dose_unread


def test_tablets_of_unknown_strength_are_no_dose() -> None:
    assert draft_of(tablets(2), "imatinib").dose_unread
    assert draft_of({"text": "Take 2 tablets"}, "imatinib 100 mg or 400 mg tablet").dose_unread


@pytest.mark.parametrize(
    "dosage", [{"text": "as directed"}, {"text": "once daily"}, {"text": "with food"}, {}]
)
def test_words_without_a_dose_state_none(dosage: Json) -> None:
    drafted = draft_of(dosage)
    assert (drafted.daily_mg, drafted.dose_unread) == (None, False)


@pytest.mark.parametrize(
    ("dosage", "escalated"),
    [
        ("400 mg BD", {True}),
        ("400 mg zweimal täglich", {True, False}),
        ("400 mg daily", {False}),
        ("as directed", {False}),
    ],
)
def test_an_earlier_prescription_of_more_than_the_standard(dosage: str, escalated: set[bool]) -> None:
    """19: whether the dose was increased already decides what comes next."""
    taken = request("im", "imatinib", "2025-01-01", dosageInstruction=[{"text": dosage}])
    assert possible(fact_of("imatinib-escalated", gist(), taken)) == escalated


@pytest.mark.parametrize(
    "text",
    [
        "400 mg daily, titrate up as tolerated",
        "400 mg daily for 1 week, then double",
        "two 400 mg tablets daily",
        "Take 2 of the 400 mg tablets once a day",
        "400 mg tablets, take 2 daily",
        "400 mg AM and PM",
        "400 mg with meals",
        "1,200 mg daily",
    ],
)
def test_words_that_may_mean_more_leave_a_dose_unread(text: str) -> None:
    """Beside the numbers of a structured dose too."""
    for dosage in ({"text": text}, {"text": text, **repeat(frequency=1, period=1, periodUnit="d")}):
        assert draft_of(dosage).dose_unread


@pytest.mark.parametrize(
    "text", ["400 mg BID, do not split tablets", "Take 2 (two) tablets by mouth once daily."]
)
def test_how_tablets_are_taken_does_not_halve_the_dose(text: str) -> None:
    assert draft_of({"text": text}).daily_mg == 800

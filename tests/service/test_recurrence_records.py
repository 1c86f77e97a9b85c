"""What makes a tumour a recurrent one: decision 10 reads silence as none, and no other illness ends the silence.

The patient has a gastric GIST, resected R0, of very low risk: imatinib is off the pathway, and on it once the tumour
has come back.
"""

from __future__ import annotations

import pytest

from .asking import Answer, Ask
from .charts import (
    ICD_10_CM,
    SNOMED,
    Json,
    call,
    coded,
    condition,
    gist,
    resected_very_low_risk,
)

ORDER = "MedicationRequest/rx-1"
LOCALISED = ["gist-resectable-minimal-morbidity"]
RECURRENT = "gist-recurrent-or-metastatic"


def beside(code: Json) -> list[Json]:
    return [*resected_very_low_risk(), condition("beside-1", code)]


def named(text: str, **members: object) -> list[Json]:
    """The tumour's own Condition, known by its name alone."""
    rest = [r for r in resected_very_low_risk() if r["resourceType"] != "Condition"]
    return [condition("gist-1", {"text": text}, **members), *rest]


def assert_localised(answer: Answer) -> None:
    assert answer.value("recurrence") == "none" or answer.fact("recurrence") == {}
    assert (answer.groups, answer.verdicts[ORDER]) == (LOCALISED, "off-pathway")


@pytest.mark.parametrize(
    "illness",
    [
        coded(ICD_10_CM, "F33.1", text="Major depressive disorder, recurrent"),
        {"coding": [{"system": ICD_10_CM, "code": "A04.71", "display": "Enterocolitis, recurrent"}]},
        coded(SNOMED, "426373005", text="Multiple sclerosis, relapse"),
        {"text": "Relapsing remitting multiple sclerosis"},
        {"text": "Recurrent urinary tract infection"},
        {"text": "Recurrent pulmonary embolism"},
        {"text": "Inguinal hernia, recurrent"},
        {"text": "Relapse of alcohol use disorder"},
        {"text": "Recurrent lymphoma"},
    ],
    ids=lambda illness: illness.get("text", "display"),
)
def test_another_illness_that_came_back_is_no_recurrence_of_the_tumour(ask: Ask, illness: Json) -> None:
    """Two illnesses of one patient: what is said of the one is not said of the other (promise 1)."""
    assert_localised(ask(call(beside(illness))))


@pytest.mark.parametrize("text", ["Recurrent carcinoma of breast", "Breast cancer, recurrent"])
def test_another_cancer_that_came_back_is_no_recurrence_of_the_tumour(ask: Ask, text: str) -> None:
    answer = ask(call(beside({"text": text})))
    assert answer.fact("recurrence").get("value", "none") == "none"
    # the margin may be that of the other cancer
    assert answer.verdicts[ORDER] == "undetermined"


@pytest.mark.parametrize(
    "tumour",
    [
        {"text": "Recurrent GIST"},
        {"text": "Recurrent gastrointestinal stromal tumour of the stomach"},
        {"text": "Local recurrence of gastric GIST"},
        {"text": "Relapsed GIST, high risk"},
        {"text": "Tumour recurrence"},
        {"text": "Recurrent disease"},
        coded(SNOMED, "1259237005"),
        coded(ICD_10_CM, "C49.A2", text="Recurrent GIST of stomach under surveillance for liver metastasis"),
    ],
    ids=lambda tumour: tumour.get("text", "coded"),
)
def test_the_tumour_that_came_back_is_a_recurrence(ask: Ask, tumour: Json) -> None:
    answer = ask(call(beside(tumour)))
    assert (answer.groups, answer.verdicts[ORDER]) == ([RECURRENT], "on-pathway")


@pytest.mark.parametrize(
    "text",
    [
        "Local recurrence",
        "Recurrence",
        "Recurrent tumour of the bladder",
        "Recurrent disease in liver",
        "Locoregional recurrence",
        "Recurrent GIST?",
    ],
)
def test_a_recurrence_that_may_be_another_tumours_is_open(ask: Ask, text: str) -> None:
    answer = ask(call(beside({"text": text})))
    assert answer.why("recurrence") == "uncodable"
    assert RECURRENT in answer.groups
    assert answer.groups != [RECURRENT]


@pytest.mark.parametrize(
    "text",
    [
        "Gastric GIST, low recurrence risk",
        "Gastric GIST, R0, high risk for recurrence",
        "Gastric GIST, high risk of recurrence",
        "Gastric GIST with intermediate risk of local recurrence",
        "Gastric GIST at risk of disease relapse",
        "Gastric GIST s/p resection, surveillance for recurrence",
        "Gastric GIST, recurrence surveillance",
        "Gastric GIST, recurrence monitoring",
        "Gastric GIST, low-risk for recurrence",
        "Gastric GIST, 10-year recurrence rate 5%",
        "Gastric GIST free of recurrence",
        "Gastric GIST, fear of recurrence",
        "Gastric GIST, follow-up for recurrence",
        "Gastric GIST, monitoring for tumour recurrence",
        "Gastric GIST, adjuvant imatinib for prevention of recurrence",
        "Gastric GIST with recurrent bleeding",
        "Gastric GIST, recurrent iron deficiency anaemia",
    ],
)
def test_a_recurrence_that_may_come_is_none(ask: Ask, text: str) -> None:
    assert_localised(ask(call(named(text))))


@pytest.mark.parametrize(
    "text",
    ["Recurrent gastric GIST", "Recurrent gastric GIST, high risk", "Recurrent gastric GIST under surveillance",
     "Gastric GIST, relapse, monitoring of response",
     "Gastric GIST, low recurrence risk at diagnosis, now recurrent"],
)  # fmt: skip
def test_a_recurrence_beside_words_of_risk_still_counts(ask: Ask, text: str) -> None:
    assert ask(call(named(text))).groups == [RECURRENT]


@pytest.mark.parametrize(
    "text",
    ["Gastric GIST, follow-up of recurrence", "Gastric GIST, probably recurrent",
     "Gastric GIST, suspected recurrence", "Gastric GIST with suspicion of local relapse"],
)  # fmt: skip
def test_words_that_leave_it_open_leave_it_open(ask: Ask, text: str) -> None:
    answer = ask(call(named(text)))
    assert answer.why("recurrence") == "uncodable"
    assert RECURRENT in answer.groups


def test_surveillance_coded_as_such_is_no_recurrence(ask: Ask) -> None:
    watched = coded(ICD_10_CM, "Z08", text="Surveillance for recurrence of GIST")
    assert_localised(ask(call([*resected_very_low_risk(), condition("watched-1", watched)])))


def test_where_the_recurrence_places_the_patient_the_card_shows_it(ask: Ask) -> None:
    answer = ask(call([*resected_very_low_risk()[1:], gist(clinical="recurrence")]))
    assert answer.groups == [RECURRENT]
    assert "recurrence: distant, local or regional (2026-05-12)" in answer.card["detail"]

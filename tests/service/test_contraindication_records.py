"""Which Conditions are a contraindication that is there now: decision 24 says "a recorded active coagulopathy"."""

from __future__ import annotations

from typing import Any

import pytest

from .asking import Answer, Ask
from .charts import (
    ICD_10_CM,
    Json,
    call,
    coded,
    condition,
    metastatic_kit_exon_11,
    of_patient,
    resected_high_risk,
)

RX = "MedicationRequest/rx-1"
COAGULOPATHY = coded(ICD_10_CM, "D68.9")


def ablation(ask: Ask, code: Json, **members: Any) -> Answer:
    """What is said of an ablation of the liver metastasis beside the illness."""
    drafted = of_patient(
        resourceType="ServiceRequest",
        id="sr-1",
        status="draft",
        intent="order",
        code={"text": "Radiofrequency ablation of liver metastasis"},
        reasonReference=[{"reference": "Condition/mets-1"}],
    )
    records = [*metastatic_kit_exon_11(), condition("illness-1", code, **members)]
    return ask(call(records, [drafted], selections=["ServiceRequest/sr-1"]))


def imatinib(ask: Ask, text: str) -> Answer:
    return ask(call([*resected_high_risk(), condition("illness-1", {"text": text})]))


@pytest.mark.parametrize(
    "ended",
    [
        {"clinical": None, "abatementDateTime": "2015-03-01"},
        {"clinical": None, "abatementDateTime": "2015"},
        {"clinical": None, "abatementPeriod": {"start": "2015-01-01", "end": "2015-03-01"}},
        {"clinical": None, "abatementAge": {"value": 50, "code": "a"}},
        {"clinical": "resolved"},
    ],
)
def test_a_coagulopathy_that_ended_contraindicates_nothing(ask: Ask, ended: Json) -> None:
    answer = ablation(ask, COAGULOPATHY, **ended)
    assert answer.verdicts["ServiceRequest/sr-1"] != "contraindicated"
    assert answer.fact("coagulopathy").get("value") is not True


@pytest.mark.parametrize(
    "running",
    [
        {},
        {"clinical": None},
        # today is 2 November 2026
        {"clinical": None, "abatementDateTime": "2026-12-01"},
        {"clinical": None, "abatementDateTime": "2026"},
        {"clinical": None, "abatementPeriod": {"start": "2026-01-01"}},
        {"clinical": "recurrence", "abatementDateTime": "2015-03-01"},
    ],
)
def test_an_active_coagulopathy_contraindicates(ask: Ask, running: Json) -> None:
    assert ablation(ask, COAGULOPATHY, **running).verdicts["ServiceRequest/sr-1"] == "contraindicated"


@pytest.mark.parametrize(
    "text",
    ["Drug induced coagulopathy monitoring", "Coagulopathy screening", "Monitoring for coagulopathy",
     "At risk for coagulopathy"],
)  # fmt: skip
def test_a_coagulopathy_that_is_only_watched_for_contraindicates_nothing(ask: Ask, text: str) -> None:
    assert ablation(ask, {"text": text}).verdicts["ServiceRequest/sr-1"] != "contraindicated"


@pytest.mark.parametrize(
    "text",
    ["Coagulopathy", "Acquired coagulopathy, monitoring of INR", "Coagulopathy, high risk of bleeding"],
)
def test_a_coagulopathy_in_words_contraindicates(ask: Ask, text: str) -> None:
    assert ablation(ask, {"text": text}).verdicts["ServiceRequest/sr-1"] == "contraindicated"


@pytest.mark.parametrize(
    "text",
    ["At increased risk for heart failure", "Heart failure screening", "Screening for heart failure",
     "Prevention of heart failure"],
)  # fmt: skip
def test_a_heart_failure_that_may_come_is_none(ask: Ask, text: str) -> None:
    assert imatinib(ask, text).verdicts[RX] == "on-pathway"


@pytest.mark.parametrize(
    "text", ["Heart failure", "Congestive heart failure, at risk for arrhythmia", "Heart failure follow-up"]
)
def test_a_heart_failure_in_words_is_a_caution(ask: Ask, text: str) -> None:
    assert imatinib(ask, text).verdicts[RX] == "caution"


def test_a_heart_failure_that_is_monitored_is_open(ask: Ask) -> None:
    answer = imatinib(ask, "Heart failure monitoring")
    assert answer.why("heart-failure") == "uncodable"


def test_the_tumour_itself_is_not_gone_with_its_end_date(ask: Ask) -> None:
    """As with a clinical status of resolved: the disease stays, and a drug without a reason is asked about."""
    (tumour, *rest) = resected_high_risk()
    ended = {**tumour, "clinicalStatus": None, "abatementDateTime": "2026-08-01"}
    assert ask(call([ended, *rest])).assessment["disease"] == "gist"
    resolved = {**tumour, "clinicalStatus": coded("urn:s", "resolved")}
    said = [ask(call([one, *rest])) for one in (ended, resolved)]
    assert said[0].verdicts == said[1].verdicts
    assert said[0].groups == said[1].groups

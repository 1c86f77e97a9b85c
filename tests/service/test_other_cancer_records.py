"""Which Conditions are another active cancer beside the tumour, so that what names no tumour is not used.

Decision 30 speaks of "another active malignancy"; a history, a visit, a symptom or the fear of a cancer is none.
"""

from __future__ import annotations

from typing import Any

import pytest

from .asking import Ask
from .charts import ICD_10_CM, Json, call, coded, condition, resected_high_risk

ORDER = "MedicationRequest/rx-1"


def beside(code: Json, **members: Any) -> list[Json]:
    return [*resected_high_risk(), condition("other-1", code, **members)]


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": ICD_10_CM, "code": "Z12.31",
                     "display": "Encounter for screening mammogram for malignant neoplasm of breast"}]},
        coded(ICD_10_CM, "Z85.3", text="Personal history of malignant neoplasm of breast"),
        coded(ICD_10_CM, "Z15.01", text="Genetic susceptibility to malignant neoplasm of breast"),
        coded(ICD_10_CM, "G89.3", text="Pain due to malignant neoplasm of bone"),
        coded(ICD_10_CM, "F41.9", text="Distress after cancer"),
        coded(ICD_10_CM, "R53.0", text="Fatigue with malignant neoplasm of stomach"),
        coded(ICD_10_CM, "Z79.69", text="On oral cancer treatment"),
        coded(ICD_10_CM, "Z71.89", text="Counselling at cancer centre"),
        {"text": "History of basal cell carcinoma of nose"},
        {"text": "H/o breast cancer 1998"},
        {"text": "Cancer pain"},
        {"text": "Cancer-related fatigue"},
        {"text": "Cancer cachexia"},
        {"text": "Colorectal polyps"},
        {"text": "S/p breast cancer"},
        {"text": "Breast cancer gene carrier"},
        {"text": "Anxiety about cancer recurrence"},
        {"text": "Increased risk for breast cancer"},
        {"text": "Breast cancer screening"},
        {"text": "Screening mammogram for breast cancer"},
    ],
    ids=lambda code: code.get("text", "display"),
)  # fmt: skip
def test_what_is_no_active_cancer_takes_nothing_from_the_tumour(ask: Ask, code: Json) -> None:
    answer = ask(call(beside(code)))
    assert answer.value("tumour-size-cm") == 6.0
    assert (answer.groups, answer.verdicts[ORDER]) == (["gist-resectable-minimal-morbidity"], "on-pathway")


@pytest.mark.parametrize(
    "code",
    [
        coded(ICD_10_CM, "C50.911"),
        coded(ICD_10_CM, "C18.9", text="Colon cancer, previous polyps"),
        {"text": "Breast cancer"},
        {"text": "Breast cancer, on treatment"},
        {"text": "Breast cancer treatment"},
        {"text": "Breast cancer, history of smoking"},
        {"text": "Cancer of the colon"},
        {"text": "Adenocarcinoma of colon, under surveillance"},
        {"text": "Melanoma"},
        {"text": "Cancer"},
    ],
    ids=lambda code: code.get("text", "coded"),
)
def test_another_active_cancer_leaves_open_whose_size_it_is(ask: Ask, code: Json) -> None:
    answer = ask(call(beside(code)))
    assert answer.why("tumour-size-cm") == "uncodable"
    assert answer.verdicts[ORDER] == "undetermined"


@pytest.mark.parametrize(
    ("ended", "active"),
    [
        ({"clinical": "resolved"}, False),
        ({"clinical": "inactive", "abatementDateTime": "2015"}, False),
        ({"clinical": None, "abatementDateTime": "2015-03-01"}, False),
        ({"clinical": None}, True),
        ({"clinical": "relapse", "abatementDateTime": "2015-03-01"}, True),
    ],
)
def test_a_cancer_that_ended_is_no_active_one(ask: Ask, ended: Json, active: bool) -> None:
    answer = ask(call(beside(coded(ICD_10_CM, "C50.911"), **ended)))
    assert (answer.why("tumour-size-cm") == "uncodable") is active

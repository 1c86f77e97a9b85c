"""Every option in every group of soft-tissue sarcoma, before treatment: decisions 21 to 28, from the seeds by hand.

The chart opens nothing that hangs on a fact: synovial sarcoma without fusion, symptoms, liver metastases where there
are any, no high risk, the limb can be kept.
"""

from __future__ import annotations

import pytest

from cds_service.pathway.verdict import NOT_AN_OPTION

from .cases import CAUTION, OFF, ON, assessed, knowledge
from .sarcomas import CHART_OF, in_group, ordered, placed

NOT_ADDRESSED = "not-addressed"
FIRST_LINE = {
    "doxorubicin", "epirubicin", "doxorubicin-liposomal", "doxorubicin+dacarbazine",
    "doxorubicin+ifosfamide+mesna", "epirubicin+ifosfamide+mesna",
}  # fmt: skip
TWO_REGIMENS = {"doxorubicin+ifosfamide+mesna", "epirubicin+ifosfamide+mesna"}
IMAGE_GUIDED = {"ablation", "embolisation"}
PALLIATIVE = {"palliative-radiotherapy", "palliative-surgery", "excision"}
# what the sources offer at once; all else is off the pathway but for the two tables below
ON_PATHWAY: dict[str, set[str]] = {
    "extremity-stage-1": {"excision"},
    "extremity-stage-2-resectable": {"excision", "neoadjuvant-radiotherapy"},
    "extremity-stage-3-4-resectable": {"excision", "neoadjuvant-radiotherapy", "chemoradiation", *TWO_REGIMENS},
    "extremity-unresectable": {
        "definitive-radiotherapy", "chemoradiation", "excision", "palliative-surgery", *FIRST_LINE,
    },
    "extremity-stage-4-oligometastatic": {
        "excision", "definitive-radiotherapy", "neoadjuvant-radiotherapy", "chemoradiation", "metastasectomy", "sbrt",
        "palliative-radiotherapy", *FIRST_LINE, *IMAGE_GUIDED,
    },
    "extremity-stage-4-disseminated": {*FIRST_LINE, *PALLIATIVE, *IMAGE_GUIDED},
    # treated as the primary group of its own stage
    "extremity-recurrent-local": {
        "excision", "re-excision", "neoadjuvant-radiotherapy", "chemoradiation", *TWO_REGIMENS,
    },
    "extremity-recurrent-regional": {
        "regional-lymph-node-dissection", "neoadjuvant-radiotherapy", "adjuvant-radiotherapy",
        "definitive-radiotherapy", *FIRST_LINE,
    },
    "extremity-recurrent-oligometastatic": {"metastasectomy", "sbrt", *IMAGE_GUIDED, *FIRST_LINE},
    "extremity-recurrent-disseminated": {"sbrt", *FIRST_LINE, *PALLIATIVE, *IMAGE_GUIDED},
    "abdominal-resectable": {"excision"},
    "abdominal-unresectable": {"definitive-radiotherapy", "chemoradiation", "palliative-surgery", *FIRST_LINE},
    "abdominal-oligometastatic": {
        "metastasectomy", "sbrt", "neoadjuvant-radiotherapy", "adjuvant-radiotherapy", *IMAGE_GUIDED, *FIRST_LINE,
    },
    "abdominal-disseminated": {"sbrt", *FIRST_LINE, *PALLIATIVE, *IMAGE_GUIDED},
}  # fmt: skip
# 31: a component of one of the two regimens, drafted alone
INCOMPLETE = {
    "extremity-stage-3-4-resectable": {"doxorubicin", "epirubicin"},
    "extremity-recurrent-local": {"doxorubicin", "epirubicin"},
}
# 23: later lines outside disseminated extremity disease; and what the abdominal sections leave out
SILENT = {
    "abdominal-resectable": {"re-excision"},
    "abdominal-unresectable": {"pazopanib", "eribulin"},
    "abdominal-oligometastatic": {
        "pazopanib", "eribulin", "excision", "definitive-radiotherapy", "chemoradiation",
    },
    "abdominal-disseminated": {"pazopanib", "eribulin"},
}  # fmt: skip


def expected(group: str, option: str) -> str:
    if option in ON_PATHWAY[group]:
        return ON
    if option in INCOMPLETE.get(group, ()):
        return CAUTION
    return NOT_ADDRESSED if option in SILENT.get(group, ()) else OFF


@pytest.mark.parametrize("group", CHART_OF)
def test_the_plain_chart_is_placed_in_its_group(group: str) -> None:
    assert placed(in_group(group)) == {group}


@pytest.mark.parametrize("group", CHART_OF)
def test_every_option_has_its_verdict_and_a_reason_of_its_own(group: str) -> None:
    options = [o.id for o in knowledge().judge.options.values() if o.kind != "strategy"]
    verdicts = {option: ordered(in_group(group), option) for option in options}

    assert {o: v.verdict for o, v in verdicts.items()} == {o: expected(group, o) for o in options}
    for option, verdict in verdicts.items():
        assert verdict.reasons, option
        assert NOT_AN_OPTION not in verdict.reasons, option
        assert verdict.sources, option


@pytest.mark.parametrize("group", CHART_OF)
def test_every_patient_is_offered_the_expert_centre_and_a_trial(group: str) -> None:
    offered = {o.option: o.line for o in assessed(in_group(group)).options if o.answer is True}

    assert offered["expert-centre-referral"] == "plus"
    assert offered["clinical-trial"] == "consider"


@pytest.mark.parametrize("group", CHART_OF)
def test_best_supportive_care_is_part_of_care_without_the_aim_of_cure(group: str) -> None:
    offered = {o.option for o in assessed(in_group(group)).options if o.answer is True}

    assert ("best-supportive-care" in offered) == group.endswith(("unresectable", "disseminated"))

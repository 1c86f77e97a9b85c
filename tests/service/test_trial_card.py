"""The card about trial NCT03862768: quiet, rare, and honest about what is not known."""

from __future__ import annotations

import pytest

from cds_service.app import source_pages
from cds_service.loading import Loaded

from .asking import Answer, Ask
from .charts import (
    CASE_FACTS,
    ICD_10_CM,
    Json,
    avapritinib,
    call,
    coded,
    condition,
    d842v,
    draft,
    imatinib_taken,
    kit_exon_11,
    metastatic_untested,
    observation,
    paracetamol,
    patient,
    stated,
)

REGISTRATION = "https://clinicaltrials.gov/study/NCT03862768"
SUNITINIB = {"medicationCodeableConcept": {"text": "sunitinib"}}
REGORAFENIB = {"medicationCodeableConcept": {"text": "regorafenib"}}
TRIAL = "trialnct03862768"


def counted(fact: str, number: int) -> Json:
    told = observation(f"fact-{fact}", coded(CASE_FACTS, fact), "survey", valueInteger=number)
    return {**told, "effectiveDateTime": "2026-10-01"}


def focal() -> list[Json]:
    """Liver metastases that grow in one place on imatinib, lesions counted, ECOG 1."""
    grows = stated("progression", "limited", effectiveDateTime="2026-10-01")
    return [
        *metastatic_untested(),
        kit_exon_11(),
        imatinib_taken(),
        grows,
        counted("performance-status-ecog", 1),
        counted("progressing-organs", 1),
        counted("progressing-lesions", 2),
    ]


def trial_card(answer: Answer) -> Json:
    (card,) = [c for c in answer.cards if c["source"]["topic"]["code"] == TRIAL]
    return card


def test_the_card_says_what_to_verify_and_that_recruitment_is_not_known(ask: Ask) -> None:
    card = trial_card(ask(call(focal(), [draft(medication=SUNITINIB)])))

    assert card["indicator"] == "info"
    assert "NCT03862768" in card["summary"]
    assert "13 criteria to verify" in card["summary"]
    assert "recruits" in card["summary"]
    for words in ("ASA class 1 or 2", "no other cancer within five years", "informed consent", "not known"):
        assert words in card["detail"]
    # what is met on record is not asked for again
    for words in ("age from 18", "ECOG", "at most three lesions", "one organ"):
        assert words not in card["detail"]


def test_the_card_suggests_nothing_and_names_no_dose(ask: Ask) -> None:
    card = trial_card(ask(call(focal(), [draft(medication=SUNITINIB)])))

    assert "suggestions" not in card
    for dose in ("400", "600", "37.5", "mg"):
        assert dose not in card["detail"] + card["summary"]


def test_the_card_links_to_the_registration_and_to_what_was_read(ask: Ask) -> None:
    card = trial_card(ask(call(focal(), [draft(medication=SUNITINIB)])))

    assert [k["url"] for k in card["links"]] == [REGISTRATION]
    assert card["source"]["url"].endswith("/sources/004")


def test_the_card_stands_behind_the_card_about_the_order_and_comes_once(ask: Ask) -> None:
    drafts = [draft(medication=SUNITINIB), draft("rx-2")]
    answer = ask(call(focal(), drafts, selections=["MedicationRequest/rx-1", "MedicationRequest/rx-2"]))

    assert answer.topics.count(TRIAL) == 1
    assert answer.topics[-1] == TRIAL
    assert len(answer.cards) > 1


def test_on_opening_the_chart_it_follows_the_position(ask: Ask) -> None:
    answer = ask(call(focal(), hook="patient-view"))

    assert answer.topics == ["position", TRIAL]


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_both_order_hooks_carry_it(ask: Ask, hook: str) -> None:
    assert TRIAL in ask(call(focal(), [draft(medication=SUNITINIB)], hook=hook)).topics


@pytest.mark.parametrize("drafts", [[paracetamol("rx-1")], [draft(medication=REGORAFENIB)]])
def test_an_order_that_is_none_of_its_treatments_does_not_call_for_it(ask: Ask, drafts: list[Json]) -> None:
    answer = ask(call(focal(), drafts))

    assert TRIAL not in answer.topics
    assert answer.assessment["trials"][0]["eligibility"] == "undetermined"


def test_it_is_silent_beside_a_critical_card(ask: Ask) -> None:
    record = [r for r in focal() if r["id"] != "variant-1"]
    answer = ask(call([*record, d842v()], [draft()]))

    assert [c["indicator"] for c in answer.cards] == ["critical"]
    assert answer.assessment["trials"][0]["eligibility"] == "undetermined"


def test_it_is_silent_beside_a_contraindicated_draft_that_is_not_selected(ask: Ask) -> None:
    record = [r for r in focal() if r["id"] != "variant-1"]
    answer = ask(
        call([*record, d842v()], [draft(), avapritinib("rx-2")], selections=["MedicationRequest/rx-2"])
    )

    assert TRIAL not in answer.topics


def test_it_is_silent_once_a_criterion_fails(ask: Ask) -> None:
    old = patient(birthDate="1946-01-01")
    answer = ask(call([old, *focal()], [draft(medication=SUNITINIB)]))

    assert TRIAL not in answer.topics
    assert answer.assessment["trials"][0]["failed"] == ["age-years"]


def test_with_one_criterion_open_the_summary_counts_one(ask: Ask) -> None:
    said = {
        "advanced-disease-pathology-confirmed": True, "standard-imatinib-treatment": True,
        "progressing-lesions-resectable": True, "imatinib-primary-resistance": False,
        "other-malignancy-within-five-years": False, "pregnancy": False, "lactation": False,
        "serious-comorbidity": False, "serious-mental-illness": False, "simultaneous-surgical-disease": False,
        "tumour-complication": False, "trial-participation": False, "consent-nct03862768": True,
    }  # fmt: skip
    stated_today = [stated(f, v, effectiveDateTime="2026-10-30") for f, v in said.items()]
    open_ = ask(call([*focal(), *stated_today], [draft(medication=SUNITINIB)]))
    all_met = ask(call([*focal(), *stated_today, counted("asa-class", 2)], [draft(medication=SUNITINIB)]))

    assert "1 criterion to verify" in trial_card(open_)["summary"]
    assert open_.assessment["trials"] == [
        {"trial": "NCT03862768", "eligibility": "undetermined", "unknown": ["asa-class"]}
    ]
    assert "every criterion is met on record" in trial_card(all_met)["summary"]
    assert "To verify at screening" not in trial_card(all_met)["detail"]
    assert "recruits" in trial_card(all_met)["summary"]
    assert all_met.assessment["trials"] == [{"trial": "NCT03862768", "eligibility": "eligible"}]


def test_a_record_that_decides_nothing_is_pointed_at(ask: Ask) -> None:
    bleeding = condition("bleed-1", coded(ICD_10_CM, "K92.2"))
    detail = trial_card(ask(call([*focal(), bleeding], [draft(medication=SUNITINIB)])))["detail"]

    assert "no bleeding, perforation or obstruction (a record speaks of it)" in detail
    assert detail.count("a record speaks of it") == 1


def test_nothing_of_the_trial_is_called_missing(ask: Ask) -> None:
    found = ask(call(focal(), [draft(medication=SUNITINIB)])).assessment

    assert "asa-class" in found["trials"][0]["unknown"]
    assert not {m["fact"] for m in found.get("missing", ())} & {
        "asa-class",
        "pregnancy",
        "trial-participation",
    }


def test_the_page_of_the_registration_says_what_was_taken_from_it(loaded: Loaded) -> None:
    page = source_pages(loaded)["004"]

    assert {"Inclusion Criteria", "Exclusion Criteria", "Recruitment & Eligibility"} <= set(page.statements)
    assert any("ASA class 1 or 2" in said for said in page.statements["Inclusion Criteria"])
    assert len(page.statements["Exclusion Criteria"]) == 10

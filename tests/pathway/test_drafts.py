"""Drafts read together, beside what is taken, and for something else: decisions 30 and 31, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cds_service.case.fact import Case, DraftOrder, Members

from .cases import (
    AGAINST,
    CAUTION,
    D842V,
    HIGH_RISK,
    KIT11,
    METASTATIC,
    MINIMAL,
    OFF,
    ON,
    OPEN,
    OUTSIDE,
    SIGNIFICANT,
    assessed,
    draft,
    gist,
    judged,
    tell,
)


@pytest.mark.parametrize(
    ("items", "genotype", "option", "expected"),
    [
        # 28, 31: a component alone, where the regimen is an option
        (["dabrafenib"], {"braf-v600e"}, "dabrafenib+trametinib", CAUTION),
        (["trametinib"], {"braf-v600e"}, "dabrafenib+trametinib", CAUTION),
        (["binimetinib"], {"sdh-deficient"}, "imatinib+binimetinib", CAUTION),
        # ... and where it is none
        (["dabrafenib"], {"kit-exon-11"}, "dabrafenib+trametinib", OFF),
        (["binimetinib"], {"kit-exon-11"}, "imatinib+binimetinib", OFF),
        # together
        (["dabrafenib", "trametinib"], {"braf-v600e"}, "dabrafenib+trametinib", ON),
        (["trametinib", "dabrafenib"], {"braf-v600e"}, "dabrafenib+trametinib", ON),
        (["binimetinib", "imatinib"], {"sdh-deficient"}, "imatinib+binimetinib", ON),
        # imatinib is an option of its own
        (["imatinib"], {"sdh-deficient"}, "imatinib", OFF),
    ],
    ids=tell,
)
def test_drafts_are_read_together(items: list[str], genotype: set[str], option: str, expected: str) -> None:
    orders = [draft(item, name=f"rx-{n}") for n, item in enumerate(items)]
    found = judged(gist(METASTATIC, genotype=genotype), *orders)

    assert (found.option, found.verdict) == (option, expected)


def test_what_the_patient_already_takes_completes_a_regimen() -> None:
    """31."""
    case = gist(METASTATIC, genotype={"braf-v600e"}, current_therapy={"dabrafenib"})
    found = judged(case, draft("trametinib"))

    assert (found.option, found.verdict) == ("dabrafenib+trametinib", ON)


def test_a_companion_that_may_be_taken_is_not_taken_for_absent() -> None:
    """10, 31: the look at current drugs failed; binimetinib among them would make imatinib a regimen that is
    an option, so the draft is not off the pathway for certain, and the clinician is told why."""
    case = gist(METASTATIC, genotype={"sdh-deficient"}, current_therapy=None)
    found = assessed(case, draft("imatinib"))

    assert [v.verdict for v in found.verdicts] == [OPEN]
    assert "current-therapy" in {m.fact for m in found.missing}


def test_a_drug_is_not_on_the_pathway_for_certain_while_a_record_leaves_its_companion_open() -> None:
    """31: with binimetinib imatinib would be a regimen that no source offers for KIT exon 11."""
    maybe = Members(frozenset({"imatinib"}), frozenset({"binimetinib"}))
    found = judged(gist({**SIGNIFICANT, **KIT11}, current_therapy=maybe), draft("imatinib"))

    assert (found.verdict, found.needs) == (OPEN, {"current-therapy"})


def test_medication_that_could_not_be_looked_up_does_not_doubt_every_drug() -> None:
    """10, 11: imatinib is first for KIT exon 11 whatever was given before (000, 001, 002)."""
    assert judged(gist({**SIGNIFICANT, **KIT11}, current_therapy=None), draft("imatinib")).verdict == ON


def test_an_unselected_companion_counts_too() -> None:
    """31: drafts are read together, only the selected ones are judged."""
    case = gist(METASTATIC, genotype={"braf-v600e"})
    orders = [draft("dabrafenib"), draft("trametinib", name="rx-2", selected=False)]
    found = assessed(case, *orders).verdicts

    assert [(v.order.reference, v.verdict) for v in found] == [("MedicationRequest/rx-1", ON)]


def test_an_unselected_contraindicated_draft_is_judged_again() -> None:
    """31: newer cards replace older ones."""
    case = gist(METASTATIC, genotype=D842V)
    orders = [draft(None), draft("imatinib", name="rx-2", selected=False)]
    found = assessed(case, *orders)

    assert {v.order.reference: v.verdict for v in found.verdicts} == {
        "MedicationRequest/rx-1": OUTSIDE,
        "MedicationRequest/rx-2": AGAINST,
    }
    assert [o["order"] for o in found.to_json()["orders"]] == ["MedicationRequest/rx-1"]


def test_an_unselected_draft_that_is_merely_off_the_pathway_is_not_judged() -> None:
    case = gist(METASTATIC, **KIT11)
    orders = [draft(None), draft("avapritinib", name="rx-2", selected=False)]

    assert [v.order.reference for v in assessed(case, *orders).verdicts] == ["MedicationRequest/rx-1"]


@pytest.mark.parametrize("genotype", [D842V, {"kit-exon-11"}, {"wild-type"}, None], ids=tell)
@pytest.mark.parametrize("reason", ["other_malignancy", "in_remission"])
def test_a_drug_without_reason_beside_another_malignancy_is_never_warned_of(
    genotype: set[str] | None, reason: str
) -> None:
    """30."""
    plain = gist(METASTATIC, genotype=genotype)
    case = Case(
        "patient-1",
        plain.facts,
        in_remission=reason == "in_remission",
        other_malignancy=reason == "other_malignancy",
    )

    assert judged(case, draft("imatinib", indication="not-stated")).verdict == OPEN
    assert judged(case, draft("imatinib", indication="other")).verdict == OUTSIDE


@pytest.mark.parametrize("genotype", [D842V, {"kit-exon-11"}], ids=tell)
def test_an_order_for_another_disease_is_out_of_scope(genotype: set[str]) -> None:
    """30."""
    case = gist(METASTATIC, genotype=genotype)

    assert judged(case, draft("imatinib", indication="other")).verdict == OUTSIDE


def test_an_order_without_a_reason_is_judged_if_the_gist_is_the_only_cancer() -> None:
    assert judged(gist(METASTATIC, **KIT11), draft("imatinib", indication="not-stated")).verdict == ON


@pytest.mark.parametrize("item", [None, "mutation-testing"])
def test_what_is_no_treatment_of_the_tumour_is_out_of_scope(item: str | None) -> None:
    assert judged(gist(METASTATIC, **KIT11), draft(item)).verdict == OUTSIDE


# --- drafts that may be one of several options -----------------------------------------------------


def either(*options: str) -> DraftOrder:
    return replace(draft(None), alternatives=options)


def test_a_draft_that_may_be_several_options_is_open_where_they_are_judged_differently() -> None:
    found = judged(gist(primary_site="stomach", **MINIMAL), either("excision", "palliative-radiotherapy"))

    assert (found.option, found.verdict, found.reasons) == (None, OPEN, ("order.intent-not-stated",))


def test_a_draft_that_may_be_several_options_is_definite_where_they_are_judged_alike() -> None:
    found = judged(gist(primary_site="stomach", **MINIMAL), either("ablation", "palliative-radiotherapy"))

    assert (found.option, found.verdict) == (None, OFF)


def test_a_draft_for_something_else_stays_out_of_scope_whatever_it_may_be() -> None:
    order = replace(either("excision", "palliative-radiotherapy"), indication="other")

    assert judged(gist(primary_site="stomach", **MINIMAL), order).verdict == OUTSIDE


# --- drafts of a dose that cannot be read ----------------------------------------------------------


def of_unread_dose(**members: Any) -> DraftOrder:
    return replace(draft("imatinib", **members), dose_unread=True)


def test_a_dose_that_cannot_be_read_is_open_where_the_doses_are_judged_differently() -> None:
    """After surgery imatinib is named at its standard dose alone."""
    found = judged(gist(**HIGH_RISK, **KIT11), of_unread_dose())

    assert (found.option, found.verdict, found.reasons) == ("imatinib", OPEN, ("order.dose-not-read",))


def test_a_dose_of_which_enough_is_known_is_that_dose() -> None:
    found = judged(gist(**HIGH_RISK, **KIT11), of_unread_dose(daily_mg=800.0))

    assert (found.option, found.verdict) == ("imatinib-high-dose", OFF)


def test_a_dose_that_cannot_be_read_is_no_matter_where_the_doses_are_judged_alike() -> None:
    found = judged(gist(METASTATIC, genotype={"pdgfra-exon-18-insensitive"}), of_unread_dose())

    assert found.verdict == "contraindicated"


def test_a_dose_that_cannot_be_read_is_no_matter_to_a_drug_of_one_dose() -> None:
    order = replace(draft("avapritinib"), dose_unread=True)
    case = gist(METASTATIC, genotype={"pdgfra-exon-18-insensitive"})

    assert judged(case, order).verdict == judged(case, draft("avapritinib")).verdict

"""Verdicts after imatinib and on a progressing GIST: decision 19, by hand."""

from __future__ import annotations

import pytest

from .cases import (
    CAUTION,
    D842V,
    GENERALISED,
    KIT11,
    METASTATIC,
    OFF,
    ON,
    OPEN,
    UNRESECTABLE,
    Stated,
    draft,
    gist,
    judged,
    met,
    tell,
    verdict,
)


@pytest.mark.parametrize("base", [METASTATIC, UNRESECTABLE], ids=tell)
@pytest.mark.parametrize("item", ["sunitinib", "regorafenib", "ripretinib", "sorafenib", "nilotinib"])
def test_a_later_drug_before_imatinib_was_ever_given_is_off_the_pathway(
    base: dict[str, Stated], item: str
) -> None:
    """19: where imatinib is an option."""
    assert verdict(gist(base, **KIT11), item) == OFF


@pytest.mark.parametrize(
    ("taken", "item", "expected"),
    [
        ({"imatinib"}, "sunitinib", ON),
        ({"imatinib", "sunitinib"}, "regorafenib", ON),
        ({"imatinib", "sunitinib", "regorafenib"}, "ripretinib", ON),
        # out of 002's order
        ({"imatinib"}, "regorafenib", CAUTION),
        ({"imatinib", "sunitinib"}, "ripretinib", CAUTION),
        # sorafenib, dasatinib, nilotinib, pazopanib come last
        ({"imatinib", "sunitinib", "regorafenib", "ripretinib"}, "sorafenib", ON),
        ({"imatinib"}, "sorafenib", CAUTION),
        ({"imatinib"}, "pazopanib", CAUTION),
        # no inhibitor that the progression could be on was imatinib
        ({"avapritinib"}, "sunitinib", "not-addressed"),
    ],
    ids=tell,
)
def test_the_sequence_after_imatinib(taken: set[str], item: str, expected: str) -> None:
    """19, in generalised progression."""
    assert verdict(gist(GENERALISED, prior_therapies=taken), item) == expected
    assert verdict(gist(GENERALISED, current_therapy=taken), item) == expected


def test_a_dose_increase_after_standard_imatinib() -> None:
    case = gist(GENERALISED, current_therapy={"imatinib"})

    assert verdict(case, "imatinib", 800) == ON


def test_imatinib_again_is_for_a_patient_who_no_longer_takes_it_and_never_for_d842v() -> None:
    again = ("imatinib-reintroduction", "palliative", "consider")

    assert again in met(gist(GENERALISED, prior_therapies={"imatinib"}, current_therapy={"sunitinib"}))
    assert again not in met(gist(GENERALISED, current_therapy={"imatinib"}))
    assert again not in met(gist(GENERALISED, prior_therapies={"imatinib"}, genotype=D842V))


def test_only_the_change_of_inhibitor_asks_for_the_performance_status() -> None:
    """000 ties the switch to performance status 0 to 2; raising the dose is tied to none by any source."""
    case = gist({**GENERALISED, "performance-status-ecog": None}, current_therapy={"imatinib"})

    assert verdict(case, "imatinib", 800) == ON
    assert verdict(case, "sunitinib") == OPEN


@pytest.mark.parametrize("item", ["imatinib", "sunitinib", "regorafenib", "ripretinib", "pazopanib"])
def test_in_limited_progression_whichever_inhibitor_is_taken_goes_on(item: str) -> None:
    """000."""
    case = gist(GENERALISED, progression="limited", prior_therapies={"imatinib"}, current_therapy={item})

    assert (item, None, "first") in met(case)


def test_local_treatment_is_described_for_growth_on_imatinib_or_avapritinib_only() -> None:
    """000 and 001; for other inhibitors 001 asks for a specialist's advice."""
    limited = {**GENERALISED, **METASTATIC, "progression": "limited"}
    on_imatinib = gist(limited, current_therapy={"imatinib"})
    on_sunitinib = gist(limited, prior_therapies={"imatinib"}, current_therapy={"sunitinib"})

    for item in ("excision", "cytoreductive-surgery"):
        assert verdict(on_imatinib, item) == ON
        assert verdict(on_sunitinib, item) == "not-addressed"


@pytest.mark.parametrize("other", ["sunitinib", "regorafenib", "larotrectinib"])
def test_embolisation_is_described_for_liver_metastases_that_any_inhibitor_no_longer_holds(
    other: str,
) -> None:
    """000 and 001: bland after imatinib with sunitinib, with chemotherapy where inhibitors do not work."""
    limited = {**GENERALISED, **METASTATIC, "progression": "limited"}

    assert verdict(gist(limited, current_therapy={other}), "embolisation") == ON
    elsewhere = gist({**limited, "metastatic-sites": {"peritoneum"}}, current_therapy={other})
    assert verdict(elsewhere, "embolisation") != ON


@pytest.mark.parametrize("genotype", ["ntrk-fusion", "braf-v600e", "wild-type"])
@pytest.mark.parametrize("progression", ["limited", "generalised"])
@pytest.mark.parametrize("mg", [400, 800])
def test_imatinib_for_a_tumour_that_it_does_not_reach_is_off_at_any_dose(
    genotype: str, progression: str, mg: float
) -> None:
    """18, after another drug too: more of what does not work is refused, not left unaddressed."""
    case = gist(GENERALISED, genotype={genotype}, progression=progression, current_therapy={"larotrectinib"})

    assert verdict(case, "imatinib", mg) == OFF


@pytest.mark.parametrize(("ecog", "expected"), [(0, ON), (2, ON), (3, OFF), (None, OPEN)])
def test_changing_the_inhibitor_is_stated_for_performance_status_0_to_2(
    ecog: int | None, expected: str
) -> None:
    """19 (000), generalised progression."""
    case = gist({**GENERALISED, "performance-status-ecog": ecog}, current_therapy={"imatinib"})

    assert verdict(case, "sunitinib") == expected


@pytest.mark.parametrize("progression", ["limited", "generalised"])
def test_a_change_of_inhibitor_while_the_genotype_is_unknown_is_a_caution(progression: str) -> None:
    """19: the same caution, with testing or a repeat biopsy suggested."""
    case = gist(GENERALISED, genotype=None, progression=progression, current_therapy={"imatinib"})
    found = judged(case, draft("sunitinib"))

    assert found.verdict == CAUTION
    assert set(found.tests) & {"mutation-testing", "repeat-biopsy"}


def test_out_of_order_is_not_denied_while_the_earlier_drugs_are_unknown() -> None:
    """Whether sunitinib was given decides between a caution and none (19): not known, not on the pathway."""
    case = gist(GENERALISED, prior_therapies=None, current_therapy={"imatinib"})

    assert verdict(case, "regorafenib") != ON


RECURRENCE: dict[str, Stated] = {
    **KIT11,
    "recurrence": "distant",
    "tumour-resected": True,
    "residual-tumour": "R0",
}


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ({"imatinib"}, {"sunitinib"}),
        ({"imatinib", "sunitinib"}, {"sunitinib", "regorafenib"}),
        ({"imatinib", "sunitinib", "regorafenib"}, {"sunitinib", "regorafenib", "ripretinib"}),
    ],
    ids=tell,
)
def test_only_the_next_inhibitor_of_the_sequence_is_named(taken: set[str], named: set[str]) -> None:
    """19: each is offered once the one before it was given; in a recurrence 002 forbids none of the earlier."""
    later = {"sunitinib", "regorafenib", "ripretinib", "sorafenib", "dasatinib", "nilotinib", "pazopanib"}
    in_recurrence = {o for o, _, _ in met(gist(RECURRENCE, prior_therapies=taken))} & later
    in_progression = {o for o, _, _ in met(gist(GENERALISED, prior_therapies=taken))} & later

    assert in_recurrence == named
    assert in_progression == named - taken


@pytest.mark.parametrize(
    "item", ["regorafenib", "ripretinib", "sorafenib", "dasatinib", "nilotinib", "pazopanib"]
)
def test_a_recurrence_lists_the_later_drugs_without_order(item: str) -> None:
    """19: 002's section on recurrence names them without order, so out of it is a caution and no refusal."""
    case = gist(RECURRENCE, prior_therapies={"imatinib"})
    found = judged(case, draft(item))

    assert (found.verdict, "gist.sequence.out-of-order" in found.reasons) == (CAUTION, True)


def test_an_early_drug_is_not_refused_for_certain_while_what_decides_it_is_unknown() -> None:
    """19: regorafenib straight after imatinib is a caution with performance status 0 to 2, which nobody recorded."""
    case = gist(GENERALISED, prior_therapies={"imatinib"}, performance_status_ecog=None)
    found = judged(case, draft("regorafenib"))

    assert (found.verdict, found.needs) == (OPEN, {"performance-status-ecog"})

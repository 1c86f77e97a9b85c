"""An order that the sources do not offer says why: written from the seeds, never a bare "not an option"."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from .cases import (
    KIT11,
    METASTATIC,
    MINIMAL,
    OFF,
    R0,
    SIGNIFICANT,
    UNRESECTABLE,
    Stated,
    draft,
    gist,
    judged,
    tell,
)

SMALL: Mapping[str, Stated] = {"primary-site": "stomach", "tumour-size-cm": 1.5, "symptomatic": False}
CHEMOTHERAPY = (
    "doxorubicin",
    "doxorubicin-liposomal",
    "epirubicin",
    "ifosfamide",
    "dacarbazine",
    "eribulin",
    "trabectedin",
)
LATER = ("regorafenib", "ripretinib", "sorafenib", "dasatinib", "nilotinib", "pazopanib")


@pytest.mark.parametrize("item", CHEMOTHERAPY)
@pytest.mark.parametrize("place", [SMALL, MINIMAL, SIGNIFICANT, UNRESECTABLE, METASTATIC], ids=tell)
def test_chemotherapy_is_said_to_do_little_in_a_gist(place: Mapping[str, Stated], item: str) -> None:
    """002: ordinary chemotherapy is not very effective; 000 and 001 name targeted drugs alone."""
    found = judged(gist({**place, **KIT11}), draft(item))

    assert (found.verdict, found.reasons, found.sources) == (
        OFF,
        ("gist.chemotherapy",),
        ("000", "001", "002"),
    )


@pytest.mark.parametrize("item", ["sunitinib", "regorafenib", "avapritinib", "dabrafenib"])
def test_surgery_comes_before_any_inhibitor_of_a_resectable_gist(item: str) -> None:
    """000, 001: management begins with resection when morbidity is minimal."""
    found = judged(gist({**MINIMAL, **KIT11}), draft(item))

    assert (found.verdict, found.reasons) == (OFF, ("gist.surgery-before-drugs",))


def test_imatinib_is_not_for_a_very_small_gist_that_may_be_watched() -> None:
    """002: endoscopy once or twice a year, or surgery."""
    found = judged(gist({**SMALL, **KIT11}), draft("imatinib"))

    assert (found.verdict, found.reasons) == (OFF, ("gist.surgery-before-drugs",))


@pytest.mark.parametrize("item", ["sunitinib", *LATER])
def test_imatinib_alone_is_named_after_surgery(item: str) -> None:
    """000, 001, 002: adjuvant treatment is imatinib or observation."""
    case = gist({**R0, **KIT11}, primary_site="stomach", tumour_size_cm=6, mitoses_per_50_hpf=8)
    found = judged(case, draft(item))

    assert (found.verdict, found.reasons) == (OFF, ("gist.adjuvant.imatinib-only",))


@pytest.mark.parametrize("place", [SIGNIFICANT, UNRESECTABLE, METASTATIC], ids=tell)
@pytest.mark.parametrize("item", ["ripretinib", "sorafenib", "dasatinib", "nilotinib"])
def test_a_later_inhibitor_is_not_for_before_imatinib(place: Mapping[str, Stated], item: str) -> None:
    """002: each is named after the one before it; imatinib is the first."""
    found = judged(gist({**place, **KIT11}), draft(item))

    assert found.verdict == OFF
    assert "gist.sequence.before-imatinib" in found.reasons
    assert [r.option for r in found.replacements] == ["imatinib"]


@pytest.mark.parametrize("item", LATER)
def test_a_later_inhibitor_is_not_for_disease_that_does_not_progress(item: str) -> None:
    """002: the next one is named when the one before no longer works; the metastases are no recurrence."""
    found = judged(gist({**METASTATIC, **KIT11}, current_therapy={"imatinib"}), draft(item))

    assert found.verdict == OFF
    assert "gist.sequence.no-progression" in found.reasons


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({**SIGNIFICANT, "genotype": {"kit-exon-9"}}, "gist.neoadjuvant.standard-dose"),
        ({**R0, "genotype": {"kit-exon-9"}}, "gist.adjuvant.standard-dose"),
    ],
    ids=tell,
)
def test_the_higher_dose_is_stated_for_advanced_disease_only(
    place: Mapping[str, Stated], reason: str
) -> None:
    """15: KIT exon 9 asks for a higher dose in unresectable and metastatic disease only."""
    found = judged(gist(place), draft("imatinib", daily_mg=800))

    assert (found.verdict, found.reasons) == (OFF, (reason,))

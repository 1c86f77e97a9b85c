"""Sites and histologies of soft-tissue sarcoma that the sources address, and those that they do not."""

from __future__ import annotations

import pytest

from .cases import Stated, assessed, draft, tell
from .sarcomas import BELLY, LARGE, LOW, RESECTABLE, SMALL, UNRESECTABLE, placed, sts
from .sts_placements import (
    A_FIXED,
    A_RESECTABLE,
    A_SPREAD,
    FIXED,
    LOCAL,
    OLIGO,
    ONE_FIXED,
    TWO,
    either,
)

EXTREMITY = [
    *("upper-limb", "shoulder", "axilla", "upper-arm", "elbow", "forearm", "wrist", "hand"),
    *("lower-limb", "hip", "buttock", "groin", "thigh", "knee", "lower-leg", "ankle", "foot"),
]
GIRDLES = {"shoulder", "axilla", "buttock", "groin", "hip"}
ABDOMINAL = [
    *("stomach", "duodenum", "jejunum", "ileum", "small-intestine", "colon", "rectum"),
    *("mesentery", "omentum", "peritoneum", "retroperitoneum", "pancreas", "liver", "abdomen"),
]


@pytest.mark.parametrize("site", EXTREMITY)
def test_limbs_and_limb_girdles_are_extremity(site: str) -> None:
    """Decision 9a: the girdles count as extremity, and that is said."""
    case = sts(SMALL, RESECTABLE, primary_site=site)

    assert placed(case) == {TWO}
    assert ("girdle-counts-as-extremity" in assessed(case).remarks) is (site in GIRDLES)


@pytest.mark.parametrize("site", ABDOMINAL)
def test_organs_and_spaces_of_the_abdomen_are_abdominal(site: str) -> None:
    assert placed(sts(BELLY, RESECTABLE, primary_site=site)) == {A_RESECTABLE}


@pytest.mark.parametrize(
    ("site", "silence"),
    [
        ("abdominal-wall", "trunk"),
        ("chest-wall", "trunk"),
        ("back", "trunk"),
        ("trunk", "trunk"),
        ("head-neck", "head-neck"),
        ("breast", "breast"),
        ("thorax", "thorax"),
        ("uterus", "uterus"),
        ("paratesticular", "paratesticular"),
    ],
)
@pytest.mark.parametrize("more", [RESECTABLE, {"m-category": "M1"}, {"recurrence": "local"}], ids=tell)
def test_sites_that_the_sources_do_not_address(site: str, silence: str, more: dict[str, Stated]) -> None:
    """Decision 4."""
    found = assessed(sts(LARGE, more, primary_site=site), draft("doxorubicin"))

    assert found.placement == "not-addressed"
    assert found.groups == ()
    assert found.to_json()["notAddressed"] == f"sts-{silence}"
    assert [v.verdict for v in found.verdicts] == ["not-addressed"]


@pytest.mark.parametrize(
    "histology",
    ["rhabdomyosarcoma", "ewing-sarcoma", "desmoplastic-small-round-cell-tumour", "dermatofibrosarcoma"],
)
@pytest.mark.parametrize("base", [{**LARGE, **RESECTABLE}, {**BELLY, **RESECTABLE}], ids=tell)
def test_histologies_that_the_sources_do_not_address(histology: str, base: dict[str, Stated]) -> None:
    """Decision 4."""
    found = assessed(sts(base, histology=histology))

    assert found.placement == "not-addressed"
    assert found.to_json()["notAddressed"] == f"sts-{histology}"


def test_an_unrecorded_histology_is_taken_for_an_addressed_one_and_said() -> None:
    silent = assessed(sts(SMALL, RESECTABLE))
    known = assessed(sts(SMALL, RESECTABLE, histology="leiomyosarcoma"))

    assert silent.groups == known.groups == ("sts-extremity-stage-2-resectable",)
    assert "histology-not-recorded" in silent.remarks
    assert "histology-not-recorded" not in known.remarks


def test_records_that_disagree_on_the_histology_keep_both_possible() -> None:
    case = sts(SMALL, RESECTABLE, histology=either("rhabdomyosarcoma", "leiomyosarcoma"))

    assert placed(case) == {TWO, "[rhabdomyosarcoma]"}
    assert assessed(case).placement == "several"
    assert assessed(case).to_json()["possiblyNotAddressed"] == ["sts-rhabdomyosarcoma"]
    assert "notAddressed" not in assessed(case).to_json()


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({**SMALL, **RESECTABLE}, {TWO, A_RESECTABLE}),
        ({**LARGE, **UNRESECTABLE}, {FIXED, A_FIXED}),
        # only the abdominal one is addressed
        ({**LOW, **UNRESECTABLE}, {ONE_FIXED, A_FIXED}),
        (
            {**LARGE, "m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 2},
            {OLIGO, A_SPREAD},
        ),
        ({**LARGE, "recurrence": "local", **RESECTABLE}, {LOCAL, A_RESECTABLE}),
    ],
    ids=tell,
)
def test_pelvis_alone_may_be_either(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 9a."""
    case = sts(stated, primary_site="pelvis")

    assert placed(case) == expected
    assert assessed(case).placement == "several"
    assert "pelvis-may-be-either" in assessed(case).remarks


def test_an_unknown_site_may_be_any() -> None:
    found = assessed(sts(SMALL, RESECTABLE, primary_site=None))
    sites = {"trunk", "head-neck", "breast", "thorax", "uterus", "paratesticular"}

    assert placed(sts(SMALL, RESECTABLE, primary_site=None)) == {
        TWO,
        A_RESECTABLE,
        *(f"[{s}]" for s in sites),
    }
    assert "primary-site" in {m.fact for m in found.missing}

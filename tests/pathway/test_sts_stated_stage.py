"""What a stated stage says of the placement of a soft-tissue sarcoma, and where it says nothing."""

from __future__ import annotations

import pytest

from .cases import Stated, assessed, tell
from .sarcomas import BELLY, LARGE, LOW, RESECTABLE, SMALL, placed, sts
from .sts_placements import A_RESECTABLE, OLIGO, ONE, THREE, TWO, either


@pytest.mark.parametrize(
    ("stated", "expected", "said"),
    [
        # it chooses where grade, depth or size are unknown
        ({**LARGE, "tumour-depth": None, "stated-stage": "II"}, {TWO}, False),
        ({**LARGE, "tumour-depth": None, "stated-stage": "III"}, {THREE}, False),
        ({"primary-site": "knee", "stated-stage": "I"}, {ONE}, False),
        ({"primary-site": "knee", "stated-stage": "III"}, {THREE}, False),
        ({**LARGE, "grade": None, "stated-stage": "III"}, {THREE}, False),
        # it agrees
        ({**SMALL, "stated-stage": "II"}, {TWO}, False),
        # it disagrees: both stay possible, and that is said
        ({**SMALL, "stated-stage": "III"}, {TWO, THREE}, True),
        ({**LARGE, "stated-stage": "II"}, {TWO, THREE}, True),
        ({**LARGE, "stated-stage": "I"}, {ONE, THREE}, True),
        ({**SMALL, "stated-stage": "I"}, {ONE, TWO}, True),
        ({**LOW, "stated-stage": "II"}, {ONE, TWO}, True),
        ({**LOW, "stated-stage": "III"}, {ONE, THREE}, True),
        ({**LARGE, "tumour-depth": None, "stated-stage": "I"}, {ONE, TWO, THREE}, True),
        ({**LARGE, "grade": None, "stated-stage": "II"}, {ONE, TWO, THREE}, True),
        # nodes and metastases outrank it
        ({**SMALL, "n-category": "N1", "stated-stage": "II"}, {THREE}, False),
        ({**SMALL, "m-category": "M1", "metastasis-extent": "limited", "stated-stage": "II"}, {OLIGO}, False),
        # IV is not among what it can choose
        ({**LARGE, "tumour-depth": None, "stated-stage": "IV"}, {TWO, THREE}, False),
        # records that contradict each other choose nothing
        ({**LARGE, "tumour-depth": None, "stated-stage": either("I", "II")}, {TWO, THREE}, False),
    ],
    ids=tell,
)
def test_a_stated_stage(stated: dict[str, Stated], expected: set[str], said: bool) -> None:
    """Decision 1."""
    found = assessed(sts(RESECTABLE, stated))

    assert placed(sts(RESECTABLE, stated)) == expected
    assert ("stage-disagrees" in found.remarks) is said


def test_a_stated_stage_iv_without_nodes_or_metastases_is_said() -> None:
    alone = assessed(sts(SMALL, RESECTABLE, stated_stage="IV"))
    with_nodes = assessed(sts(SMALL, RESECTABLE, stated_stage="IV", n_category="N1"))

    assert "stage-4-without-spread" in alone.remarks
    assert "stage-4-without-spread" not in with_nodes.remarks


@pytest.mark.parametrize("said", ["I", "II", "III", "IV"])
def test_a_stated_stage_never_places_a_retroperitoneal_tumour(said: str) -> None:
    assert placed(sts(BELLY, RESECTABLE, stated_stage=said)) == {A_RESECTABLE}


def test_nobody_is_asked_for_a_stage() -> None:
    """It gives way to grade, depth and size, so these are what is asked for."""
    missing = {m.fact for m in assessed(sts(LARGE, RESECTABLE, tumour_depth=None)).missing}

    assert "tumour-depth" in missing
    assert "stated-stage" not in missing

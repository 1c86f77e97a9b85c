"""Where a patient with a first soft-tissue sarcoma is placed: by hand, as the decisions on the placement have it."""

from __future__ import annotations

import pytest

from cds_service.case.fact import Interval

from .cases import Stated, assessed, tell
from .sarcomas import BELLY, LARGE, LOW, RESECTABLE, SMALL, UNRESECTABLE, placed, sts
from .sts_placements import (
    A_FIXED,
    A_RESECTABLE,
    A_SPREAD,
    FIXED,
    OLIGO,
    ONE,
    ONE_FIXED,
    R0,
    THREE,
    TWO,
    either,
    stage,
)

SPREAD = "extremity-stage-4-disseminated"
A_OLIGO = "abdominal-oligometastatic"


@pytest.mark.parametrize(
    ("stated", "expected", "of_stage"),
    [
        (LOW, {ONE}, {"I"}),
        # low grade is stage I at any depth and size
        ({**LOW, "tumour-depth": None, "tumour-size-cm": None}, {ONE}, {"I"}),
        ({**LOW, "n-category": "N0"}, {ONE}, {"I"}),
        # high grade: III only when deep *and* above 5 cm
        (SMALL, {TWO}, {"II"}),
        ({**SMALL, "tumour-size-cm": 5}, {TWO}, {"II"}),
        ({**SMALL, "tumour-size-cm": 5.1}, {THREE}, {"III"}),
        ({**SMALL, "tumour-size-cm": 0.5}, {TWO}, {"II"}),
        (LARGE, {THREE}, {"III"}),
        ({**LARGE, "tumour-depth": "superficial"}, {TWO}, {"II"}),
        ({**LARGE, "tumour-depth": "superficial", "tumour-size-cm": None}, {TWO}, {"II"}),
        # depth or size unknown
        ({**LARGE, "tumour-depth": None}, {TWO, THREE}, {"II", "III"}),
        ({**LARGE, "tumour-size-cm": None}, {TWO, THREE}, {"II", "III"}),
        ({**SMALL, "tumour-depth": None}, {TWO}, {"II"}),
        ({**LARGE, "tumour-size-cm": Interval(5, 9)}, {TWO, THREE}, {"II", "III"}),
        ({**LARGE, "tumour-size-cm": Interval(5, 9, low_open=True)}, {THREE}, {"III"}),
        ({**LARGE, "tumour-depth": None, "tumour-size-cm": None}, {TWO, THREE}, {"II", "III"}),
        # grade unknown
        ({**SMALL, "grade": None}, {ONE, TWO}, {"I", "II"}),
        ({**LARGE, "grade": None}, {ONE, THREE}, {"I", "III"}),
        ({**LARGE, "grade": None, "tumour-depth": None}, {ONE, TWO, THREE}, {"I", "II", "III"}),
        # N1 M0 goes with stage III at any grade, size and depth
        ({**LOW, "n-category": "N1"}, {THREE}, {"IV"}),
        ({"primary-site": "thigh", "n-category": "N1"}, {THREE}, {"IV"}),
        ({**SMALL, "n-category": either("N0", "N1")}, {TWO, THREE}, {"II", "IV"}),
    ],
    ids=tell,
)
def test_a_resectable_extremity_tumour(
    stated: dict[str, Stated], expected: set[str], of_stage: set[str]
) -> None:
    """Decisions 1 and 2."""
    assert placed(sts(RESECTABLE, stated)) == expected
    assert stage(stated, resectability="resectable") == of_stage
    assert assessed(sts(RESECTABLE, stated)).placement == ("placed" if len(expected) == 1 else "several")


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (SMALL, {FIXED}),
        (LARGE, {FIXED}),
        ({**LOW, "n-category": "N1"}, {FIXED}),
        ({**LARGE, "tumour-depth": None}, {FIXED}),
        # 3: unresectable stage I is not addressed
        (LOW, {ONE_FIXED}),
        ({**SMALL, "grade": None}, {ONE_FIXED, FIXED}),
    ],
    ids=tell,
)
def test_an_unresectable_extremity_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 3."""
    assert placed(sts(UNRESECTABLE, stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        # nobody has said whether it can be removed
        (SMALL, {TWO, FIXED}),
        (LARGE, {THREE, FIXED}),
        ({**SMALL, "n-category": "N1"}, {THREE, FIXED}),
        ({**LARGE, "grade": None}, {ONE, THREE, FIXED}),
        (BELLY, {A_RESECTABLE, A_FIXED}),
        # a tumour of low grade counts as resectable unless a surgeon has said otherwise
        (LOW, {ONE}),
        # operable at a cost is operable
        ({**LARGE, "resectability": "resectable-significant-morbidity"}, {THREE}),
        # 10: the word of a drafted resection with curative intent
        ({**LARGE, "resectability": either("resectable", "resectable-significant-morbidity")}, {THREE}),
        # removed R0 or R1, or with a wide margin: it stays in its stage group
        ({**SMALL, **R0}, {TWO}),
        ({**LARGE, **R0, "residual-tumour": "R1"}, {THREE}),
        ({**SMALL, "tumour-resected": True, "wide-margin": True}, {TWO}),
        ({**LARGE, **R0, **UNRESECTABLE}, {THREE}),
        ({**BELLY, **R0}, {A_RESECTABLE}),
        # gross residual disease says nothing of what can still be removed
        ({**LARGE, **R0, "residual-tumour": "R2"}, {THREE, FIXED}),
        ({**LARGE, **R0, "residual-tumour": "R2", **UNRESECTABLE}, {FIXED}),
        ({**LARGE, **R0, "residual-tumour": "R2", "wide-margin": True}, {THREE, FIXED}),
        # margins that nobody recorded may have been R2
        ({**LARGE, "tumour-resected": True}, {THREE, FIXED}),
        ({**LARGE, "tumour-resected": True, **RESECTABLE}, {THREE}),
        # an earlier resection says nothing of what came back
        ({**BELLY, **R0, "recurrence": "local"}, {A_RESECTABLE, A_FIXED}),
    ],
    ids=tell,
)
def test_what_tells_that_a_tumour_can_be_removed(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 10."""
    assert placed(sts(stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"metastasis-extent": "limited", "metastatic-organ-count": 1}, {OLIGO}),
        ({"metastasis-extent": "disseminated", "metastatic-organ-count": 1}, {SPREAD}),
        # with or without nodes
        ({"metastasis-extent": "limited", "n-category": "N1"}, {OLIGO}),
        # 001 sets no number of organs for a first disease of an extremity
        ({"metastasis-extent": "limited", "metastatic-organ-count": 2}, {OLIGO}),
        ({"metastasis-extent": "limited", "metastatic-organ-count": None}, {OLIGO}),
        # the extent is nobody's guess
        ({"metastatic-organ-count": 1}, {OLIGO, SPREAD}),
        ({"metastatic-organ-count": 3}, {OLIGO, SPREAD}),
        ({"metastasis-extent": "regional-nodes"}, {OLIGO, SPREAD}),
        ({"metastasis-extent": "none"}, {OLIGO, SPREAD}),
        # grade and resectability do not matter any more
        ({"metastasis-extent": "limited", "grade": None, "resectability": None}, {OLIGO}),
    ],
    ids=tell,
)
def test_an_extremity_tumour_with_distant_metastases(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 2."""
    case = sts(LARGE, {"m-category": "M1", "resectability": "unresectable", **stated})

    assert placed(case) == expected
    assert stage(LARGE, m_category="M1") == {"IV"}


def test_an_open_m_category_keeps_both_ways_open() -> None:
    unseen = either("M0", "M1")

    assert placed(sts(SMALL, RESECTABLE, m_category=unseen)) == {TWO, OLIGO, SPREAD}
    assert stage(SMALL, resectability="resectable", m_category=unseen) == {"II", "IV"}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (RESECTABLE, {A_RESECTABLE}),
        (UNRESECTABLE, {A_FIXED}),
        # grade, size and nodes do not part these groups
        ({**RESECTABLE, "grade": "low"}, {A_RESECTABLE}),
        ({**UNRESECTABLE, "grade": "low"}, {A_FIXED}),
        ({**UNRESECTABLE, "n-category": "N1"}, {A_FIXED}),
        ({**RESECTABLE, "n-category": "N1", "grade": None, "tumour-size-cm": None}, {A_RESECTABLE}),
        # primary or recurrent
        ({**RESECTABLE, "recurrence": "local"}, {A_RESECTABLE}),
        ({**UNRESECTABLE, "recurrence": "local"}, {A_FIXED}),
        ({**UNRESECTABLE, "recurrence": "regional"}, {A_FIXED}),
        # a single organ with limited bulk
        ({"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 1}, {A_OLIGO}),
        ({"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": 2}, {A_SPREAD}),
        (
            {"m-category": "M1", "metastasis-extent": "limited", "metastatic-organ-count": None},
            {A_OLIGO, A_SPREAD},
        ),
        ({"m-category": "M1", "metastasis-extent": "disseminated", "metastatic-organ-count": 1}, {A_SPREAD}),
        ({"m-category": "M1", "metastatic-organ-count": 1}, {A_OLIGO, A_SPREAD}),
        # more than one organ is never single-organ disease, whatever the bulk
        ({"m-category": "M1", "metastatic-organ-count": 2}, {A_SPREAD}),
        ({"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 1}, {A_OLIGO}),
        ({"recurrence": "distant", "metastatic-organ-count": 3}, {A_SPREAD}),
    ],
    ids=tell,
)
def test_an_abdominal_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decisions 2 and 5."""
    assert placed(sts(BELLY, stated)) == expected

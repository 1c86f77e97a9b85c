"""The placement of a soft-tissue sarcoma that came back."""

from __future__ import annotations

import pytest

from .cases import Stated, assessed, draft, tell
from .sarcomas import LARGE, LOW, PLAIN, RESECTABLE, SMALL, UNRESECTABLE, placed, sts
from .sts_placements import FIXED, LOCAL, ONE, R0, THREE, TWO, either

REGIONAL = "extremity-recurrent-regional"
BACK_OLIGO = "extremity-recurrent-oligometastatic"
BACK_SPREAD = "extremity-recurrent-disseminated"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"recurrence": "local"}, {LOCAL}),
        ({"recurrence": "regional"}, {REGIONAL}),
        (
            {"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 1},
            {BACK_OLIGO},
        ),
        # limited disease in two organs is single-organ disease nowhere but at first
        (
            {"recurrence": "distant", "metastasis-extent": "limited", "metastatic-organ-count": 2},
            {BACK_SPREAD},
        ),
        ({"recurrence": "distant", "metastasis-extent": "disseminated"}, {BACK_SPREAD}),
        ({"recurrence": "distant", "metastatic-organ-count": 2}, {BACK_SPREAD}),
        ({"recurrence": "distant", "metastatic-organ-count": 1}, {BACK_OLIGO, BACK_SPREAD}),
        # metastases beside a local recurrence are recurrent metastases
        (
            {"recurrence": "local", "m-category": "M1", "metastasis-extent": "disseminated"},
            {BACK_SPREAD},
        ),
        # a recurrence of which nobody says where
        (
            {"recurrence": either("local", "regional", "distant"), "metastatic-organ-count": 2},
            {LOCAL, REGIONAL, BACK_SPREAD},
        ),
    ],
    ids=tell,
)
def test_a_recurrence_of_an_extremity_tumour(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 5."""
    assert placed(sts(LARGE, RESECTABLE, PLAIN, stated)) == expected


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (LOW, {ONE}),
        ({**SMALL, **RESECTABLE}, {TWO}),
        ({**LARGE, **RESECTABLE}, {THREE}),
        ({**LARGE, **UNRESECTABLE}, {FIXED}),
        ({**SMALL, **RESECTABLE, "n-category": "N1"}, {THREE}),
        (SMALL, {TWO, FIXED}),
        # the first tumour was removed; that does not make the recurrence resectable
        ({**SMALL, **R0}, {TWO, FIXED}),
        # a stage at diagnosis does not describe a recurrence
        ({**LARGE, **RESECTABLE, "tumour-depth": None, "stated-stage": "II"}, {TWO, THREE}),
        ({**LARGE, **RESECTABLE, "stated-stage": "II"}, {THREE}),
    ],
    ids=tell,
)
def test_a_local_recurrence_is_treated_as_its_own_stage(
    stated: dict[str, Stated], expected: set[str]
) -> None:
    """Decision 5: the group is that of the recurrence, options and verdicts those of the primary group."""
    found = assessed(sts(stated, {"recurrence": "local"}))

    assert found.groups == ("sts-extremity-recurrent-local",)
    assert found.placement == "placed"
    assert {name.removeprefix("sts-") for name in found.treated_as} == expected
    assert found.to_json()["treatedAs"] == sorted(f"sts-{name}" for name in expected)


@pytest.mark.parametrize("base", [{**SMALL, **RESECTABLE}, {**LARGE, **UNRESECTABLE}, LOW], ids=tell)
def test_options_and_verdicts_of_a_local_recurrence_are_those_of_the_primary_group(
    base: dict[str, Stated],
) -> None:
    drafts = [draft(i, name=i) for i in ("doxorubicin", "pazopanib", "excision", "ablation", "imatinib")]
    first = assessed(sts(base), *drafts)
    again = assessed(sts(base, {"recurrence": "local"}), *drafts)

    assert {(o.option, o.role, o.line) for o in first.options} <= {
        (o.option, o.role, o.line) for o in again.options
    }
    assert [(v.option, v.verdict) for v in again.verdicts] == [(v.option, v.verdict) for v in first.verdicts]


def test_an_unresectable_local_recurrence_of_low_grade_is_not_addressed() -> None:
    """Decision 3, through decision 5."""
    found = assessed(sts(LOW, UNRESECTABLE, {"recurrence": "local"}), draft("doxorubicin"))

    assert found.placement == "not-addressed"
    assert found.groups == ("sts-extremity-recurrent-local",)
    assert found.to_json()["notAddressed"] == "sts-extremity-stage-1-unresectable"
    assert [v.verdict for v in found.verdicts] == ["not-addressed"]

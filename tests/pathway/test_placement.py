"""Where a patient is placed: decisions 4, 6, 7, 8, 9b and the definitions of `patient-groups.csv`, by hand."""

from __future__ import annotations

import csv

import pytest

from cds_service.case.fact import Choice, Interval, Members

from ..beside import shared
from .cases import R0, Stated, assessed, draft, gist, groups, knowledge, tell, unknown

SMALL = "small-observation"
MINIMAL = "resectable-minimal-morbidity"
SIGNIFICANT = "resectable-significant-morbidity"
UNRESECTABLE = "unresectable"
ADVANCED = "recurrent-or-metastatic"
LIMITED = "progressive-limited"
GENERALISED = "progressive-generalised"
LOCALISED = {MINIMAL, SIGNIFICANT, UNRESECTABLE}
ANY = {"limited", "generalised"}
EITHER = Choice(frozenset(ANY))
SOMEWHERE = Choice(frozenset({"M0", "M1"}))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        # localised, by what the surgeon says
        ({"resectability": "resectable"}, {MINIMAL}),
        ({"resectability": "resectable-significant-morbidity"}, {SIGNIFICANT}),
        ({"resectability": "unresectable"}, {UNRESECTABLE}),
        ({}, LOCALISED),
        # already removed R0 or R1
        (R0, {MINIMAL}),
        ({**R0, "residual-tumour": "R1"}, {MINIMAL}),
        # removed: what resectability was does not matter any more
        ({**R0, "resectability": "unresectable"}, {MINIMAL}),
        # 9b: removed R0 or R1 after a neoadjuvant inhibitor
        ({**R0, "neoadjuvant-therapy": {"imatinib"}}, {SIGNIFICANT}),
        ({**R0, "residual-tumour": "R1", "neoadjuvant-therapy": {"avapritinib"}}, {SIGNIFICANT}),
        ({**R0, "neoadjuvant-therapy": None}, {MINIMAL, SIGNIFICANT}),
        # 7: gross residual disease and rupture
        ({**R0, "residual-tumour": "R2"}, {ADVANCED}),
        ({**R0, "tumour-rupture": True}, {ADVANCED}),
        ({"tumour-rupture": True, "resectability": "resectable"}, {ADVANCED}),
        ({**R0, "residual-tumour": "R2", "neoadjuvant-therapy": {"imatinib"}}, {ADVANCED}),
        # margins unknown after a resection: R2 is possible
        ({**R0, "residual-tumour": None}, {MINIMAL, ADVANCED}),
        # metastatic or recurrent
        ({"m-category": "M1"}, {ADVANCED}),
        ({"m-category": "M1", "resectability": "resectable"}, {ADVANCED}),
        ({"recurrence": "local"}, {ADVANCED}),
        ({**R0, "recurrence": "distant"}, {ADVANCED}),
        ({"m-category": SOMEWHERE, "resectability": "unresectable"}, {UNRESECTABLE, ADVANCED}),
        # 8: progressing on an inhibitor
        ({"m-category": "M1", "progression": "limited", "current-therapy": {"imatinib"}}, {LIMITED}),
        ({"m-category": "M1", "progression": "generalised", "current-therapy": {"sunitinib"}}, {GENERALISED}),
        ({"m-category": "M1", "progression": "limited", "prior-therapies": {"avapritinib"}}, {LIMITED}),
        (
            {"m-category": "M1", "progression": EITHER, "current-therapy": {"imatinib"}},
            {LIMITED, GENERALISED},
        ),
        # 8: progression without any inhibitor is not "progressive" in this sense
        ({"m-category": "M1", "progression": "generalised"}, {ADVANCED}),
        ({"progression": "limited", "resectability": "unresectable"}, {UNRESECTABLE}),
        # whether one was given is unknown
        (
            {"m-category": "M1", "progression": "limited", "prior-therapies": None, "current-therapy": set()},
            {LIMITED, ADVANCED},
        ),
        # 8: relapse after a completed adjuvant inhibitor
        ({**R0, "recurrence": "distant", "prior-therapies": {"imatinib"}}, {ADVANCED}),
    ],
    ids=tell,
)
def test_placement(stated: dict[str, Stated], expected: set[str]) -> None:
    case = gist({"tumour-size-cm": 6, **stated})

    assert groups(case) == expected
    assert assessed(case).placement == ("placed" if len(expected) == 1 else "several")


WATCHED: dict[str, Stated] = {"tumour-size-cm": 1.5, "symptomatic": False, "resectability": "resectable"}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, {SMALL}),
        # strictly under 2 cm
        ({"tumour-size-cm": 2}, {MINIMAL}),
        ({"tumour-size-cm": 1.99}, {SMALL}),
        ({"tumour-size-cm": Interval(0, 2, high_open=True)}, {SMALL}),
        ({"tumour-size-cm": Interval(0, 2)}, {SMALL, MINIMAL}),
        ({"tumour-size-cm": None}, {SMALL, MINIMAL}),
        # symptoms
        ({"symptomatic": True}, {MINIMAL}),
        ({"symptomatic": None}, {SMALL, MINIMAL}),
        # only a count *known* to be above 5 ends watching; a count is rarely there before resection
        ({"mitoses-per-50-hpf": 5}, {SMALL}),
        ({"mitoses-per-50-hpf": 6}, {MINIMAL}),
        ({"mitoses-per-50-hpf": Interval(0, 20)}, {SMALL}),
        # localised and not yet resected
        (R0, {MINIMAL}),
        ({"m-category": "M1"}, {ADVANCED}),
        ({"tumour-rupture": True}, {ADVANCED}),
    ],
    ids=tell,
)
def test_a_gist_under_2_cm_without_symptoms(stated: dict[str, Stated], expected: set[str]) -> None:
    """Decision 6."""
    assert groups(gist({**WATCHED, **stated})) == expected


def test_a_small_gist_counts_as_resectable_until_a_surgeon_says_otherwise() -> None:
    """Decision 6 asks for size, symptoms and the absence of a known high count; resectability is not among
    them, so an unrecorded one leaves the patient there, and a stated one speaks for itself."""
    assert groups(gist({**WATCHED, "resectability": None})) == {"small-observation"}
    assert groups(gist({**WATCHED, "resectability": "unresectable"})) == {"unresectable"}


def test_excision_is_offered_beside_surveillance() -> None:
    """Decision 6: surveillance is 002's alone, excision is what 000 and 001 say."""
    found = {o.option: o for o in assessed(gist(WATCHED)).options}

    assert found["endoscopic-surveillance"].sources == ("002",)
    assert {"000", "001"} <= set(found["excision"].sources)
    assert found["excision"].answer is True
    assert found["endoscopic-surveillance"].differs is not None


def test_no_tumour_is_not_placed() -> None:
    found = assessed(gist(disease="none"), draft("imatinib"))

    assert found.groups == ()
    assert found.options == ()
    assert [v.verdict for v in found.verdicts] == ["out-of-scope"]


@pytest.mark.parametrize(
    ("age", "outside"), [(17, True), (17.9, True), (18, False), (60, False), (Interval(3, 9), True)]
)
def test_under_18_is_out_of_scope(age: float | Interval, outside: bool) -> None:
    """Decision 4."""
    found = assessed(gist(age_years=age, m_category="M1"), draft("imatinib"))

    assert (found.placement == "out-of-scope") is outside
    assert (found.verdicts[0].verdict == "out-of-scope") is outside


def test_an_unknown_age_that_would_end_it_all_is_named() -> None:
    """Nothing in `facts.yaml` says that no date of birth means an adult."""
    found = assessed(gist(age_years=None, m_category="M1", genotype={"kit-exon-11"}), draft("imatinib"))

    assert "age-years" in {m.fact for m in found.missing}


def test_an_unknown_disease_is_not_taken_for_none() -> None:
    found = assessed(gist(disease=Choice(frozenset({"gist", "sts", "none"}))), draft("imatinib"))

    assert found.disease == "unknown"
    assert found.groups == ()


def test_every_group_of_the_contract_has_its_pathway_and_no_other() -> None:
    with shared("contract", "patient-groups.csv").open(encoding="utf-8") as lines:
        contracted = {row["id"] for row in csv.DictReader(lines) if row["disease"] == "gist"}

    assert set(knowledge().of("gist").groups) == contracted


@pytest.mark.parametrize("name", ["tumour-rupture", "m-category", "recurrence", "progression"])
def test_a_failed_query_keeps_the_advanced_groups_possible(name: str) -> None:
    """Absence counts only for queries that succeeded (decision 10)."""
    case = gist({**R0, name: None, "prior-therapies": {"imatinib"}})

    assert groups(case) > {MINIMAL}
    assert case.facts[name].value == unknown(name)
    assert name in {m.fact for m in assessed(case).missing}


def test_a_node_counts_as_spread() -> None:
    """No source describes a node-positive GIST among the localised groups."""
    assert groups(gist(tumour_size_cm=6, n_category="N1", resectability="resectable")) == {ADVANCED}
    assert groups(gist(tumour_size_cm=6, n_category="N0", resectability="resectable")) == {MINIMAL}


def test_partly_known_therapies_are_enough_where_they_decide() -> None:
    some = Members(frozenset({"imatinib"}), frozenset({"sunitinib"}))

    assert groups(gist(m_category="M1", progression="limited", prior_therapies=some)) == {LIMITED}

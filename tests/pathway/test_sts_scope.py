"""What holds of every patient with a soft-tissue sarcoma: what is asked for, who is out of scope."""

from __future__ import annotations

import csv
from collections.abc import Mapping

import pytest

from cds_service.case.fact import Interval

from ..beside import shared
from .cases import Stated, assessed, draft, knowledge, offered, tell
from .sarcomas import BELLY, LARGE, PLAIN, RESECTABLE, SMALL, placed, sts
from .sts_placements import TWO, either


@pytest.mark.parametrize(
    ("stated", "asked", "behind"),
    [
        ({"primary-site": "pelvis"}, {"primary-site"}, "sts-region"),
        ({"primary-site": "oesophagus"}, {"primary-site"}, "sts-region"),
        (
            {"m-category": "M1", "metastatic-organ-count": 1, "metastasis-extent": "none"},
            {"metastasis-extent"},
            "metastatic-load",
        ),
        ({"stated-stage": "I"}, {"grade"}, "local-stage"),
        ({"stated-stage": "II"}, {"tumour-depth", "tumour-size-cm"}, "local-stage"),
    ],
)
def test_what_is_known_and_decides_nothing_is_asked_for_by_its_recorded_facts(
    stated: Mapping[str, Stated], asked: set[str], behind: str
) -> None:
    """A derived fact that stays open although all behind it is known is no name that a user could record."""
    found = assessed(sts(LARGE, RESECTABLE, PLAIN, stated))
    decide = {m.fact: m.behind for m in found.missing if "patientGroups" in m.changes}
    needs = {name for offered in found.options for name in offered.needs}

    assert len(placed(sts(LARGE, RESECTABLE, PLAIN, stated))) > 1
    assert decide == dict.fromkeys(asked, behind)
    assert asked <= needs
    assert not any(knowledge().vocabulary[name].derived for name in needs | decide.keys())


def test_a_definite_verdict_needs_all_that_is_possible() -> None:
    """Decision 29: where one possible region is not addressed, nothing is definite."""
    drafts = [draft("excision", name="a"), draft("doxorubicin", name="b")]
    found = assessed(sts(SMALL, RESECTABLE, primary_site=either("thigh", "trunk")), *drafts)

    assert placed(sts(SMALL, RESECTABLE, primary_site=either("thigh", "trunk"))) == {TWO, "[trunk]"}
    assert [v.verdict for v in found.verdicts] == ["undetermined", "undetermined"]


@pytest.mark.parametrize("base", [LARGE, BELLY, {**LARGE, "primary-site": "trunk"}], ids=tell)
def test_every_patient_is_referred_to_an_expert_centre(base: dict[str, Stated]) -> None:
    """000 says so of all, those among them of whom the sources say nothing else."""
    referral = offered(sts(base), "expert-centre-referral")

    assert referral is not None
    assert referral.answer is True
    assert referral.sources == ("000",)


def test_an_order_for_something_else_stays_out_of_scope_where_nothing_is_addressed() -> None:
    case = sts(LARGE, primary_site="uterus")
    other = draft("embolisation", indication="other", name="a")
    untied = draft("embolisation", indication="not-stated", name="b")
    test = draft("mutation-testing", name="c")

    assert [v.verdict for v in assessed(case, other, untied, test).verdicts] == ["out-of-scope"] * 3


@pytest.mark.parametrize(("age", "outside"), [(17.9, True), (18, False), (Interval(3, 9), True)])
def test_under_18_is_out_of_scope(age: float | Interval, outside: bool) -> None:
    """Decision 4."""
    found = assessed(sts(LARGE, RESECTABLE, age_years=age), draft("doxorubicin"))

    assert (found.placement == "out-of-scope") is outside
    assert (found.verdicts[0].verdict == "out-of-scope") is outside


def test_rules_of_one_disease_never_judge_the_other() -> None:
    """A D842V result, or a draft out of the order of the GIST inhibitors, is nothing to a sarcoma."""
    drafts = [draft(i, name=i) for i in ("imatinib", "regorafenib", "sunitinib")]
    found = assessed(sts(LARGE, RESECTABLE, genotype={"pdgfra-exon-18-insensitive"}), *drafts)

    assert [v.verdict for v in found.verdicts] == ["off-pathway"] * 3
    for disease in ("gist", "sts"):
        rules = knowledge().of(disease).judge.rules.values()
        assert {r.disease for o in rules for r in (*o.contraindicated, *o.caution)} <= {disease}
        assert {t.disease for t in knowledge().of(disease).tables} == {disease}
        assert {g.disease for g in knowledge().of(disease).groups.values()} == {disease}


def test_a_sarcoma_lists_no_facts_of_gist_and_a_gist_none_of_sarcoma() -> None:
    listed = set(assessed(sts(LARGE, RESECTABLE)).listed)

    assert {"histology", "grade", "tumour-depth", "stage"} <= listed
    assert listed.isdisjoint({"genotype", "imatinib-sensitivity", "mitoses-per-50-hpf", "recurrence-risk"})


def test_every_group_of_the_contract_can_be_reached() -> None:
    with shared("contract", "patient-groups.csv").open(encoding="utf-8") as lines:
        contracted = {row["id"] for row in csv.DictReader(lines) if row["disease"] == "sts"}
    table = knowledge().of("sts").table("patient-group")
    assert table is not None
    reached = {str(result) for row in table.rows for result in row.results}

    assert set(knowledge().of("sts").groups) == contracted
    assert reached == contracted | set(knowledge().of("sts").not_addressed)

"""Verdicts on drafted orders, cautions and what is offered instead: decisions 16 to 20 and 28 to 31, by hand."""

from __future__ import annotations

import pytest

from cds_service.case.fact import Choice, Interval

from .cases import (
    AGAINST,
    ANY_PLACE,
    CAUTION,
    D842V,
    HIGH_RISK,
    KIT11,
    LOW_RISK,
    METASTATIC,
    MINIMAL,
    NOT_COUNTED,
    OFF,
    ON,
    OPEN,
    R0,
    SIGNIFICANT,
    UNRESECTABLE,
    Stated,
    assessed,
    draft,
    gist,
    judged,
    met,
    offered,
    tell,
    verdict,
)


@pytest.mark.parametrize("fact", ["heart-failure", "short-life-expectancy"])
@pytest.mark.parametrize(
    ("stated", "daily_mg", "expected"),
    [
        ({**HIGH_RISK, **KIT11}, None, CAUTION),
        ({**METASTATIC, **KIT11}, None, CAUTION),
        ({**METASTATIC, "genotype": {"kit-exon-9"}}, 800, CAUTION),
        ({**SIGNIFICANT, **KIT11}, None, CAUTION),
        # a caution does not make an off-pathway or contraindicated order better
        ({**LOW_RISK, **KIT11}, None, OFF),
        ({**METASTATIC, "genotype": D842V}, None, AGAINST),
        # 29: definite at once, whatever the group
        ({**ANY_PLACE, **KIT11}, None, CAUTION),
    ],
    ids=tell,
)
def test_care_with_imatinib(
    fact: str, stated: dict[str, Stated], daily_mg: float | None, expected: str
) -> None:
    """28, and 000's words on heart failure and short life expectancy."""
    assert verdict(gist({**stated, fact: True}), "imatinib", daily_mg) == expected


def test_care_with_imatinib_holds_beside_binimetinib_too() -> None:
    """28 names imatinib with heart failure; the regimen holds imatinib."""
    case = gist(METASTATIC, genotype={"sdh-deficient"}, heart_failure=True)
    found = judged(case, draft("imatinib"), draft("binimetinib", name="rx-2"))

    assert found.verdict == CAUTION


def test_an_unrecorded_contraindication_lowers_nothing() -> None:
    """10: it does not change the verdict nor the option's state."""
    case = gist(HIGH_RISK, genotype={"kit-exon-11"}, heart_failure=None, short_life_expectancy=None)

    assert verdict(case, "imatinib") == ON
    assert ("imatinib", "adjuvant", "consider") in met(case)


@pytest.mark.parametrize(
    ("stated", "item", "expected"),
    [
        # the same in every possible group
        ({**KIT11}, "avapritinib", OFF),
        ({"genotype": {"wild-type"}}, "imatinib", OFF),
        # off in one, on in another
        ({**KIT11}, "imatinib", OPEN),
        ({**KIT11, "resectability": Choice(frozenset({"unresectable", "resectable"}))}, "imatinib", OPEN),
        (
            {
                **KIT11,
                "resectability": Choice(frozenset({"unresectable", "resectable-significant-morbidity"})),
            },
            "imatinib",
            ON,
        ),
        # a caution in both
        (
            {"resectability": Choice(frozenset({"unresectable", "resectable-significant-morbidity"}))},
            "imatinib",
            CAUTION,
        ),
        # R2 or not: observation after resection, imatinib in metastatic disease
        ({**LOW_RISK, **KIT11, "residual-tumour": Choice(frozenset({"R1", "R2"}))}, "imatinib", OPEN),
    ],
    ids=tell,
)
def test_several_groups_need_one_answer(stated: dict[str, Stated], item: str, expected: str) -> None:
    """29."""
    assert verdict(gist({**ANY_PLACE, **stated}), item) == expected


def test_a_replacement_offered_by_every_group_is_everywhere() -> None:
    """29: recommended only if it is an option in all."""
    found = judged(gist(UNRESECTABLE, genotype=D842V), draft("imatinib")).replacements

    assert [(r.option, r.everywhere) for r in found] == [("avapritinib", True)]


def test_a_replacement_offered_by_some_groups_names_them() -> None:
    """29: offered with its condition."""
    found = judged(gist(ANY_PLACE, genotype=D842V), draft("imatinib")).replacements

    assert [(r.option, r.everywhere, set(r.groups)) for r in found] == [
        ("avapritinib", False, {"gist-resectable-significant-morbidity", "gist-unresectable"})
    ]


def test_no_drug_replaces_imatinib_where_none_is_offered() -> None:
    assert judged(gist(METASTATIC, genotype={"nf1"}), draft("imatinib")).replacements == ()
    assert judged(gist(HIGH_RISK, genotype=D842V), draft("imatinib")).replacements == ()


def test_an_order_on_the_pathway_is_not_replaced() -> None:
    assert judged(gist(METASTATIC, **KIT11), draft("imatinib")).replacements == ()


@pytest.mark.parametrize("base", [HIGH_RISK, METASTATIC, UNRESECTABLE, SIGNIFICANT, MINIMAL], ids=tell)
def test_the_expert_centre_and_a_trial_are_for_everyone(base: dict[str, Stated]) -> None:
    """000's general approach."""
    assert {("expert-centre-referral", None, "plus"), ("clinical-trial", None, "consider")} <= met(gist(base))


def test_excision_comes_first_where_it_costs_little() -> None:
    assert ("excision", "primary", "first") in met(gist(MINIMAL))
    assert offered(gist(HIGH_RISK), "excision", "primary") is None


def test_every_verdict_but_out_of_scope_says_why_and_from_where() -> None:
    for stated in (HIGH_RISK, LOW_RISK, METASTATIC, UNRESECTABLE, SIGNIFICANT, MINIMAL):
        for genotype in ({"kit-exon-11"}, D842V, {"wild-type"}):
            found = judged(gist(stated, genotype=genotype), draft("imatinib"))
            assert found.reasons, (stated, genotype)
            assert found.sources, (stated, genotype)


def test_a_missing_mitotic_count_heads_the_list_where_it_decides() -> None:
    found = assessed(gist(NOT_COUNTED, **KIT11), draft("imatinib"))

    assert [(m.fact, "orders" in m.changes) for m in found.missing] == [("mitoses-per-50-hpf", True)]


def test_a_size_beyond_the_last_cut_point_does_not_ask_for_a_number() -> None:
    """A jejunal GIST of more than 10 cm is at high risk whatever its size and count."""
    case = gist(
        R0, primary_site="jejunum", tumour_size_cm=Interval(10, low_open=True), genotype={"kit-exon-11"}
    )
    found = assessed(case, draft("imatinib"))

    assert [v.verdict for v in found.verdicts] == [ON]
    assert found.missing == ()


def test_observation_also_holds_after_imatinib_and_another_agent_before_surgery() -> None:
    """14, 16: after sunitinib observation is recommended, after imatinib it may be continued; both were given."""
    case = gist(
        {**HIGH_RISK, **KIT11},
        resectability="resectable-significant-morbidity",
        neoadjuvant_therapy={"imatinib", "sunitinib"},
        prior_therapies={"imatinib", "sunitinib"},
    )

    assert {("imatinib", "adjuvant", "consider"), ("observation", "adjuvant", "consider")} <= met(case)


def test_what_decides_the_first_line_is_asked_before_what_decides_palliation() -> None:
    """Symptoms decide on radiotherapy for them alone, the genotype on every drug (000, 001, 002)."""
    assert [m.fact for m in assessed(gist(METASTATIC)).missing] == ["genotype", "symptomatic"]

"""Verdicts on drafted orders and what is offered instead: decisions 16 to 20 and 28 to 31, by hand."""

from __future__ import annotations

import pytest

from cds_service.case.fact import Choice, Interval

from .cases import (
    AGAINST,
    ANY_PLACE,
    CAUTION,
    D842V,
    GENERALISED,
    HIGH_RISK,
    KIT11,
    LOW_RISK,
    METASTATIC,
    MINIMAL,
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

MODERATE_RISK = {**HIGH_RISK, "primary-site": "jejunum", "mitoses-per-50-hpf": 2}
VERY_LOW_RISK = {**LOW_RISK, "tumour-size-cm": 4}
RISK_LEFT_OUT = {**LOW_RISK, "tumour-size-cm": 1.5}
NOT_COUNTED = {**HIGH_RISK, "mitoses-per-50-hpf": None}


@pytest.mark.parametrize(
    ("base", "genotype", "expected"),
    [
        # 16: high or moderate risk and sensitive
        (HIGH_RISK, {"kit-exon-11"}, ON),
        (MODERATE_RISK, {"kit-exon-11"}, ON),
        ({**HIGH_RISK, "residual-tumour": "R1"}, {"pdgfra-other"}, ON),
        (HIGH_RISK, {"kit-exon-9"}, ON),
        # 16: low or very low risk, whatever the genotype (18)
        (LOW_RISK, {"kit-exon-11"}, OFF),
        (VERY_LOW_RISK, {"kit-exon-11"}, OFF),
        (LOW_RISK, None, OFF),
        (VERY_LOW_RISK, None, OFF),
        # 16: insensitive
        (HIGH_RISK, {"wild-type"}, OFF),
        (HIGH_RISK, {"sdh-deficient"}, OFF),
        (HIGH_RISK, {"nf1"}, OFF),
        (HIGH_RISK, D842V, AGAINST),
        (LOW_RISK, D842V, AGAINST),
        # 16: risk unknown or not defined
        (NOT_COUNTED, {"kit-exon-11"}, OPEN),
        (RISK_LEFT_OUT, {"kit-exon-11"}, OPEN),
        (RISK_LEFT_OUT, None, OPEN),
        (NOT_COUNTED, {"wild-type"}, OFF),
        (RISK_LEFT_OUT, {"wild-type"}, OFF),
        # 18: adjuvant with the genotype unknown
        (HIGH_RISK, None, OPEN),
        (MODERATE_RISK, None, OPEN),
        # 15: contested sensitivity
        (HIGH_RISK, {"pdgfra-exon-18-contested"}, OPEN),
        # surgery comes first
        (MINIMAL, {"kit-exon-11"}, OFF),
        (MINIMAL, None, OFF),
        # margins not recorded: adjuvant, or metastatic if R2; both agree only at high risk and R2
        ({**LOW_RISK, "residual-tumour": None}, {"kit-exon-11"}, OPEN),
    ],
    ids=tell,
)
def test_adjuvant_imatinib(base: dict[str, Stated], genotype: set[str] | None, expected: str) -> None:
    assert verdict(gist(base, genotype=genotype), "imatinib") == expected


@pytest.mark.parametrize(
    ("base", "genotype", "option"),
    [
        (HIGH_RISK, {"kit-exon-11"}, "imatinib"),
        (MODERATE_RISK, {"kit-exon-11"}, "imatinib"),
        (LOW_RISK, {"kit-exon-11"}, "observation"),
        (VERY_LOW_RISK, None, "observation"),
        (HIGH_RISK, {"wild-type"}, "observation"),
        (HIGH_RISK, D842V, "observation"),
    ],
    ids=tell,
)
def test_after_resection_it_is_either_imatinib_or_observation(
    base: dict[str, Stated], genotype: set[str] | None, option: str
) -> None:
    drugs_and_watching = {o for o in met(gist(base, genotype=genotype)) if o[1] == "adjuvant"}

    assert drugs_and_watching == {(option, "adjuvant", "consider")}


def test_adjuvant_imatinib_carries_all_three_sources_and_their_difference() -> None:
    """16: 000 and 001 say at least three years, 002 at least one."""
    found = offered(gist(HIGH_RISK, genotype={"kit-exon-11"}), "imatinib", "adjuvant")

    assert found is not None
    assert set(found.sources) == {"000", "001", "002"}
    assert found.differs is not None


@pytest.mark.parametrize("base", [HIGH_RISK, NOT_COUNTED])
def test_the_mutation_test_is_offered_while_genotype_and_risk_leave_it_open(base: dict[str, Stated]) -> None:
    assert ("mutation-testing", None, "plus") in {
        (o.option, o.role, o.line) for o in assessed(gist(base)).options
    }
    assert offered(gist(base, **KIT11), "mutation-testing") is None
    assert offered(gist(LOW_RISK), "mutation-testing") is None


def test_a_risk_that_no_source_defines_is_asked_for() -> None:
    """16: undetermined, with what to ask."""
    found = judged(gist(RISK_LEFT_OUT, genotype={"kit-exon-11"}), draft("imatinib"))

    assert found.needs == {"recurrence-risk"}
    assert found.reasons == ("gist.adjuvant.risk-not-defined",)


@pytest.mark.parametrize(
    ("stated", "item", "expected"),
    [
        # 16: imatinib goes on after neoadjuvant imatinib under the same conditions
        ({**HIGH_RISK, **KIT11, "neoadjuvant-therapy": {"imatinib"}}, "imatinib", ON),
        ({**LOW_RISK, **KIT11, "neoadjuvant-therapy": {"imatinib"}}, "imatinib", OFF),
        ({**HIGH_RISK, "genotype": {"wild-type"}, "neoadjuvant-therapy": {"imatinib"}}, "imatinib", OFF),
        ({**NOT_COUNTED, **KIT11, "neoadjuvant-therapy": {"imatinib"}}, "imatinib", OPEN),
        # 16: after any other neoadjuvant agent observation
        ({**HIGH_RISK, **KIT11, "neoadjuvant-therapy": {"avapritinib"}}, "imatinib", OFF),
        ({**HIGH_RISK, "genotype": D842V, "neoadjuvant-therapy": {"avapritinib"}}, "avapritinib", OFF),
    ],
    ids=tell,
)
def test_after_neoadjuvant_treatment(stated: dict[str, Stated], item: str, expected: str) -> None:
    assert verdict(gist(stated), item) == expected


@pytest.mark.parametrize("agent", ["avapritinib", "larotrectinib", "entrectinib", "sunitinib", "dabrafenib"])
def test_observation_follows_any_other_neoadjuvant_agent(agent: str) -> None:
    case = gist(HIGH_RISK, neoadjuvant_therapy={agent}, genotype={"kit-exon-11"})

    assert ("observation", "adjuvant", "consider") in met(case)


@pytest.mark.parametrize(
    ("genotype", "drugs"),
    [
        ({"kit-exon-11"}, {"imatinib"}),
        ({"kit-exon-9"}, {"imatinib"}),
        ({"pdgfra-other"}, {"imatinib"}),
        (D842V, {"avapritinib"}),
        ({"ntrk-fusion"}, {"larotrectinib", "entrectinib", "repotrectinib"}),
        ({"sdh-deficient"}, {"sunitinib"}),
        ({"braf-v600e"}, {"dabrafenib+trametinib"}),
        ({"nf1"}, set()),
        ({"wild-type"}, set()),
    ],
    ids=tell,
)
def test_neoadjuvant_drugs_by_genotype(genotype: set[str], drugs: set[str]) -> None:
    """17 and 000's list; nothing where it could not lower the morbidity of surgery."""
    reducible = met(gist(SIGNIFICANT, genotype=genotype))
    useless = met(gist(SIGNIFICANT, genotype=genotype, morbidity_reducible=False))

    assert {o for o, role, line in reducible if role == "neoadjuvant" and line == "first"} == drugs
    assert {o for o, role, line in useless if role == "neoadjuvant" and line == "first"} == set()


def test_sdh_deficiency_before_surgery_may_also_be_watched() -> None:
    """17: sunitinib (000), or observation or a trial (001 alone)."""
    found = offered(gist(SIGNIFICANT, genotype={"sdh-deficient"}), "observation", "neoadjuvant")

    assert found is not None
    assert (found.answer, found.line, found.sources) == (True, "consider", ("001",))


def test_a_biopsy_comes_before_a_neoadjuvant_inhibitor() -> None:
    """17: 002 confirms the GIST first."""
    found = offered(gist(SIGNIFICANT), "diagnostic-biopsy")

    assert found is not None
    assert "002" in found.sources


ADVANCED_DRUGS: list[tuple[set[str], set[str]]] = [
    ({"kit-exon-11"}, {"imatinib"}),
    ({"kit-exon-9"}, {"imatinib", "imatinib-high-dose"}),
    ({"kit-other"}, {"imatinib"}),
    ({"pdgfra-other"}, {"imatinib"}),
    (D842V, {"avapritinib"}),
    ({"ntrk-fusion"}, {"larotrectinib", "entrectinib", "repotrectinib"}),
    ({"sdh-deficient"}, {"sunitinib", "regorafenib", "pazopanib", "imatinib+binimetinib"}),
    ({"braf-v600e"}, {"dabrafenib+trametinib"}),
    # 20: no drug is listed
    ({"nf1"}, set()),
    ({"wild-type"}, set()),
]
DRUGS = set().union(*(drugs for _, drugs in ADVANCED_DRUGS))


@pytest.mark.parametrize(("genotype", "drugs"), ADVANCED_DRUGS, ids=tell)
@pytest.mark.parametrize("base", [UNRESECTABLE, METASTATIC, {**R0, "residual-tumour": "R2"}], ids=tell)
def test_drugs_of_advanced_disease_by_genotype(
    base: dict[str, Stated], genotype: set[str], drugs: set[str]
) -> None:
    assert {o for o, _, _ in met(gist(base, genotype=genotype))} & DRUGS == drugs


@pytest.mark.parametrize(
    ("genotype", "expected"),
    [
        ({"sdh-deficient"}, True),
        ({"nf1"}, True),
        ({"wild-type"}, True),
        ({"kit-exon-11"}, False),
        ({"kit-exon-11", "nf1"}, False),
        (D842V, False),
    ],
    ids=tell,
)
def test_observation_in_metastatic_disease_without_kit_or_pdgfra_mutation(
    genotype: set[str], expected: bool
) -> None:
    """20; the sources say it of metastatic disease only."""
    assert (("observation", None, "consider") in met(gist(METASTATIC, genotype=genotype))) is expected
    assert offered(gist(UNRESECTABLE, genotype=genotype), "observation") is None


@pytest.mark.parametrize("base", [SIGNIFICANT, UNRESECTABLE, METASTATIC], ids=tell)
def test_imatinib_while_the_genotype_is_unknown_is_a_caution_with_the_test(base: dict[str, Stated]) -> None:
    """18: neoadjuvant, unresectable, metastatic."""
    found = judged(gist(base), draft("imatinib"))

    assert found.verdict == CAUTION
    assert found.tests == ("mutation-testing",)
    assert "genotype" in {m.fact for m in assessed(gist(base), draft("imatinib")).missing}


@pytest.mark.parametrize(
    "base", [MINIMAL, SIGNIFICANT, UNRESECTABLE, METASTATIC, HIGH_RISK, ANY_PLACE], ids=tell
)
@pytest.mark.parametrize("daily_mg", [None, 400, 800])
def test_imatinib_against_d842v_is_contraindicated_wherever_the_patient_is(
    base: dict[str, Stated], daily_mg: float | None
) -> None:
    """18; at once, whatever the group (29)."""
    assert verdict(gist(base, genotype=D842V), "imatinib", daily_mg) == AGAINST


@pytest.mark.parametrize("base", [UNRESECTABLE, METASTATIC], ids=tell)
def test_a_companion_does_not_lift_the_contraindication_of_imatinib(base: dict[str, Stated]) -> None:
    """18 excepts imatinib with binimetinib from "insensitive otherwise" alone, not from D842V."""
    found = judged(gist(base, genotype=D842V), draft("imatinib"), draft("binimetinib", name="rx-2"))

    assert found.verdict == AGAINST


@pytest.mark.parametrize("genotype", ["wild-type", "sdh-deficient", "nf1", "braf-v600e", "ntrk-fusion"])
@pytest.mark.parametrize("base", [SIGNIFICANT, UNRESECTABLE, METASTATIC, HIGH_RISK], ids=tell)
def test_imatinib_is_off_the_pathway_if_insensitive_otherwise(base: dict[str, Stated], genotype: str) -> None:
    assert verdict(gist(base, genotype={genotype}), "imatinib") == OFF


@pytest.mark.parametrize(
    ("base", "expected"),
    [(UNRESECTABLE, ON), (METASTATIC, ON), (SIGNIFICANT, OFF), (HIGH_RISK, OFF)],
    ids=tell,
)
def test_imatinib_with_binimetinib_in_sdh_deficiency(base: dict[str, Stated], expected: str) -> None:
    """18's exception, for unresectable and metastatic disease."""
    found = judged(
        gist(base, genotype={"sdh-deficient"}), draft("imatinib"), draft("binimetinib", name="rx-2")
    )

    assert (found.option, found.verdict) == ("imatinib+binimetinib", expected)


@pytest.mark.parametrize("base", [UNRESECTABLE, METASTATIC], ids=tell)
@pytest.mark.parametrize(
    ("genotype", "expected"),
    [(D842V, ON), ({"kit-exon-11"}, OFF), ({"wild-type"}, OFF), ({"pdgfra-other"}, OFF), (None, OPEN)],
    ids=tell,
)
def test_avapritinib(base: dict[str, Stated], genotype: set[str] | None, expected: str) -> None:
    assert verdict(gist(base, genotype=genotype), "avapritinib") == expected


@pytest.mark.parametrize(
    ("base", "genotype", "expected"),
    [
        (SIGNIFICANT, D842V, ON),
        (SIGNIFICANT, {"kit-exon-11"}, OFF),
        (MINIMAL, D842V, OFF),
        (HIGH_RISK, D842V, OFF),
        (ANY_PLACE, D842V, OPEN),
        (ANY_PLACE, {"kit-exon-11"}, OFF),
    ],
    ids=tell,
)
def test_avapritinib_in_localised_disease(base: dict[str, Stated], genotype: set[str], expected: str) -> None:
    assert verdict(gist(base, genotype=genotype), "avapritinib") == expected


@pytest.mark.parametrize(
    ("base", "genotype", "daily_mg", "option", "expected"),
    [
        # 15: exon 9 may be given more, in unresectable and metastatic disease only
        (METASTATIC, {"kit-exon-9"}, 400, "imatinib", ON),
        (METASTATIC, {"kit-exon-9"}, 800, "imatinib-high-dose", ON),
        (UNRESECTABLE, {"kit-exon-9"}, 800, "imatinib-high-dose", ON),
        (METASTATIC, {"kit-exon-11"}, 800, "imatinib-high-dose", OFF),
        (HIGH_RISK, {"kit-exon-9"}, 800, "imatinib-high-dose", OFF),
        (SIGNIFICANT, {"kit-exon-9"}, 800, "imatinib-high-dose", OFF),
        # 19: above 400 mg a day
        (METASTATIC, {"kit-exon-11"}, 401, "imatinib-high-dose", OFF),
        (METASTATIC, {"kit-exon-11"}, 300, "imatinib", ON),
        (METASTATIC, {"kit-exon-11"}, None, "imatinib", ON),
    ],
    ids=tell,
)
def test_the_dose_of_imatinib(
    base: dict[str, Stated], genotype: set[str], daily_mg: float | None, option: str, expected: str
) -> None:
    found = judged(gist(base, genotype=genotype), draft("imatinib", daily_mg=daily_mg))

    assert (found.option, found.verdict) == (option, expected)


def test_without_a_gain_from_downsizing_the_operation_is_left() -> None:
    case = gist(SIGNIFICANT, **KIT11, morbidity_reducible=False)

    assert verdict(case, "excision") == ON
    assert verdict(case, "imatinib") == OFF


def test_whether_to_operate_where_no_drug_is_listed_for_the_genotype_is_not_addressed() -> None:
    assert verdict(gist(SIGNIFICANT, genotype={"nf1"}), "excision") == "not-addressed"


def test_imatinib_that_was_not_tolerated_is_a_caution() -> None:
    case = gist(METASTATIC, **KIT11, prior_therapies={"imatinib"}, not_tolerated={"imatinib"})

    assert verdict(case, "imatinib") == CAUTION
    assert verdict(case, "sunitinib") == ON


def test_embolisation_is_for_the_liver() -> None:
    limited = {**GENERALISED, "m-category": "M1", "progression": "limited", "current-therapy": {"imatinib"}}

    assert verdict(gist({**limited, "metastatic-sites": {"liver"}}), "embolisation") == ON
    assert verdict(gist({**limited, "metastatic-sites": {"peritoneum"}}), "embolisation") == CAUTION


def test_few_abdominal_places_are_not_few_with_the_lung() -> None:
    """002 speaks of one or two places in the abdomen."""
    few = ("cytoreductive-surgery", "metastases", "consider")

    assert few in met(gist(METASTATIC, **KIT11, metastatic_sites={"peritoneum"}))
    assert few not in met(gist(METASTATIC, **KIT11, metastatic_sites={"liver", "lung"}))


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

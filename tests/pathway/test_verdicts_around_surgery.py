"""Verdicts on orders for GIST before and after surgery: by hand."""

from __future__ import annotations

import pytest

from .cases import (
    AGAINST,
    D842V,
    HIGH_RISK,
    KIT11,
    LOW_RISK,
    MINIMAL,
    NOT_COUNTED,
    OFF,
    ON,
    OPEN,
    SIGNIFICANT,
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

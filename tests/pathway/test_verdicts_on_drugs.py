"""Verdicts on drugs for GIST by genotype, dose and what was given before: by hand."""

from __future__ import annotations

import pytest

from .cases import (
    AGAINST,
    ANY_PLACE,
    CAUTION,
    D842V,
    GENERALISED,
    HIGH_RISK,
    KIT11,
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

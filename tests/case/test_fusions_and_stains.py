"""The genotype from fusions, stains of SDHB and BRAF, and neurofibromatosis."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ABSENT,
    LOINC,
    SCT,
    SO,
    Json,
    component,
    concept,
    condition,
    fact_of,
    gene,
    gist,
    observation,
    present,
    protein,
    variant,
)

from .genotypes import genotype, significance


@pytest.mark.parametrize("order", [("ETV6", "NTRK3"), ("NTRK3", "ETV6")])
def test_a_fusion_with_the_partner_in_either_order(order: tuple[str, str]) -> None:
    assert genotype(variant("v", gene(order[0]), gene(order[1]))) == {"ntrk-fusion"}


@pytest.mark.parametrize(
    "evidence",
    [
        component("48006-1", valueCodeableConcept=concept(SO, "SO:0001565")),
        component("48006-1", valueCodeableConcept=concept("http://sequenceontology.org", "SO:0001886")),
        component("81252-9", valueCodeableConcept=concept(text="ETV6::NTRK3")),
    ],
    ids=["gene-fusion", "transcript-fusion", "text"],
)
def test_a_fusion_by_its_consequence_or_name(evidence: Json) -> None:
    assert genotype(variant("v", gene("NTRK3"), evidence)) == {"ntrk-fusion"}


def test_an_ntrk_point_variant_is_no_fusion() -> None:
    assert genotype(variant("v", gene("NTRK1"), protein("p.Gly595Arg"))) == set()


def test_a_panel_with_ntrk_among_its_genes_is_no_fusion() -> None:
    """A point change on a panel over several genes says nothing of a fusion."""
    panel = variant("v", gene("KIT"), gene("NTRK1"), gene("NTRK3"), protein("p.Val559Asp"))
    assert "ntrk-fusion" not in genotype(panel)


@pytest.mark.parametrize("text", ["No fusion detected", "fusion not detected", "negative for gene fusion"])
def test_a_fusion_denied_in_words_is_no_fusion(text: str) -> None:
    denied = component("48006-1", valueString=text)
    assert genotype(variant("v", gene("NTRK1"), protein("p.Gly595Arg"), denied)) == set()


def test_a_negative_fusion_panel_is_no_fusion() -> None:
    assert genotype(variant("v", gene("ETV6"), gene("NTRK3"), value=ABSENT)) == set()


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(SCT, "260385009")},
        {"valueString": "loss of expression"},
        {"valueString": "Lost"},
        {"valueCodeableConcept": concept(text="SDHB deficient")},
        {"valueString": "Loss of expression in tumour cells, internal control positive"},
        {"valueString": "Lost, with retained internal control"},
    ],
    ids=["negative", "loss", "lost", "deficient", "control-positive", "control-retained"],
)
def test_sdhb_lost_on_staining(value: Json) -> None:
    assert genotype(observation("s", concept(text="SDHB immunohistochemistry"), **value)) == {"sdh-deficient"}


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(SCT, "10828004")},
        {"valueString": "Retained"},
        {"valueString": "no loss of expression"},
        {"valueString": "Not lost"},
        {"valueString": "No evidence of loss"},
        {"valueString": "loss of expression not identified"},
        {"valueString": "not deficient"},
        {"valueString": "negative for loss of expression"},
    ],
    ids=lambda value: str(next(iter(value.values())))[:30],
)
def test_sdhb_kept_on_staining_is_no_deficiency(value: Json) -> None:
    assert genotype(observation("s", concept(text="SDHB immunohistochemistry"), **value)) == set()


@pytest.mark.parametrize("name", ["SDHB gene mutation analysis", "SDHB sequencing", "SDHB mutation"])
@pytest.mark.parametrize(
    "value",
    [{"valueCodeableConcept": concept(SCT, "260385009")}, {"valueString": "Negative"}],
    ids=["coded", "text"],
)
def test_a_negative_sdhb_gene_test_is_no_deficiency(name: str, value: Json) -> None:
    """On a stain negative means lost; on a gene test it means that nothing was found."""
    assert genotype(observation("s", concept(text=name), **value)) == set()


@pytest.mark.parametrize(
    "method",
    [concept(LOINC, "LA26398-0", display="Sequencing"), concept(text="Next generation sequencing")],
    ids=["coded", "text"],
)
@pytest.mark.parametrize(
    "value",
    [{"valueCodeableConcept": concept(LOINC, "LA6577-6")}, {"valueString": "Negative"}],
    ids=["coded", "text"],
)
def test_sdhb_found_negative_by_sequencing_is_no_deficiency(method: Json, value: Json) -> None:
    assert genotype(observation("s", concept(text="SDHB"), method=method, **value)) == set()


@pytest.mark.parametrize("value", ["Negative", "Positive"])
def test_sdhb_negative_by_nobody_knows_what_is_left_open(value: str) -> None:
    """Of a stain it means lost, of the gene that nothing was found."""
    fact = fact_of("genotype", gist(), observation("s", concept(text="SDHB"), valueString=value))
    assert present(fact) == set()
    assert fact.why == "uncodable"


def test_sdhb_stained_by_its_method_is_lost() -> None:
    stained = concept(text="Immunohistochemical analysis")
    lost = observation("s", concept(text="SDHB"), method=stained, valueString="Negative")
    assert genotype(lost) == {"sdh-deficient"}


@pytest.mark.parametrize(
    "said", ["Loss of expression, internal control negative", "Negative, no internal control"]
)
def test_sdhb_lost_where_the_control_is_lost_too_is_left_open(said: str) -> None:
    assert genotype(observation("s", concept(text="SDHB immunohistochemistry"), valueString=said)) == set()


@pytest.mark.parametrize("code", ["LA6668-3", "LA26332-9"])
def test_a_pathogenic_sdhb_variant_is_sdh_deficient(code: str) -> None:
    assert genotype(variant("v", gene("SDHB"), protein("p.Arg90*"), significance(code))) == {"sdh-deficient"}


def test_an_sdhb_variant_of_unsaid_significance_is_no_deficiency() -> None:
    assert genotype(variant("v", gene("SDHB"), protein("p.Ser163Pro"))) == set()


@pytest.mark.parametrize(("code", "expected"), [("10828004", {"braf-v600e"}), ("260385009", set())])
def test_the_braf_v600e_stain(code: str, expected: set[str]) -> None:
    stain = observation("s", concept(LOINC, "85299-6"), valueCodeableConcept=concept(SCT, code))
    assert genotype(stain) == expected


@pytest.mark.parametrize(
    "code", [concept(SCT, "92824003"), concept("http://hl7.org/fhir/sid/icd-10-cm", "Q8501")]
)
def test_neurofibromatosis(code: Json) -> None:
    assert genotype(condition("nf", code)) == {"nf1"}

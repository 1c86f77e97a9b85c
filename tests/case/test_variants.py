"""The genotype from a variant in every spelling, by exon and by gene."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    CLINVAR,
    HGNC,
    HGVS,
    LOINC,
    Json,
    component,
    concept,
    fact_of,
    gene,
    gist,
    in_doubt,
    observation,
    present,
    protein,
    region,
    variant,
)

from .genotypes import D842V, genotype


@pytest.mark.parametrize(
    "change",
    [
        "p.D842V",
        "p.Asp842Val",
        "p.(Asp842Val)",
        "Asp842Val",
        "D842V",
        "NP_006197.1:p.Asp842Val",
        "NP_006197.2:p.(Asp842Val)",
        "PDGFRA D842V",
        "PDGFRA p.D842V",
        "PDGFRA:p.D842V",
        "p.D842V (c.2525A>T)",
        "NM_006206.6(PDGFRA):c.2525A>T (p.Asp842Val)",
    ],
)
def test_d842v_in_every_spelling_is_insensitive(change: str) -> None:
    """Imatinib is contraindicated by it, so no laboratory's way of writing it may hide it."""
    assert genotype(variant("v", gene("PDGFRA"), protein(change))) == {D842V}


@pytest.mark.parametrize("change", ["c.2525A>T", "NM_006206.6:c.2525A>T", "NM_006206.4:c.2525A>T"])
def test_d842v_as_a_coding_change(change: str) -> None:
    found = component("48004-6", valueCodeableConcept=concept(HGVS, change))
    assert genotype(variant("v", gene("PDGFRA"), found)) == {D842V}


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": concept(CLINVAR, "13543")},
        {"valueCodeableConcept": concept(text="PDGFRA D842V")},
        {"valueCodeableConcept": concept("http://www.ncbi.nlm.nih.gov/projects/SNP", "rs121908585")},
    ],
    ids=["clinvar", "text", "dbsnp"],
)
def test_d842v_as_a_discrete_variant(value: Json) -> None:
    assert genotype(variant("v", gene("PDGFRA"), component("81252-9", **value))) == {D842V}


def test_a_listed_variant_names_its_gene_itself() -> None:
    """ClinVar 13543 is PDGFRA D842V whether or not a component repeats the gene."""
    found = component("81252-9", valueCodeableConcept=concept(CLINVAR, "13543"))
    assert genotype(variant("v", found)) == {D842V}


def test_a_protein_change_as_a_string() -> None:
    found = component("48005-3", valueString="p.Asp842Val")
    assert genotype(variant("v", gene("PDGFRA"), found)) == {D842V}


def test_d842v_beside_another_change_of_the_same_gene_is_seen() -> None:
    first, second = protein("p.Val561Asp"), protein("p.Asp842Val")
    assert D842V in genotype(variant("v", gene("PDGFRA"), first, second))
    assert D842V in genotype(variant("v", gene("PDGFRA"), second, first))


@pytest.mark.parametrize(
    ("symbol", "change", "member"),
    [
        ("KIT", "p.Val559Asp", "kit-exon-11"),
        ("KIT", "p.Trp557_Lys558del", "kit-exon-11"),
        ("KIT", "p.W557_K558delinsC", "kit-exon-11"),
        ("KIT", "p.Ala502_Tyr503dup", "kit-exon-9"),
        ("KIT", "p.A502_Y503insAY", "kit-exon-9"),
        ("KIT", "p.Lys642Glu", "kit-other"),
        ("KIT", "p.Val654Ala", "kit-other"),
        ("KIT", "p.Asn822Lys", "kit-other"),
        ("PDGFRA", "p.Val561Asp", "pdgfra-other"),
        ("PDGFRA", "p.Asn659Lys", "pdgfra-other"),
        ("PDGFRA", "p.Ile843del", "pdgfra-other"),
        ("PDGFRA", "p.Asp842_His845del", "pdgfra-other"),
        ("PDGFRA", "p.Asp842Tyr", "pdgfra-exon-18-contested"),
        ("PDGFRA", "p.Asp842Ile", "pdgfra-exon-18-contested"),
        ("PDGFRA", "p.D842_I843delinsVM", "pdgfra-exon-18-contested"),
        ("BRAF", "p.Val600Glu", "braf-v600e"),
        ("BRAF", "V600E", "braf-v600e"),
    ],
)
def test_a_protein_change_decides_the_member(symbol: str, change: str, member: str) -> None:
    assert genotype(variant("v", gene(symbol), protein(change))) == {member}


@pytest.mark.parametrize("change", ["p.Val600Lys", "p.Gly469Ala"])
def test_another_braf_mutation_is_not_v600e(change: str) -> None:
    assert genotype(variant("v", gene("BRAF"), protein(change))) == set()


@pytest.mark.parametrize(
    ("symbol", "exon", "member"),
    [
        ("KIT", "Exon 9", "kit-exon-9"),
        ("KIT", "Exon #11", "kit-exon-11"),
        ("KIT", "exon 11", "kit-exon-11"),
        ("KIT", "ex11", "kit-exon-11"),
        ("KIT", "Exon 13", "kit-other"),
        ("PDGFRA", "Exon 12", "pdgfra-other"),
        ("PDGFRA", "Exon 18", "pdgfra-exon-18-contested"),
    ],
)
def test_an_exon_alone(symbol: str, exon: str, member: str) -> None:
    """PDGFRA exon 18 without the change is neither D842V nor sensitive."""
    assert genotype(variant("v", gene(symbol), region(exon))) == {member}


@pytest.mark.parametrize(
    "found",
    [
        variant("v", component("81252-9", valueCodeableConcept=concept(text="KIT exon 11")), gene("KIT")),
        variant("v", gene("KIT"), value=None, valueString="KIT exon 11 mutation"),
        observation("v", concept(LOINC, "69548-6", text="KIT exon 11"), valueCodeableConcept=concept(
            LOINC, "LA9633-4"), component=[gene("KIT")]),
    ],
    ids=["variation-code", "value-string", "code-text"],
)  # fmt: skip
def test_an_exon_in_the_other_places_where_laboratories_put_it(found: Json) -> None:
    """It must at least be no other KIT mutation than the one that is named."""
    assert "kit-exon-11" in genotype(found)


def test_kit_without_an_exon_is_kit_other() -> None:
    assert genotype(variant("v", gene("KIT"))) == {"kit-other"}


def test_pdgfra_without_detail_is_not_sensitive() -> None:
    """It may be D842V."""
    fact = fact_of("genotype", gist(), variant("v", gene("PDGFRA")))
    assert present(fact) == set()
    assert in_doubt(fact, D842V)


@pytest.mark.parametrize(
    "value",
    [
        concept("http://www.genenames.org/", "HGNC:8803"),
        concept("http://www.genenames.org/geneId", "HGNC:8803"),
        concept(HGNC, "8803"),
        concept(HGNC, "PDGFRA"),
        concept(HGNC, "PDGFRA", display="PDGFRA"),
        concept(text="PDGFRA"),
        {"coding": [{"system": "urn:local", "code": "7"}, {"system": HGNC, "code": "HGNC:8803"}]},
    ],
    ids=["slash", "old-uri", "no-prefix", "symbol-as-code", "symbol-and-display", "text", "standard-last"],
)
def test_a_gene_in_every_encoding(value: Json) -> None:
    named = component("48018-6", valueCodeableConcept=value)
    assert genotype(variant("v", named, protein("p.D842V"))) == {D842V}


@pytest.mark.parametrize("symbol", ["NRAS", "PDGFRA", "BAP1", "TP53"])
def test_a_gene_id_that_disagrees_with_its_display_decides_nothing(symbol: str) -> None:
    """Published examples label 6342 (KIT) as NRAS; nobody can tell which of the two was meant."""
    swapped = component("48018-6", valueCodeableConcept=concept(HGNC, "HGNC:6342", display=symbol))
    assert genotype(variant("v", swapped, protein("p.Val559Asp"))) == set()


def test_one_change_is_not_a_change_of_every_gene_on_the_panel() -> None:
    """Residue 559 exists in both genes; one Observation names two genes and one change."""
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), gene("PDGFRA"), protein("p.Asp816Val")))
    assert present(fact) == set()

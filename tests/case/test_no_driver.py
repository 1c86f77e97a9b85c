"""What is reported of the genes and is no driver: negatives, benign variants, stains."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ABSENT,
    HGVS,
    LOINC,
    SCT,
    Json,
    component,
    concept,
    excluded,
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

from .genotypes import D842V, genotype, significance


def test_one_negative_over_both_genes_is_wild_type_for_them() -> None:
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), gene("PDGFRA"), value=ABSENT))
    assert present(fact) == {"wild-type"}
    assert excluded(fact, "kit-exon-11")
    assert excluded(fact, D842V)
    assert in_doubt(fact, "sdh-deficient")
    assert in_doubt(fact, "ntrk-fusion")


def test_two_negatives_are_wild_type() -> None:
    kit = variant("k", gene("KIT"), value=ABSENT)
    pdgfra = variant("p", gene("PDGFRA"), value=ABSENT)
    assert genotype(kit, pdgfra) == {"wild-type"}


@pytest.mark.parametrize("symbol", ["KIT", "PDGFRA"])
def test_one_gene_tested_is_not_wild_type(symbol: str) -> None:
    fact = fact_of("genotype", gist(), variant("v", gene(symbol), value=ABSENT))
    assert present(fact) == set()
    assert in_doubt(fact, D842V if symbol == "KIT" else "kit-exon-11")


@pytest.mark.parametrize("exons", ["Exon 11", "exon 9 and exon 11", "Exons 9, 11"])
def test_exons_tested_are_not_the_whole_gene(exons: str) -> None:
    """Without exons 13 and 17 a KIT mutation is not excluded."""
    kit = variant("k", gene("KIT"), region(exons), value=ABSENT)
    pdgfra = variant("p", gene("PDGFRA"), value=ABSENT)
    fact = fact_of("genotype", gist(), kit, pdgfra)
    assert "wild-type" not in present(fact)
    assert in_doubt(fact, "kit-other")


def test_d842v_excluded_excludes_nothing_else() -> None:
    fact = fact_of("genotype", gist(), variant("v", gene("PDGFRA"), protein("p.D842V"), value=ABSENT))
    assert excluded(fact, D842V)
    assert in_doubt(fact, "pdgfra-other")


def test_nothing_tested_is_unknown() -> None:
    fact = fact_of("genotype", gist())
    assert fact.why == "missing"
    assert present(fact) == set()


def test_a_mutation_found_later_ends_wild_type() -> None:
    """An earlier panel was negative; the later one found the driver."""
    before = variant("a", gene("KIT"), gene("PDGFRA"), value=ABSENT, effectiveDateTime="2024-01-10")
    later = variant("b", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-01-10")
    assert genotype(before, later) == {"kit-exon-11"}


def test_a_mutation_disputed_on_one_day_is_conflicting() -> None:
    no = variant("a", gene("KIT"), gene("PDGFRA"), value=ABSENT, effectiveDateTime="2025-01-10")
    yes = variant("b", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-01-10")
    fact = fact_of("genotype", gist(), no, yes)
    assert fact.why == "conflicting"
    assert present(fact) == set()
    assert in_doubt(fact, "kit-exon-11")


@pytest.mark.parametrize(
    "said",
    [
        significance("LA6675-8"),
        significance("LA26333-7"),
        significance(text="Benign"),
        significance(text="Likely benign"),
        significance(text="Variant of uncertain significance"),
        significance(text="Variant of unknown significance"),
        significance(text="VUS"),
        significance("LA26334-5"),
    ],
    ids=[
        "benign",
        "uncertain",
        "t-benign",
        "t-likely-benign",
        "t-uncertain",
        "t-unknown",
        "vus",
        "LA26334-5",
    ],
)
def test_benign_and_uncertain_variants_are_no_driver(said: Json) -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Ile"), said)) == set()


@pytest.mark.parametrize(
    ("symbol", "p", "c"),
    [("PDGFRA", "p.Pro567=", "c.1701A>G"), ("PDGFRA", "p.Val824=", "c.2472C>T"), ("KIT", "p.Leu862=", "c.2586G>C")],
)  # fmt: skip
def test_a_synonymous_change_is_no_driver(symbol: str, p: str, c: str) -> None:
    """Common polymorphisms change no residue; the coding change beside them must not count as a mutation."""
    coding = component("48004-6", valueCodeableConcept=concept(HGVS, c))
    assert genotype(variant("v", gene(symbol), coding, protein(p))) == set()


def test_a_synonymous_change_in_a_named_exon_is_no_driver() -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Leu576="), region("Exon 11"))) == set()


@pytest.mark.parametrize("code", ["40552-2", "51185-7"])
def test_a_cd117_stain_is_no_genotype(code: str) -> None:
    stain = observation("s", concept(LOINC, code), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(stain) == set()


@pytest.mark.parametrize("name", ["DOG1 immunostain", "CD117 (KIT) immunohistochemistry"])
def test_a_stain_named_in_words_is_no_genotype(name: str) -> None:
    stain = observation("s", concept(text=name), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(stain) == set()


def test_a_pdgfrb_rearrangement_is_no_pdgfra() -> None:
    fish = observation("f", concept(LOINC, "78220-1"), valueCodeableConcept=concept(SCT, "10828004"))
    assert genotype(fish) == set()

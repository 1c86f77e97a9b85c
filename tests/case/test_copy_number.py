"""More or fewer copies of a gene are no mutation of it: the sources speak of mutations (decision 15)."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ABSENT,
    SO,
    Json,
    component,
    concept,
    excluded,
    fact_of,
    gene,
    gist,
    present,
    protein,
    variant,
)

from .genotypes import D842V, genotype

COPIES = [
    component("82155-3", valueQuantity={"value": 9, "unit": "1"}),
    component("48019-4", valueCodeableConcept=concept(SO, "SO:0001742")),
    component("48019-4", valueCodeableConcept=concept(SO, "SO:0001743")),
    component("48019-4", valueCodeableConcept=concept(SO, "SO:0001019")),
    component("48019-4", valueCodeableConcept=concept(text="Amplification")),
    component("81252-9", valueCodeableConcept=concept(text="KIT amplification")),
]
KINDS = ["number", "gain", "loss", "variation", "type-in-words", "variation-code"]


@pytest.mark.parametrize("symbol", ["KIT", "PDGFRA"])
@pytest.mark.parametrize("copies", COPIES, ids=KINDS)
def test_a_copy_number_change_is_no_mutation(symbol: str, copies: Json) -> None:
    fact = fact_of("genotype", gist(), variant("v", gene(symbol), copies))
    assert present(fact) == set()
    assert fact.why == "uncodable"


@pytest.mark.parametrize("said", ["KIT amplification", "Amplified, copy number 9"])
def test_an_amplification_in_the_words_of_the_result_is_no_mutation(said: str) -> None:
    assert genotype(variant("v", gene("KIT"), value=None, valueString=said)) == set()


def test_no_amplification_excludes_no_mutation() -> None:
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), gene("PDGFRA"), COPIES[1], value=ABSENT))
    assert present(fact) == set()
    assert not excluded(fact, D842V)
    assert not excluded(fact, "kit-exon-11")


def test_a_mutation_beside_its_copy_number_counts() -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Asp"), COPIES[0])) == {"kit-exon-11"}


def test_a_duplication_inside_an_exon_is_a_mutation() -> None:
    kind = component("48019-4", valueCodeableConcept=concept(SO, "SO:1000035", display="duplication"))
    assert genotype(variant("v", gene("KIT"), protein("p.Ala502_Tyr503dup"), kind)) == {"kit-exon-9"}

"""What a laboratory says of a variant's significance, and what it does to the variant.

Only a variant that is said to be harmless is none; a change that the sources name (decision 15) counts whatever
the words, unless they say benign; words that nobody foresaw must not hide a change.
"""

from __future__ import annotations

import pytest

from tests.case.chart import LOINC, Json, component, fact_of, gene, gist, present, protein, variant

from .genotypes import D842V, genotype, significance

DRIVERS = [
    significance("LA6668-3"),
    significance("LA26332-9"),
    significance(text="Pathogenic"),
    significance(text="Pathogenic (somatic)"),
    significance(text="Likely pathogenic, activating"),
    significance(text="Oncogenic"),
    significance(text="Likely oncogenic"),
    significance(text="Tier I - Strong clinical significance"),
    significance(text="Tier IA"),
    significance(text="Tier II-C"),
    significance(text="tier 1"),
    component("53037-8", valueString="Oncogenic"),
    # of the response to a drug, which says nothing against the variant
    significance("LA9660-7"),
    significance("LA6676-6"),
    significance("LA6677-4"),
    significance("LA9661-5"),
]
HARMLESS = [
    significance("LA6675-8"),
    significance("LA26334-5"),
    significance(text="Benign"),
    significance(text="Likely benign"),
]
UNCERTAIN = [
    significance("LA26333-7"),
    significance(text="VUS"),
    significance(text="Variant of uncertain significance"),
    significance(text="Uncertain clinical significance"),
    significance(text="Tier III - Variants of Unknown Clinical Significance"),
]
UNKNOWN_WORDS = [
    significance(text="Actionable"),
    significance(text="Class 5"),
    significance(text="Conflicting interpretations of pathogenicity"),
    significance(text="Pathogenic / Likely benign, conflicting"),
    significance("LA99999-9"),
]


def words(said: Json) -> str:
    value = said.get("valueCodeableConcept", {})
    return str(said.get("valueString") or value.get("text") or value["coding"][0]["code"])


@pytest.mark.parametrize("said", DRIVERS, ids=words)
def test_a_variant_that_is_said_to_drive_the_tumour_counts(said: Json) -> None:
    assert genotype(variant("v", gene("PDGFRA"), protein("p.Asp842Val"), said)) == {D842V}
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Asp"), said)) == {"kit-exon-11"}


@pytest.mark.parametrize("said", HARMLESS, ids=words)
def test_a_benign_variant_is_no_driver_whatever_it_is(said: Json) -> None:
    assert genotype(variant("v", gene("PDGFRA"), protein("p.Asp842Val"), said)) == set()
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), protein("p.Val559Ile"), said))
    assert present(fact) == set()
    assert fact.why == "missing"


@pytest.mark.parametrize("said", UNCERTAIN, ids=words)
def test_a_variant_of_uncertain_significance_counts_only_if_the_sources_name_it(said: Json) -> None:
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Ile"), said)) == set()
    assert genotype(variant("v", gene("PDGFRA"), protein("p.Asp842Val"), said)) == {D842V}


@pytest.mark.parametrize("said", UNKNOWN_WORDS, ids=words)
def test_words_that_nobody_foresaw_hide_no_variant(said: Json) -> None:
    assert genotype(variant("v", gene("PDGFRA"), protein("p.Asp842Val"), said)) == {D842V}
    fact = fact_of("genotype", gist(), variant("v", gene("KIT"), protein("p.Val559Asp"), said))
    assert present(fact) == set()
    assert fact.why == "uncodable"
    assert [e.resource for e in fact.evidence] == ["Observation/v"]


def test_an_oncogenic_sdh_variant_is_sdh_deficient() -> None:
    found = variant("v", gene("SDHB"), protein("p.Arg90*"), significance(text="Likely oncogenic"))
    assert genotype(found) == {"sdh-deficient"}


def test_of_two_significances_the_graver_counts() -> None:
    """Two databases are quoted: what one of them calls a driver is none that may be passed over."""
    both = significance("LA6675-8"), significance("LA6668-3")
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Asp"), *both)) == {"kit-exon-11"}


def test_a_variant_without_a_significance_counts() -> None:
    empty = component("53037-8", dataAbsentReason={"coding": [{"system": LOINC, "code": "unknown"}]})
    assert genotype(variant("v", gene("KIT"), protein("p.Val559Asp"), empty)) == {"kit-exon-11"}

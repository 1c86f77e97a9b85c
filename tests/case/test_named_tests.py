"""Results without a usable code, whose name says what was looked for."""

from __future__ import annotations

import pytest

from tests.case.chart import SCT, Json, concept, excluded, fact_of, gist, observation, present

from .genotypes import D842V, genotype

LOCAL = "urn:oid:1.2.840.114350.1.13.0.1.7.2.696871"
POSITIVE = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"

YES: list[Json] = [
    {"valueString": "Detected"},
    {"valueString": "POSITIVE"},
    {"valueString": "Mutation present"},
    {"valueCodeableConcept": concept(LOCAL, "9", "Positive", display="Positive")},
    {"valueCodeableConcept": concept(SCT, "10828004")},
    {"valueBoolean": True},
    {"valueString": "POS", "interpretation": [concept(POSITIVE, "POS")]},
    {"interpretation": [concept(POSITIVE, "POS")]},
]
NO: list[Json] = [
    {"valueString": "Not detected"},
    {"valueString": "Negative"},
    {"valueCodeableConcept": concept(text="Absent")},
    {"valueString": "Wild type"},
    {"valueBoolean": False},
    {"interpretation": [concept(POSITIVE, "NEG")]},
]
OPEN: list[Json] = [
    {"valueString": "Mutation status unknown"},
    {"valueString": "Pending"},
    {"valueString": "see addendum"},
    {"valueString": "Detected?"},
    {"valueString": "Not sequenced"},
    {"valueString": "Done"},
    {"valueString": "KIT and PDGFRA mutations detected"},
]
NAMES = [
    ("PDGFRA D842V", D842V),
    ("PDGFRA D842V mutation", D842V),
    ("PDGFRA p.Asp842Val (exon 18)", D842V),
    ("KIT exon 11 mutation", "kit-exon-11"),
    ("KIT exon 9", "kit-exon-9"),
    ("BRAF V600E", "braf-v600e"),
]


def named(name: str, said: Json) -> Json:
    return observation("n", concept(LOCAL, "77", name, display=name), **said)


@pytest.mark.parametrize(("name", "member"), NAMES)
@pytest.mark.parametrize("said", YES, ids=str)
def test_what_the_name_asks_for_and_the_result_confirms_is_found(name: str, member: str, said: Json) -> None:
    assert genotype(named(name, said)) == {member}


@pytest.mark.parametrize(("name", "member"), NAMES)
@pytest.mark.parametrize("said", NO, ids=str)
def test_what_the_name_asks_for_and_the_result_denies_is_excluded(name: str, member: str, said: Json) -> None:
    fact = fact_of("genotype", gist(), named(name, said))
    assert present(fact) == set()
    assert excluded(fact, member)


@pytest.mark.parametrize("name", [name for name, _ in NAMES])
@pytest.mark.parametrize("said", OPEN, ids=str)
def test_an_answer_that_is_not_understood_is_named(name: str, said: Json) -> None:
    """A positive test in words of which nothing is made must not look as if none had been done."""
    fact = fact_of("genotype", gist(), named(name, said))
    assert present(fact) == set()
    assert fact.why == "uncodable"
    assert [e.resource for e in fact.evidence] == ["Observation/n"]


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("Exon 11 mutation detected (p.W557_K558del)", {"kit-exon-11"}),
        ("exon 11 deletion", {"kit-exon-11"}),
        ("p.Trp557_Lys558del", {"kit-exon-11"}),
        ("KIT exon 11 mutation found", {"kit-exon-11"}),
        ("Pathogenic KIT mutation detected, exon not reported", {"kit-other"}),
        ("Mutation detected", {"kit-other"}),
        ("Mutation undetectable", set()),
        ("Mutation: none", set()),
        ("Mutation analysis: WT", set()),
        ("No exon 9 mutation, exon 11 mutation or exon 17 mutation detected", set()),
    ],
)
def test_the_result_says_what_was_found_in_the_gene_of_the_name(value: str, members: set[str]) -> None:
    assert genotype(named("KIT gene analysis", {"valueString": value})) == members


@pytest.mark.parametrize(
    "name",
    [
        "KIT mutation analysis",
        "Family history of KIT exon 11 mutation",
        "PDGFRA D842V positive control",
        "KIT exon 11 mutation testing requested",
    ],
)
def test_a_name_that_is_no_plain_question_makes_no_find_of_a_yes(name: str) -> None:
    assert genotype(named(name, {"valueBoolean": True})) == set()


@pytest.mark.parametrize("name", ["CD117 (KIT)", "c-KIT", "KIT immunohistochemistry"])
def test_a_stain_of_the_protein_is_neither_found_nor_named(name: str) -> None:
    fact = fact_of("genotype", gist(), named(name, {"valueString": "Positive"}))
    assert present(fact) == set()
    assert fact.why == "missing"

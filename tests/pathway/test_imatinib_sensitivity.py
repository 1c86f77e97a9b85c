"""Which genotypes respond to imatinib: decision 15, by hand."""

from __future__ import annotations

import pytest

from cds_service.case.fact import Choice, Members

from .cases import assessed, gist, tell, unknown

SENSITIVE = {"sensitive"}
INSENSITIVE = {"insensitive"}
OPEN = SENSITIVE | INSENSITIVE
# negative KIT and PDGFRA tests close those genes and say nothing of the others
KIT_PDGFRA_NEGATIVE = Members(
    frozenset({"wild-type"}), frozenset({"sdh-deficient", "nf1", "braf-v600e", "ntrk-fusion"})
)


def sensitivity(genotype: set[str] | Members | None) -> set[object]:
    value = assessed(gist(genotype=genotype)).facts["imatinib-sensitivity"].value
    assert isinstance(value, Choice)
    return set(value.possible)


@pytest.mark.parametrize(
    ("genotype", "expected"),
    [
        # a KIT or PDGFRA mutation other than insensitive exon 18 variants
        ({"kit-exon-11"}, SENSITIVE),
        ({"kit-exon-9"}, SENSITIVE),
        ({"kit-other"}, SENSITIVE),
        ({"pdgfra-other"}, SENSITIVE),
        ({"pdgfra-exon-18-insensitive"}, INSENSITIVE),
        # sources contest it: nobody settles that in silence
        ({"pdgfra-exon-18-contested"}, OPEN),
        # tested and negative, or another driver
        ({"wild-type"}, INSENSITIVE),
        (KIT_PDGFRA_NEGATIVE, INSENSITIVE),
        ({"sdh-deficient"}, INSENSITIVE),
        ({"nf1"}, INSENSITIVE),
        ({"braf-v600e"}, INSENSITIVE),
        ({"ntrk-fusion"}, INSENSITIVE),
        ({"wild-type", "sdh-deficient"}, INSENSITIVE),
        # a resistance mutation beside its driver changes nothing; alone it says nothing
        ({"kit-exon-11", "kit-secondary"}, SENSITIVE),
        ({"kit-secondary"}, OPEN),
        # a driver mutation counts beside neurofibromatosis
        ({"kit-exon-11", "nf1"}, SENSITIVE),
        ({"pdgfra-exon-18-insensitive", "kit-exon-11"}, INSENSITIVE),
        (None, OPEN),
        # KIT alone tested and negative is not wild type
        (Members(frozenset(), frozenset({"pdgfra-other", "pdgfra-exon-18-insensitive", "nf1"})), OPEN),
    ],
    ids=tell,
)
def test_sensitivity_of_a_genotype(genotype: set[str] | Members | None, expected: set[object]) -> None:
    assert sensitivity(genotype) == expected


def test_a_judgement_on_record_settles_a_contested_variant_but_not_d842v() -> None:
    judged = gist(genotype={"pdgfra-exon-18-contested"}, imatinib_sensitivity="insensitive")
    against = gist(genotype={"pdgfra-exon-18-insensitive"}, imatinib_sensitivity="sensitive")

    assert assessed(judged).facts["imatinib-sensitivity"].value == Choice(frozenset({"insensitive"}))
    assert assessed(against).facts["imatinib-sensitivity"].value == Choice(frozenset(OPEN))


def test_genotype_and_sensitivity_are_always_listed() -> None:
    """In a GIST both are said even when unknown (the assessment's contract)."""
    found = assessed(gist())

    assert {"genotype", "imatinib-sensitivity"} <= set(found.listed)
    assert found.facts["genotype"].value == unknown("genotype")


@pytest.mark.parametrize(
    ("genotype", "remark"), [({"pdgfra-exon-18-contested"}, "exon-18-contested"), ({"kit-exon-11"}, None)]
)
def test_a_contested_variant_says_why_its_sensitivity_is_open(genotype: set[str], remark: str | None) -> None:
    remarks = set(assessed(gist(genotype=genotype)).remarks)

    assert ("exon-18-contested" in remarks) is (remark is not None)

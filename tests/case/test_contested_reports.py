"""A report in words that denies what an older record found (decision 12)."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    Json,
    concept,
    fact_of,
    gene,
    gist,
    in_doubt,
    observation,
    present,
    protein,
    variant,
)

from .genotypes import D842V, report

FOUND = report("KIT exon 11 mutation detected.", "old", issued="2025-03-01T08:00:00Z")
CODED = variant("old", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-03-01")


def amended(conclusion: str, on: str = "2025-03-10") -> Json:
    return report(conclusion, "new", status="amended", issued=f"{on}T08:00:00Z")


@pytest.mark.parametrize("before", [FOUND, CODED], ids=["words", "coded"])
@pytest.mark.parametrize(
    "conclusion",
    [
        "AMENDED REPORT: previous report issued in error. No KIT mutation.",
        "No mutation in KIT, PDGFRA or BRAF.",
        "KIT exon 11 mutation: not detected.",
        "KIT: wild type",
        "KIT: no mutation in exons 9, 11, 13 and 17.",
    ],
)
def test_a_newer_denial_leaves_an_older_find_contested(before: Json, conclusion: str) -> None:
    fact = fact_of("genotype", gist(), before, amended(conclusion))
    assert present(fact) == set()
    assert fact.why == "conflicting"
    assert in_doubt(fact, "kit-exon-11")
    assert [e.resource.split("/")[1] for e in fact.evidence] == ["new", "old"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KIT gene analysis", "Negative"),
        ("KIT sequencing", "No mutation in KIT detected"),
        ("KIT exon 11 mutation", "Not detected"),
        ("Molecular pathology of KIT", "No KIT mutation"),
    ],
)
def test_a_newer_result_in_words_leaves_an_older_find_contested(name: str, value: str) -> None:
    new = observation("new", concept(text=name), valueString=value, effectiveDateTime="2025-03-10")
    fact = fact_of("genotype", gist(), CODED, new)
    assert present(fact) == set()
    assert fact.why == "conflicting"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CD117 (KIT)", "Negative"),
        ("PDGFRA gene analysis", "Negative"),
        ("KIT gene analysis", "Failed"),
        ("KIT gene amplification", "Negative"),
        ("KIT germline mutation analysis", "Negative"),
        ("KIT mutation analysis, plasma", "Negative"),
        ("KIT exon 9 mutation", "Negative"),
    ],
)
def test_a_result_of_something_else_contests_no_find(name: str, value: str) -> None:
    new = observation("new", concept(text=name), valueString=value, effectiveDateTime="2025-03-10")
    assert present(fact_of("genotype", gist(), CODED, new)) == {"kit-exon-11"}


@pytest.mark.parametrize(
    "conclusion",
    [
        "No mutation in PDGFRA.",
        "KIT exon 9 mutation: not detected.",
        "No further KIT mutation.",
        "No secondary KIT mutation detected.",
        "ctDNA: no KIT mutation detected.",
        "KIT could not be sequenced.",
        "KIT mutation analysis failed.",
        "KIT negative, DOG1 positive.",
        "KIT exon 11 mutation confirmed, no mutation in exon 9.",
    ],
)
def test_what_is_no_denial_of_it_contests_no_find(conclusion: str) -> None:
    assert present(fact_of("genotype", gist(), CODED, amended(conclusion))) == {"kit-exon-11"}


def test_a_find_after_a_denial_is_news() -> None:
    later = variant("v", gene("PDGFRA"), protein("p.Asp842Val"), effectiveDateTime="2025-06-01")
    assert present(fact_of("genotype", gist(), amended("No PDGFRA mutation."), later)) == {D842V}


def test_a_report_does_not_contest_itself() -> None:
    both = report("Block 1: no KIT mutation. Block 2: KIT exon 11 mutation detected.")
    assert present(fact_of("genotype", gist(), both)) == {"kit-exon-11"}


def test_words_alone_make_no_wild_type() -> None:
    """Prose seldom says how much of a gene was looked at: insensitive is more than it can carry."""
    fact = fact_of("genotype", gist(), report("No mutation in KIT. No mutation in PDGFRA."))
    assert present(fact) == set()
    assert fact.why == "uncodable"

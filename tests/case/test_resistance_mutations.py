"""Mutations that arose under an inhibitor and leave the driver open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    fact_of,
    gene,
    gist,
    in_doubt,
    present,
    protein,
    request,
    statement,
    variant,
)

from .genotypes import D842V, genotype


@pytest.mark.parametrize("change", ["p.Val654Ala", "p.Thr670Ile", "p.Asp816Val", "p.Asp820Tyr"])
def test_a_secondary_mutation_after_imatinib_leaves_the_driver_open(change: str) -> None:
    found = variant("v", gene("KIT"), protein(change), effectiveDateTime="2025-06-01")
    fact = fact_of("genotype", gist(), statement("im", "imatinib", "2024-01-01"), found)
    assert present(fact) == {"kit-secondary"}
    assert in_doubt(fact, "kit-exon-11")
    assert in_doubt(fact, D842V)


def test_an_exon_11_mutation_after_imatinib_is_the_driver() -> None:
    found = variant("v", gene("KIT"), protein("p.Val559Asp"), effectiveDateTime="2025-06-01")
    assert genotype(statement("im", "imatinib", "2024-01-01"), found) == {"kit-exon-11"}


def test_before_imatinib_the_same_mutation_is_the_driver() -> None:
    found = variant("v", gene("KIT"), protein("p.Lys642Glu"), effectiveDateTime="2023-06-01")
    assert genotype(statement("im", "imatinib", "2024-01-01"), found) == {"kit-other"}


@pytest.mark.parametrize(
    ("found_on", "given_on"), [(None, "2024-01-01"), ("2025-06-01", None), ("2024", "2024-05-01")]
)
def test_a_mutation_that_may_be_secondary_is_not_called_the_driver(
    found_on: str | None, given_on: str | None
) -> None:
    """With imatinib on record and the order of the two unknown, V654A may be resistance alone."""
    dated: dict[str, Any] = {"effectiveDateTime": found_on} if found_on else {}
    found = variant("v", gene("KIT"), protein("p.Val654Ala"), **dated)
    fact = fact_of("genotype", gist(), statement("im", "imatinib", given_on), found)
    assert "kit-other" not in present(fact)


def test_a_drafted_or_active_order_of_another_patient_is_no_therapy() -> None:
    elsewhere = request("im", "imatinib", "2024-01-01", subject={"reference": "Patient/p2"})
    found = variant("v", gene("KIT"), protein("p.Lys642Glu"), effectiveDateTime="2025-06-01")
    assert genotype(elsewhere, found) == {"kit-other"}

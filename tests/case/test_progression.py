"""On which drug a tumour progressed: the date of the disease status against those of the drugs."""

from __future__ import annotations

import pytest

from .chart import LOINC, SCT, Json, concept, fact_of, gist, observation, possible, request, stated

WORSE = concept(SCT, "271299001")


def worse(on: str | None) -> Json:
    dated = {"effectiveDateTime": on} if on else {}
    return observation("status", concept(LOINC, "97509-4"), valueCodeableConcept=WORSE, **dated)


IMATINIB_BEFORE = request("imatinib", "imatinib", "2024-02-01", status="stopped")


def test_growth_on_the_drug_that_is_taken_is_progression() -> None:
    found = fact_of("progression", gist(), worse("2025-06-01"), request("imatinib", "imatinib", "2024-02-01"))

    assert possible(found) == {"limited", "generalised"}


def test_growth_before_the_drug_that_is_taken_leaves_open_whether_it_grows_on_that() -> None:
    """8: the progression was on imatinib; of sunitinib, begun after it, the record says nothing yet."""
    chart = (gist(), IMATINIB_BEFORE, worse("2025-06-01"), request("sunitinib", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"none", "limited", "generalised"}
    assert fact_of("progression", *chart).remarks == ("before-current-drug",)
    assert possible(fact_of("treatment-response", *chart)) == {"response", "stable", "progression"}


def test_a_stated_extent_of_older_growth_is_kept_beside_none() -> None:
    limited = stated("progression", value="limited", effectiveDateTime="2025-06-01")
    found = fact_of("progression", gist(), IMATINIB_BEFORE, limited, request("s", "sunitinib", "2025-07-01"))

    assert possible(found) == {"none", "limited"}


def test_a_newer_status_speaks_for_the_drug_that_is_taken() -> None:
    chart = (gist(), IMATINIB_BEFORE, worse("2025-09-01"), request("s", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


@pytest.mark.parametrize(
    ("status_on", "begun"),
    [("2025-07", "2025-07-15"), (None, "2025-07-01"), ("2025-06-01", None)],
    ids=["overlapping dates", "status without date", "drug without date"],
)
def test_unclear_dates_keep_the_progression(status_on: str | None, begun: str | None) -> None:
    chart = (gist(), worse(status_on), request("s", "sunitinib", begun))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


def test_an_older_record_of_the_same_drug_shows_that_it_was_taken_then() -> None:
    """A renewal is dated after the growth, the first prescription before it."""
    first = request("s-1", "sunitinib", "2025-01-01", status="completed")
    chart = (gist(), first, worse("2025-06-01"), request("s-2", "sunitinib", "2025-07-01"))

    assert possible(fact_of("progression", *chart)) == {"limited", "generalised"}


def test_drugs_that_were_only_taken_earlier_change_nothing() -> None:
    found = fact_of("progression", gist(), IMATINIB_BEFORE, worse("2023-06-01"))

    assert possible(found) == {"limited", "generalised"}

"""Silence that is no answer: what failed or cannot be read is never read as absent."""

from __future__ import annotations

import msgspec
import pytest

from tests.case.chart import (
    ICD10CM,
    Json,
    concept,
    condition,
    excluded,
    fact_of,
    gist,
    possible,
    read_sent,
    resection,
    searchset,
    service,
    stated,
    statement,
)


@pytest.mark.parametrize(
    ("name", "key", "absent"),
    [
        ("m-category", "conditions", "M0"),
        ("tumour-resected", "procedures", False),
        ("recurrence", "conditions", "none"),
    ],
)
def test_absence_in_a_failed_query_says_nothing(name: str, key: str, absent: object) -> None:
    told = fact_of(name, gist())
    assert possible(told) == {absent}
    if key == "conditions":
        # without Conditions there is no GIST: a page that was not sent stands for the failed query
        sent = {k: searchset() for k in service().prefetch}
        sent[key] = msgspec.Raw(
            msgspec.json.encode(
                {
                    "resourceType": "Bundle",
                    "link": [{"relation": "next", "url": "x"}],
                    "entry": [{"resource": gist()}],
                }
            )
        )
        fact = read_sent(sent)[0].facts[name]
    else:
        fact = fact_of(name, gist(), failed=(key,))
    assert fact.why == "failed-query"
    assert len(possible(fact)) > 1


@pytest.mark.parametrize(
    ("key", "broken", "name"),
    [
        ("conditions", condition("met", concept(ICD10CM, "C78.7"), bodySite="liver"), "m-category"),
        ("procedures", {**resection("2025-03-01"), "performedDateTime": 20250301}, "tumour-resected"),
        ("observations-laboratory", stated("tumour-rupture", valueBoolean="true"), "tumour-rupture"),
    ],
)  # fmt: skip
def test_a_resource_that_cannot_be_read_is_not_read_as_absent(key: str, broken: Json, name: str) -> None:
    """It might be the very record whose absence would mean no."""
    sent = {k: searchset() for k in service().prefetch}
    sent["conditions"] = searchset(gist())
    sent[key] = searchset(gist(), broken) if key == "conditions" else searchset(broken)
    assert len(possible(read_sent(sent)[0].facts[name])) > 1


def test_a_drug_record_that_cannot_be_read_is_not_read_as_never_given() -> None:
    sent = {k: searchset() for k in service().prefetch}
    sent["conditions"] = searchset(gist())
    sent["medication-statements"] = searchset({**statement("im", "imatinib"), "status": ["completed"]})
    assert not excluded(read_sent(sent)[0].facts["prior-therapies"], "imatinib")


def test_a_metastatic_site_that_cannot_be_read_is_not_read_as_none() -> None:
    odd = stated("metastatic-sites", valueCodeableConcept=concept("urn:local", "spleen"))
    assert not excluded(fact_of("metastatic-sites", gist(), odd), "other-site")

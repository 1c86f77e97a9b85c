"""How many entries a call may hold: more are refused where they stand, as many as allowed are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .asking import Ask
from .charts import ADDRESS, Json, call, size, unresectable_d842v

LIMIT = 100


def many(count: int) -> list[Json]:
    return [size(9, id=f"size-{n}") for n in range(count)]


@pytest.fixture(scope="module")
def limited(ask_as: Callable[..., Ask]) -> Ask:
    return ask_as(max_entries=LIMIT)


def test_as_many_entries_as_allowed_are_read(limited: Ask) -> None:
    record = unresectable_d842v()
    assert limited(call([*record, *many(LIMIT - len(record) - 1)])).cards


def test_more_entries_are_refused_with_the_key_and_the_setting(limited: Ask) -> None:
    refused = limited.client.post(ADDRESS, json=call([*unresectable_d842v(), *many(LIMIT)]))
    assert refused.status_code == 413
    assert refused.json is not None
    (issue,) = refused.json["issue"]
    assert issue["code"] == "too-costly"
    assert issue["expression"] == ["prefetch.observations-laboratory"]
    assert "CDS_SERVICE_MAX_ENTRIES" in issue["diagnostics"]


def test_more_drafts_are_refused_too(limited: Ask) -> None:
    sent = call(unresectable_d842v())
    (entry,) = sent["context"]["draftOrders"]["entry"]
    sent["context"]["draftOrders"]["entry"] = [entry] * (LIMIT + 1)
    refused = limited.client.post(ADDRESS, json=sent)
    assert refused.status_code == 413
    assert refused.json is not None
    assert refused.json["issue"][0]["expression"] == ["context.draftOrders.entry"]

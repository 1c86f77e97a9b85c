"""Answers that are decoded in one pass give the record that reading each resource by itself gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.fhir import record as records
from cds_service.fhir.at_once import read_at_once
from cds_service.fhir.record import Record, TooManyEntries, read_record
from tests.performance.bodies import call

Json = dict[str, Any]
KEYS = ("conditions", "observations-laboratory", "observations-by-code")
URLS = ("urn:uuid:1", "urn:uuid:2")


def resources() -> Iterator[Json | None]:
    """Two ids and none, in versions that differ in what is read, in what is not, in nothing; and what is unusual."""
    for name, value, said in product(("a", "b", None), ("x", "y"), ({}, {"note": "z"})):
        yield {"resourceType": "Observation", "valueString": value, **({"id": name} if name else {}), **said}
    for updated in ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00+02:00"):
        yield {"resourceType": "Observation", "id": "a", "valueString": "x", "meta": {"lastUpdated": updated}}
    yield {"resourceType": "Condition", "id": "a"}
    yield {"resourceType": "Condition", "id": "a", "code": {"text": "x"}}
    yield {"resourceType": "Condition", "id": "c", "implicitRules": "http://example.org/rules"}
    yield {"resourceType": "Condition", "id": "a", "modifierExtension": [{"url": "http://example.org"}]}
    yield {"resourceType": "Condition", "id": 5}
    yield {"resourceType": "Encounter", "id": "e"}
    yield {"resourceType": "Bundle", "id": "inside", "entry": [{"resource": {"resourceType": "Patient"}}]}
    for severity, code in product(("error", "information"), ("throttled", "nonsense", None)):
        yield {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}
    yield {}
    yield None


entries = st.fixed_dictionaries(
    {},
    optional={
        "resource": st.sampled_from(list(resources())),
        "fullUrl": st.sampled_from(URLS),
        "search": st.sampled_from([{"mode": "match"}, {"mode": "include"}, {"mode": "outcome"}, {}]),
    },
)
bundles = st.fixed_dictionaries(
    {"resourceType": st.just("Bundle")},
    optional={
        "entry": st.lists(entries, max_size=4),
        "total": st.integers(0, 4),
        "link": st.sampled_from([[], [{"relation": "self"}], [{"relation": "next"}]]),
    },
)
calls = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, st.none() | bundles | entries))


def read(sent: Mapping[str, Any], max_entries: int | None = None) -> Record | str:
    raw = {k: None if v is None else msgspec.Raw(msgspec.json.encode(v)) for k, v in sent.items()}
    try:
        return read_record(raw, KEYS, max_entries=max_entries)
    except TooManyEntries as error:
        return f"too many under {error.key}"


def piece_by_piece(sent: Mapping[str, Any], max_entries: int | None = None) -> Record | str:
    """The plain form: each resource is decoded by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "read_at_once", lambda *_: None)
        return read(sent, max_entries)


@given(calls, st.none() | st.integers(0, 8))
@settings(max_examples=600, deadline=None)
def test_the_record_is_that_of_reading_piece_by_piece(sent: Mapping[str, Any], limit: int | None) -> None:
    found, plain = read(sent, limit), piece_by_piece(sent, limit)
    assert found == plain
    if isinstance(found, Record) and isinstance(plain, Record):
        # the first resource of a type may be the one to cite
        assert found.resources == plain.resources


@pytest.mark.parametrize("name", ["gist", "sts", "neither", "open"])
def test_a_usual_call_is_read_at_once(name: str) -> None:
    sent = {
        key: msgspec.Raw(msgspec.json.encode(answer))
        for key, answer in call(name)["prefetch"].items()
        if answer is not None and answer["resourceType"] == "Bundle"
    }
    record = Record()
    assert {read_at_once(key, raw, record, {}) for key, raw in sent.items()} == {"ok"}
    assert record.count >= 60

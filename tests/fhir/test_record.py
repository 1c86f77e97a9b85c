"""A patient's record: each resource once, the newer version, and broken ones costing only themselves."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.record import Record, decode, read_record, reference_of
from cds_service.fhir.resources import Condition, Observation, Patient, Reference

KEYS = ("conditions", "observations-laboratory", "observations-by-code", "medication-requests")
Json = dict[str, Any]


def raw(content: Any) -> msgspec.Raw:
    return msgspec.Raw(content if isinstance(content, bytes) else msgspec.json.encode(content))


def bundle(*resources: Any, **members: Any) -> msgspec.Raw:
    """A searchset; a resource given as bytes goes in as it is."""
    entries = b",".join(b'{"resource":%s}' % bytes(raw(r)) for r in resources)
    head = msgspec.json.encode({"resourceType": "Bundle", "type": "searchset", **members})[:-1]
    return msgspec.Raw(head + b',"entry":[' + entries + b"]}")


def read(**answers: msgspec.Raw | None) -> Record:
    sent = {key.replace("_", "-"): answer for key, answer in answers.items()}
    return read_record(sent, KEYS)


def observation(id_: str | None, value: str = "x", updated: str | None = None) -> Json:
    found: Json = {"resourceType": "Observation", "status": "final", "valueString": value}
    if id_ is not None:
        found["id"] = id_
    if updated is not None:
        found["meta"] = {"lastUpdated": updated}
    return found


def values(record: Record) -> dict[str, str | None]:
    return {reference: o.value_string for reference, o in record.of(Observation)}


# --- once, and the newer one ---------------------------------------------------------------------


def test_a_resource_under_two_keys_counts_once() -> None:
    one = observation("a")
    record = read(observations_laboratory=bundle(one), observations_by_code=bundle(one, one))
    assert values(record) == {"Observation/a": "x"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2025-01-01T10:00:00Z", "2025-01-02T10:00:00Z"),
        (None, "2025-01-02T10:00:00Z"),
        ("2025-01-01T10:00:00+02:00", "2025-01-01T09:00:00Z"),
        ("2025-01-01T10:00:00Z", "2025-01-01T10:00:00.500Z"),
    ],
    ids=["day", "undated", "offset", "fraction"],
)
def test_the_newer_version_wins(order: tuple[int, int], older: str | None, newer: str) -> None:
    """Instants are compared as moments: 10:00+02:00 is before 09:00Z."""
    both = [observation("a", "old", older), observation("a", "new", newer)]
    record = read(observations_laboratory=bundle(both[order[0]]), observations_by_code=bundle(both[order[1]]))
    assert values(record) == {"Observation/a": "new"}


@given(st.permutations([observation("a", v, u) for v in "pq" for u in ("2024-01-01T00:00:00Z", None)]))
def test_which_version_counts_never_hangs_on_the_order(versions: list[Json]) -> None:
    found = read(observations_laboratory=bundle(*versions))
    again = read(observations_laboratory=bundle(*reversed(versions)))
    assert values(found) == values(again) == {"Observation/a": "q"}


def test_the_same_id_in_two_types_are_two_resources() -> None:
    record = read(
        conditions=bundle({"resourceType": "Condition", "id": "a"}),
        observations_laboratory=bundle(observation("a")),
    )
    assert {reference_of(resource) for resource in record.resources} == {"Condition/a", "Observation/a"}


def test_resources_without_an_id_are_told_apart_by_their_content() -> None:
    one, two = observation(None, "x"), observation(None, "y")
    record = read(observations_laboratory=bundle(one, two, one), observations_by_code=bundle(two))
    assert sorted(v or "" for v in values(record).values()) == ["x", "y"]


def test_a_resource_without_an_id_is_the_same_however_it_is_spaced() -> None:
    """Two queries of one server may differ in white space and order of members, not in the resource."""
    one = b'{"resourceType":"Observation","status":"final","valueString":"x"}'
    two = b'{ "status": "final", "resourceType": "Observation", "valueString": "x" }'
    record = read(observations_laboratory=bundle(one), observations_by_code=bundle(two))
    assert len(values(record)) == 1


def test_long_ids_survive() -> None:
    record = read(observations_laboratory=bundle(observation("a" * 200)))
    assert set(values(record)) == {"Observation/" + "a" * 200}


def test_a_reference_by_the_url_of_the_entry_is_found() -> None:
    urn = "urn:uuid:0b1f3c5e-0000-4000-8000-000000000001"
    sent = {
        "resourceType": "Bundle",
        "entry": [{"fullUrl": urn, "resource": {"resourceType": "Condition", "id": "c"}}],
    }
    record = read(conditions=raw(sent))
    assert record.find(record.pointed(Reference(reference=urn)), Condition) is not None
    assert (
        record.find(record.pointed(Reference(reference="https://ehr.example/Condition/c")), Condition)
        is not None
    )
    assert record.find(record.pointed(Reference(reference="Condition/c/_history/1")), Condition) is not None
    assert record.find("Condition/d", Condition) is None
    assert record.find("Condition/c", Patient) is None


# --- broken ones ---------------------------------------------------------------------------------

# deeper than any Python that we support follows: newer ones follow as far as the stack of the thread carries them
DEEP = (
    b'{"resourceType":"Observation","id":"bad","extension":'
    + b'[{"extension":' * 20_000
    + b"[]"
    + b"}]" * 20_000
    + b"}"
)
SKIPPED_DEEP = (
    b'{"resourceType":"Observation","id":"bad","note":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
)

BROKEN = {
    "wrong-type": b'{"resourceType":"Observation","id":"bad","status":["final"]}',
    "number-as-text": b'{"resourceType":"Observation","id":"bad","valueQuantity":{"value":"6"}}',
    "coding-as-object": b'{"resourceType":"Observation","id":"bad","code":{"coding":{"code":"x"}}}',
    "invalid-utf-8": b'{"resourceType":"Observation","id":"bad","valueString":"\xff\xfe"}',
}
# what no reader of JSON gets past: the gate refuses such a body, and here nothing of it counts as absent
UNREADABLE = {
    "lone-surrogate": b'{"resourceType":"Observation","id":"bad","valueString":"\\ud800"}',
    "too-deep": b'{"resourceType":"Observation","id":"bad","valueCodeableConcept":'
    + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "too-deep-in-a-skipped-part": SKIPPED_DEEP,
    "extensions-in-extensions": DEEP,
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_resource_is_named_and_costs_only_itself(broken: bytes) -> None:
    record = read(observations_laboratory=bundle(observation("a"), broken, observation("b")))
    assert set(values(record)) >= {"Observation/a", "Observation/b"}
    assert set(record.unread) == {"Observation/bad"}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_at_all_is_named_and_never_read_as_absent(unreadable: bytes) -> None:
    """Either its neighbours are there, or the query counts as failed."""
    record = read(observations_laboratory=bundle(observation("a"), unreadable))
    assert record.unread
    assert "Observation/a" in values(record) or record.answers["observations-laboratory"] == "failed"


def test_invalid_utf_8_in_a_part_that_is_skipped_costs_no_other_resource() -> None:
    skipped = b'{"resourceType":"Observation","id":"bad","note":"\xff"}'
    record = read(observations_laboratory=bundle(observation("a"), skipped, observation("b")))
    assert set(values(record)) >= {"Observation/a", "Observation/b"}
    assert set(values(record)) | set(record.unread) == {"Observation/a", "Observation/b", "Observation/bad"}


def test_a_broken_resource_without_an_id_is_named_by_its_content() -> None:
    record = read(observations_laboratory=bundle(b'{"resourceType":"Observation","status":1}'))
    (name,) = record.unread
    assert name.startswith("Observation/unidentified-")


def test_what_is_said_of_a_broken_resource_holds_nothing_of_the_patient() -> None:
    secret = b'{"resourceType":"Observation","id":"bad","status":{"Erika":"Mustermann"}}'
    record = read(observations_laboratory=bundle(secret))
    assert "Erika" not in str(record.unread)
    assert "Mustermann" not in str(record.unread)


@pytest.mark.parametrize(
    "content", [b"null", b"{}", b'{"resourceType":"Practitioner","id":"d"}', b"[]", b"7", b'"x"']
)
def test_an_entry_that_is_no_readable_resource_costs_nothing(content: bytes) -> None:
    record = read(observations_laboratory=bundle(observation("a"), content))
    assert set(values(record)) == {"Observation/a"}


@pytest.mark.parametrize(
    "members",
    [
        b'"code":null,"subject":null,"component":null',
        b'"component":[]',
        b'"category":[],"interpretation":null',
    ],
)
def test_nulls_and_empty_lists_are_as_if_not_there(members: bytes) -> None:
    content = b'{"resourceType":"Observation","id":"a","status":"final","valueString":"x",' + members + b"}"
    record = read(observations_laboratory=bundle(content))
    assert values(record) == {"Observation/a": "x"}
    assert not record.unread


@pytest.mark.parametrize("where", [b'"component":[null]', b'"category":[null]', b'"code":{"coding":[null]}'])
def test_a_null_in_a_list_costs_at_most_its_resource(where: bytes) -> None:
    content = b'{"resourceType":"Observation","id":"bad",' + where + b"}"
    record = read(observations_laboratory=bundle(observation("a"), content))
    assert "Observation/a" in values(record)


@given(st.binary(max_size=60))
def test_no_entry_breaks_the_record(content: bytes) -> None:
    """Bytes that are JSON but no resource are named or passed over."""
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = msgspec.json.encode(content.hex())
    assert "Observation/a" in values(read(observations_laboratory=bundle(observation("a"), content)))


# --- how a query was answered --------------------------------------------------------------------

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
NOTICE = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, "none"),
        (bundle(), "ok"),
        (raw({"resourceType": "Bundle"}), "ok"),
        (bundle({"resourceType": "Condition", "id": "c"}), "ok"),
        (bundle(NOTICE), "ok"),
        (bundle({"resourceType": "Condition", "id": "c"}, NOTICE), "ok"),
        (raw(OUTCOME), "failed"),
        (bundle(OUTCOME), "failed"),
        (bundle({"resourceType": "Condition", "id": "c"}, OUTCOME), "failed"),
        (bundle(total=3), "partial"),
        (bundle({"resourceType": "Condition", "id": "c"}, link=[{"relation": "next", "url": "x"}]), "partial"),
        (bundle({"resourceType": "Condition", "id": "c"}, link=[{"relation": "self", "url": "x"}]), "ok"),
        (raw(b"7"), "failed"),
        (raw(b'{"resourceType":"Bundle","entry":7}'), "failed"),
    ],
    ids=["null", "empty", "no-entry", "one", "notice", "one-and-notice", "outcome", "outcome-entry", "error-entry",
         "total", "next", "self", "number", "broken"],
)  # fmt: skip
def test_how_a_query_was_answered(answer: msgspec.Raw | None, expected: str) -> None:
    """Decision 11: null is no data, an empty searchset none, an OperationOutcome a failed query."""
    assert read(conditions=answer).answers["conditions"] == expected


def test_included_resources_do_not_make_up_for_missing_matches() -> None:
    """`total` counts matches only: two of three Observations and an included Specimen are not all."""
    entries = [
        {"resource": observation("a"), "search": {"mode": "match"}},
        {"resource": observation("b"), "search": {"mode": "match"}},
        {"resource": {"resourceType": "Specimen", "id": "s"}, "search": {"mode": "include"}},
    ]
    sent = raw({"resourceType": "Bundle", "type": "searchset", "total": 3, "entry": entries})
    assert read(observations_laboratory=sent).answers["observations-laboratory"] == "partial"


def test_a_key_that_was_not_sent_is_absent() -> None:
    record = read_record({}, KEYS)
    assert set(record.failed) == set(KEYS)


def test_a_client_that_sends_null_where_it_did_not_look() -> None:
    assert read_record({"conditions": None}, KEYS, null_is_missing=True).answers["conditions"] == "absent"


def test_a_key_that_a_client_never_serves_did_not_fail() -> None:
    record = read_record({}, KEYS, never_served=("medication-requests",))
    assert "medication-requests" not in record.failed


def test_other_keys_are_passed_over() -> None:
    record = read_record({"shoes": bundle(observation("a"))}, KEYS)
    assert not record.resources


@pytest.mark.parametrize(
    "stage", [b'[{"summary":{"text":"III"}}]', b'{"summary":{"text":"III"}}'], ids=["R4", "STU3"]
)
def test_a_stage_as_a_list_or_as_one_object(stage: bytes) -> None:
    """FHIR STU3 had one object; a record that still sends it must not lose its diagnosis."""
    content = b'{"resourceType":"Condition","id":"c","stage":' + stage + b"}"
    found = decode(content)

    assert isinstance(found, Condition)
    assert found.stage is not None

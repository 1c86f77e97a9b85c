"""Ten thousand requests that nobody would write by hand, and not one failure of the service."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from cds_service.loading import load
from cds_service.store.database import file_url
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.upgrading import opened
from tests.service.asking import client_of
from tests.service.charts import ADDRESS, call, unresectable_d842v

from .openapi_document import checked_document

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """The whole service, with a store for feedback."""
    database = opened(file_url(tmp_path_factory.mktemp("store")))

    def keep(entries: Sequence[Feedback], sender: str) -> None:
        keep_feedback(database, entries, sender, datetime.now(UTC), comments=True)

    yield client_of(load(snomed_affiliate=True), keep=keep)
    database.close()


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value, as a path."""
    found = [path]
    if isinstance(value, dict):
        found += [place for key, inner in value.items() for place in places(inner, (*path, key))]
    elif isinstance(value, list):
        found += [place for n, inner in enumerate(value) for place in places(inner, (*path, n))]
    return found


CALL = call(unresectable_d842v())
PLACES = [place for place in places(CALL) if place]


TOLD = {
    "feedback": [
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
            "outcomeTimestamp": "2026-11-02T09:30:00Z",
        },
        {
            "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"code": "other", "system": "https://example.org"},
                "userComment": "no",
            },
            "outcomeTimestamp": "2026-11-02T09:31:00.5+01:00",
        },
    ]
}
TOLD_PLACES = [place for place in places(TOLD) if place]


def broken(whole: Any, changes: list[tuple[tuple[str | int, ...], Any]]) -> Any:
    """A body with what stands at some places replaced."""
    found = json.loads(json.dumps(whole))
    for place, value in changes:
        *outer, last = place
        target = found
        try:
            for step in outer:
                target = target[step]
            target[last] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return found


def assert_answered(status: int, body: Any) -> None:
    """Cards, or an OperationOutcome that blames the request."""
    assert status in (200, 400, 412, 413, 415), (status, body)
    if status == 200:
        assert isinstance(body["cards"], list)
    else:
        assert body["resourceType"] == "OperationOutcome"


@settings(max_examples=4000, deadline=None, suppress_health_check=CALM, database=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=4))
def test_a_good_call_broken_anywhere(
    client: FlaskClient, changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    response = client.post(ADDRESS, data=json.dumps(broken(CALL, changes)), content_type="application/json")
    assert_answered(response.status_code, response.json)


@settings(max_examples=2000, deadline=None, suppress_health_check=CALM, database=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(TOLD_PLACES), JSON), min_size=1, max_size=3))
def test_good_feedback_broken_anywhere(
    client: FlaskClient, changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    body = json.dumps(broken(TOLD, changes))
    response = client.post(f"{ADDRESS}/feedback", data=body, content_type="application/json")
    assert response.status_code in (200, 400), (response.status_code, response.json)
    assert response.json == {} or response.json["resourceType"] == "OperationOutcome"


@settings(max_examples=2000, deadline=None, suppress_health_check=CALM, database=None, derandomize=True)
@given(JSON)
def test_any_json(client: FlaskClient, body: Any) -> None:
    response = client.post(ADDRESS, data=json.dumps(body), content_type="application/json")
    assert_answered(response.status_code, response.json)


@settings(max_examples=2000, deadline=None, suppress_health_check=CALM, database=None, derandomize=True)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes(client: FlaskClient, body: bytes) -> None:
    response = client.post(ADDRESS, data=body, content_type="application/json")
    assert_answered(response.status_code, response.json)


WHOLE = json.dumps(CALL).encode()


@settings(max_examples=2000, deadline=None, suppress_health_check=CALM, database=None, derandomize=True)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.integers(0, 40))
def test_a_good_call_with_some_bytes_changed_or_cut(
    client: FlaskClient, at: int, byte: int, cut: int
) -> None:
    body = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 + cut :]
    response = client.post(ADDRESS, data=body, content_type="application/json")
    assert_answered(response.status_code, response.json)


SCHEMA = schemathesis.openapi.from_dict(checked_document())


@SCHEMA.parametrize()
@settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
def test_the_service_does_what_its_document_says(client: FlaskClient, case: schemathesis.Case) -> None:
    """Requests that the document allows and requests that it does not: no failure, and answers as documented."""
    # a call as the document has it may still lack the Conditions, without which there is no answer (412)
    response = case.call_and_validate(app=client.application, excluded_checks=[positive_data_acceptance])
    assert response.status_code < 500 or response.status_code == 503

"""The feedback endpoint on the wire: what it takes, what it refuses, and what the refusal says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.http.feedback import feedback_routes
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Caller, Refusal
from cds_service.metrics import Metrics
from cds_service.settings import Settings
from cds_service.store.database import StoreDown
from cds_service.store.feedback import Feedback, Reason

from .calls import ADDRESS, SERVICE, RecordingAnswer
from .ehr import ENDPOINT, PUBLIC_URL
from .outcomes import issue_of
from .site import Site

Json = dict[str, Any]
CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
SUGGESTION = "e56e1945-20b3-4393-8503-a1a20fd73152"


class RecordingKeep:
    """Stands where the store stands."""

    def __init__(self) -> None:
        self.kept: list[Feedback] = []
        self.clients: list[str] = []
        self.down = False

    def __call__(self, entries: Sequence[Feedback], client: str) -> None:
        if self.down:
            raise StoreDown("OperationalError")
        self.kept += entries
        self.clients.append(client)


@pytest.fixture
def keep() -> RecordingKeep:
    return RecordingKeep()


@pytest.fixture
def client(keep: RecordingKeep) -> FlaskClient:
    return create_app(Settings(development=True), SERVICE, RecordingAnswer(), keep=keep).test_client()


def accepted(**members: Any) -> Json:
    return {
        "card": CARD,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": SUGGESTION}],
        "outcomeTimestamp": "2026-11-02T09:30:00Z",
        **members,
    }


def overridden(**members: Any) -> Json:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-02T09:30:00Z", **members}


def send(client: FlaskClient, *entries: Any, **members: Any) -> Any:
    return client.post(f"{ADDRESS}/feedback", json={"feedback": list(entries), **members})


def test_a_batch_is_kept_as_it_came(client: FlaskClient, keep: RecordingKeep) -> None:
    reason = {"code": "need-more-info", "system": "https://example.org/reasons", "display": "Anna Muster"}
    response = send(
        client,
        accepted(card=f"urn:uuid:{CARD.upper()}"),
        overridden(overrideReason={"reason": reason, "userComment": "A comment"}, vendorExtension={"a": 1}),
        overridden(overrideReason={"userComment": "Only a comment"}, acceptedSuggestions=[]),
        overridden(overrideReason=None),
    )
    assert (response.status_code, response.get_json()) == (200, {})
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert keep.kept == [
        Feedback(CARD, "accepted", at, (SUGGESTION,)),
        Feedback(
            CARD,
            "overridden",
            at,
            reason=Reason("https://example.org/reasons", "need-more-info"),
            comment="A comment",
        ),
        Feedback(CARD, "overridden", at, comment="Only a comment"),
        Feedback(CARD, "overridden", at),
    ]
    assert keep.clients == ["development"]


def test_an_empty_list_is_nothing_to_keep(client: FlaskClient, keep: RecordingKeep) -> None:
    assert send(client).status_code == 200
    assert keep.kept == []


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("2026-11-02T09:30:00.52Z", datetime(2026, 11, 2, 9, 30, 0, 520_000, tzinfo=UTC)),
        ("2026-11-02t10:30:00.123456789+01:00", datetime(2026, 11, 2, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-06-30 23:59:60Z", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-02T09:30:00-00:00", datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_rfc_3339_has_them(
    client: FlaskClient, keep: RecordingKeep, stated: str, moment: datetime
) -> None:
    assert send(client, overridden(outcomeTimestamp=stated)).status_code == 200
    assert [entry.outcome_at for entry in keep.kept] == [moment]


ENTRY = "feedback[1]"
REFUSED: list[tuple[Any, str, str, str]] = [
    ("text", ENTRY, "structure", "an object"),
    ({}, f"{ENTRY}.card", "required", "uuid of the card"),
    (overridden(card="card-1"), f"{ENTRY}.card", "value", "as the service gave it"),
    (overridden(card=None), f"{ENTRY}.card", "structure", "as the service gave it"),
    (overridden(outcome="ignored"), f"{ENTRY}.outcome", "value", "cds-fb-1"),
    (overridden(outcome="accepted"), f"{ENTRY}.acceptedSuggestions", "invariant", "cds-fb-2"),
    (accepted(acceptedSuggestions=None), f"{ENTRY}.acceptedSuggestions", "invariant", "cds-fb-2"),
    (accepted(acceptedSuggestions=[]), f"{ENTRY}.acceptedSuggestions", "required", "at least one"),
    (accepted(acceptedSuggestions=[{}]), f"{ENTRY}.acceptedSuggestions[0].id", "required", "suggestion"),
    (accepted(acceptedSuggestions=["a"]), f"{ENTRY}.acceptedSuggestions[0]", "structure", "object"),
    (
        accepted(acceptedSuggestions=[{"id": "1"}]),
        f"{ENTRY}.acceptedSuggestions[0].id",
        "value",
        "suggestion",
    ),
    (
        accepted(acceptedSuggestions=[{"id": SUGGESTION}] * 51),
        f"{ENTRY}.acceptedSuggestions",
        "too-long",
        "list",
    ),
    (overridden(overrideReason={}), f"{ENTRY}.overrideReason", "value", "cds-fb-3"),
    (overridden(overrideReason={"reason": None}), f"{ENTRY}.overrideReason", "value", "cds-fb-3"),
    (overridden(overrideReason="no"), f"{ENTRY}.overrideReason", "structure", "cds-fb-3"),
    (
        overridden(overrideReason={"reason": {"code": "a"}}),
        f"{ENTRY}.overrideReason.reason.system",
        "required",
        "code system",
    ),
    (
        overridden(overrideReason={"reason": {"code": "", "system": "b"}}),
        f"{ENTRY}.overrideReason.reason.code",
        "required",
        "override reason",
    ),
    (
        overridden(overrideReason={"userComment": "x" * 4001}),
        f"{ENTRY}.overrideReason.userComment",
        "too-long",
        "4000",
    ),
    (overridden(outcomeTimestamp="2026-11-02"), f"{ENTRY}.outcomeTimestamp", "value", "RFC 3339"),
    (overridden(outcomeTimestamp="2026-11-02T09:30:00"), f"{ENTRY}.outcomeTimestamp", "value", "UTC"),
    (overridden(outcomeTimestamp="2026-02-30T09:30:00Z"), f"{ENTRY}.outcomeTimestamp", "value", "RFC 3339"),
    (overridden(outcomeTimestamp="0001-01-01T00:00:00+14:00"), f"{ENTRY}.outcomeTimestamp", "value", "UTC"),
    (overridden(outcomeTimestamp=1), f"{ENTRY}.outcomeTimestamp", "structure", "RFC 3339"),
]


@pytest.mark.parametrize(("entry", "where", "code", "advice"), REFUSED)
def test_one_bad_entry_refuses_the_delivery(
    client: FlaskClient, keep: RecordingKeep, entry: Any, where: str, code: str, advice: str
) -> None:
    issue = issue_of(send(client, overridden(), entry, overridden()), 400)
    assert (issue["expression"], issue["code"]) == ([where], code)
    assert advice in issue["diagnostics"]
    assert keep.kept == []


def test_a_missing_list_is_named_and_a_misspelt_one_recognised(client: FlaskClient) -> None:
    issue = issue_of(client.post(f"{ADDRESS}/feedback", json={"feedbacks": [overridden()]}), 400)
    assert issue["expression"] == ["feedback"]
    assert "Is `feedbacks` meant to be `feedback`?" in issue["diagnostics"]


def test_too_many_entries_are_refused(client: FlaskClient, keep: RecordingKeep) -> None:
    issue = issue_of(send(client, *[overridden()] * 501), 400)
    assert (issue["expression"], issue["code"]) == (["feedback"], "too-long")
    assert "at most 500" in issue["diagnostics"]
    assert send(client, *[overridden()] * 500).status_code == 200
    assert len(keep.kept) == 500


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"feedback": [1e999]}', b"\xff", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post(f"{ADDRESS}/feedback", data=body, content_type="application/json")
    issue_of(response, 400)


def test_no_value_of_the_client_is_repeated(client: FlaskClient) -> None:
    for entry in (
        overridden(card="Anna-Muster-1950"),
        overridden(outcome="Anna-Muster-1950"),
        overridden(outcomeTimestamp="Anna-Muster-1950"),
        overridden(overrideReason="Anna-Muster-1950"),
        overridden(overrideReason={"reason": "Anna-Muster-1950"}),
    ):
        assert b"Muster" not in send(client, entry).data


def test_other_media_types_and_methods_are_refused(client: FlaskClient) -> None:
    issue_of(client.post(f"{ADDRESS}/feedback", data="feedback=1"), 415)
    refused = client.get(f"{ADDRESS}/feedback")
    issue_of(refused, 405)
    assert "POST" in refused.headers["Allow"]
    issue_of(client.post("/cds-services/another/feedback", json={"feedback": []}), 404)


def test_without_a_store_there_is_no_address() -> None:
    without = create_app(Settings(development=True), SERVICE, RecordingAnswer()).test_client()
    issue_of(send(without, overridden()), 404)


def test_a_store_that_is_down_acknowledges_nothing(client: FlaskClient, keep: RecordingKeep) -> None:
    keep.down = True
    response = send(client, overridden())
    issue = issue_of(response, 503)
    assert issue["code"] == "transient"
    assert int(response.headers["Retry-After"]) > 0
    assert "Send all of it again" in issue["diagnostics"]
    keep.down = False
    assert send(client, overridden()).status_code == 200


def test_with_trust_on_each_delivery_is_signed_by_its_client(keep: RecordingKeep, tmp_path: Path) -> None:
    """A token for the service is good for its feedback too; one for another address is not."""
    site = Site(tmp_path)
    app = create_app(
        Settings(public_url=PUBLIC_URL), SERVICE, RecordingAnswer(), trust=site.trust(), keep=keep
    )

    def send_as(token: str | None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return app.test_client().post(
            f"{ADDRESS}/feedback", json={"feedback": [overridden()]}, headers=headers
        )

    spent = site.north.token(aud=f"{ENDPOINT}/feedback")
    assert send_as(spent).status_code == 200
    assert send_as(site.south.token(aud=ENDPOINT)).status_code == 200
    issue_of(send_as(spent), 401)
    issue_of(send_as(None), 401)
    issue_of(send_as(site.north.token(aud="https://elsewhere.example.org/feedback")), 403)
    assert keep.clients == ["north", "south"]


def test_the_sender_is_known_before_the_body_is_read(keep: RecordingKeep) -> None:
    def stranger() -> Caller:
        raise Refusal(401, "login", "Nobody knows you.")

    def client_with(caller: Callable[[], Caller]) -> FlaskClient:
        app = create_app(Settings(development=True), SERVICE, RecordingAnswer())
        app.register_blueprint(feedback_routes([SERVICE.id], keep, 100, Turnstile(1, Metrics()), caller))
        return app.test_client()

    refused = client_with(stranger).post(f"{ADDRESS}/feedback", data=b"{", content_type="application/json")
    issue_of(refused, 401)
    assert json.loads(send(client_with(lambda: Caller("north", "ward-1")), overridden()).data) == {}
    assert keep.clients == ["north"]

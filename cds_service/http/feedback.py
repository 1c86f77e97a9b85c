"""Feedback of clients: POST /cds-services/<id>/feedback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g

from cds_service.http.body import check_content_type, whole_body
from cds_service.http.faults import check, schema
from cds_service.http.json_body import decoded, members_of
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Caller, Refusal
from cds_service.store.database import StoreDown
from cds_service.store.feedback import Feedback, Reason

Keep = Callable[[Sequence[Feedback], str], None]
"""Keeps the entries of one delivery by a client of this id: all of them, for good, before it returns.

It raises StoreDown where it cannot.
"""

FEEDBACK_AT_ONCE = 8
"""How many deliveries one worker takes at a time: no more than it has connections to the store."""

_RETRY_SECONDS = 10


def feedback_routes(
    service_ids: Iterable[str], keep: Keep, max_depth: int, turnstile: Turnstile, caller: Callable[[], Caller]
) -> Blueprint:
    """POST /cds-services/<id>/feedback for each of the ids: 200 once all of it is kept; a refusal keeps none of it.

    `caller` says who sends the request at hand, before its body is read; it raises Refusal for a stranger.
    """
    routes = Blueprint("feedback", __name__)

    def receive() -> Response:
        sender = caller()
        try:
            with turnstile.turn():
                check_content_type()
                body = whole_body()
                g.bytes_in = len(body)
                keep(read_feedback(body, max_depth), sender.client)
        except StoreDown:
            raise Refusal(
                503,
                "transient",
                "Feedback cannot be kept at the moment; none of this delivery is acknowledged.",
                "",
                "Send all of it again later: what was kept already is recognised and not counted twice.",
                retry_after=_RETRY_SECONDS,
            ) from None
        response = Response(b"{}", mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    for each in service_ids:
        routes.add_url_rule(f"/cds-services/{each}/feedback", "receive", receive, methods=["POST"])
    return routes


def read_feedback(body: bytes, max_depth: int) -> tuple[Feedback, ...]:
    """The entries of a delivery. Raises Refusal (400) that names the entry, the member and how to mend it."""
    advice = "Send CDS Hooks feedback as one JSON object with the list feedback."
    members = members_of(body, max_depth, advice)
    # the others are only named, where one of them may be this one misspelt
    sent: dict[str, Any] = {
        name: decoded(raw, name) if name == "feedback" else None for name, raw in members.items()
    }
    check(schema("feedback"), sent, ())
    return tuple(_entry(entry, index) for index, entry in enumerate(sent["feedback"]))


def _entry(sent: Mapping[str, Any], index: int) -> Feedback:
    accepted = sent["outcome"] == "accepted"
    suggestions = (sent.get("acceptedSuggestions") or ()) if accepted else ()
    stated = (sent.get("overrideReason") or {}) if not accepted else {}
    reason = stated.get("reason")
    return Feedback(
        card=_uuid(sent["card"]),
        outcome=sent["outcome"],
        outcome_at=_moment(sent["outcomeTimestamp"], f"feedback[{index}].outcomeTimestamp"),
        suggestions=tuple(sorted({_uuid(s["id"]) for s in suggestions})),
        reason=Reason(reason["system"], reason["code"]) if reason else None,
        comment=stated.get("userComment") or None,
    )


def _uuid(stated: str) -> str:
    return stated.lower().removeprefix("urn:uuid:")


def _moment(stated: str, where: str) -> datetime:
    """The moment in UTC, to the microsecond. RFC 3339 knows the 61st second of a minute, Python does not."""
    text = re.sub(r":60(?=[.Zz+-])", ":59", stated.upper().replace(" ", "T"))
    text = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal(
            400,
            "value",
            f"`{where}` is no moment of the calendar.",
            where,
            "Send when the user acted, as RFC 3339 has it and in UTC, for example 2026-11-02T09:30:00Z.",
        ) from None

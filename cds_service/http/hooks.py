"""Calling the service: POST /cds-services/<id>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from cds_service.http.envelope import EnvelopeReader
from cds_service.http.stopwatch import Stopwatch
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Caller, HookCall, Refusal, ServiceDescription

Answer = Callable[[HookCall], dict[str, Any]]
"""What stands behind the wire: it returns the CDS Hooks response as plain JSON, or raises Refusal."""

_UTF8 = {"", "utf-8", "utf8", "us-ascii"}


def hook_routes(
    service: ServiceDescription,
    answer: Answer,
    max_depth: int,
    turnstile: Turnstile,
    caller: Callable[[], Caller],
) -> Blueprint:
    """POST /cds-services/<id>: `caller` says who calls, the body is read, `answer` is asked, its answer is sent.

    Of a caller that is refused nothing more than the headers is looked at, and it waits for no turn.
    """
    routes = Blueprint("hooks", __name__)
    reader = EnvelopeReader(service, max_depth)

    @routes.post(f"/cds-services/{service.id}")
    def call() -> Response:
        watch: Stopwatch = g.stopwatch
        with watch.phase("authenticate"):
            known = caller()
        with turnstile.turn():
            with watch.phase("parse"):
                _check_content_type()
                body = _whole_body()
                g.bytes_in = len(body)
                hook_call = reader.read(body, known, watch.phase)
            g.hook = hook_call.hook
            answered = answer(hook_call)
        g.cards = len(answered["cards"])
        response = Response(msgspec.json.encode(answered), mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes


def _whole_body() -> bytes:
    """The body, never a part of it: too large is 413, cut short or wrongly chunked is 400."""
    declared = request.content_length
    try:
        body = request.get_data(cache=False)
        # Of a body in chunks werkzeug returns the first max_content_length bytes without a word.
        at_limit = declared is None and len(body) == request.max_content_length
        beyond = request.environ["wsgi.input"].read(1) if at_limit else b""
    except HTTPException:
        raise
    except Exception:
        # Each WSGI server has exceptions of its own for a body that it cannot read on.
        raise ClientDisconnected from None
    if beyond:
        raise RequestEntityTooLarge
    if declared is not None and len(body) < declared:
        raise ClientDisconnected
    return body


def _check_content_type() -> None:
    """Refuse (415) a body that is not JSON in UTF-8, by its headers."""
    advice = "Send Content-Type: application/json (UTF-8), without Content-Encoding."
    mimetype = request.mimetype
    if not mimetype:
        raise Refusal(415, "not-supported", "The request has no Content-Type.", "http.content-type", advice)
    if mimetype != "application/json" and not (
        mimetype.startswith("application/") and mimetype.endswith("+json")
    ):
        raise Refusal(415, "not-supported", "The Content-Type is not JSON.", "http.content-type", advice)
    if request.mimetype_params.get("charset", "").lower() not in _UTF8:
        raise Refusal(415, "not-supported", "The charset is not UTF-8.", "http.content-type", advice)
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Refusal(415, "not-supported", "The body is compressed.", "http.content-encoding", advice)

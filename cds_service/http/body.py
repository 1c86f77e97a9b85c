"""The body of a request: whether it is JSON by its headers, and all its bytes."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from cds_service.http.wire import Refusal

_UTF8 = {"", "utf-8", "utf8", "us-ascii"}


def whole_body() -> bytes:
    """The body, never a part of it: too large is 413, cut short or wrongly chunked is 400."""
    declared, most = request.content_length, request.max_content_length
    sent = request.environ["wsgi.input"]
    beyond = b""
    try:
        if declared is not None:
            if most is not None and declared > most:
                raise RequestEntityTooLarge
            # straight from the server: on the way through werkzeug's streams it would be copied three times
            body: bytes = sent.read(declared)
        else:
            body = request.get_data(cache=False)
            # Of a body in chunks werkzeug returns the first max_content_length bytes without a word.
            beyond = sent.read(1) if len(body) == most else b""
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


def check_content_type() -> None:
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

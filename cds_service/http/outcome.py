"""Errors as FHIR R4 OperationOutcomes: what is wrong, where, how to mend it, and a correlation id."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import partial
from math import inf
from typing import IO, Any

import msgspec
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from cds_service.http import call_log
from cds_service.http.refusal_page import RefusalPage, wants_page
from cds_service.http.wire import IssueCode, Refusal
from cds_service.metrics import Metrics

_STATUS_CODES: dict[int, IssueCode] = {
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
}

_DRAIN_CHUNK = 65_536


def quotable(name: str) -> str:
    """`name` fit to be shown and logged: at most 48 characters, all but letters, digits and `._-` masked.

    Only for names of members, hooks and the like; a value that describes a patient is never quoted.
    """
    masked = re.sub(r"[^A-Za-z0-9._\-]", "?", name[:49])
    return masked if len(masked) <= 48 else masked[:47] + "~"


def nearest(word: str, valid: tuple[str, ...]) -> str | None:
    """The entry of `valid` that `word` most likely meant, None if none is near."""
    # Measured against the first characters only: difflib is quadratic and the word came from outside.
    by_lower = {entry.lower(): entry for entry in valid}
    found = get_close_matches(word[:64].lower().strip(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def operation_outcome(refusal: Refusal, correlation_id: str) -> dict[str, Any]:
    """The refusal as an OperationOutcome (FHIR R4 JSON) whose id is the correlation id."""
    issue: dict[str, Any] = {
        "severity": "fatal" if refusal.status >= 500 else "error",
        "code": refusal.code,
        "details": {"text": refusal.what},
    }
    if refusal.how:
        issue["diagnostics"] = refusal.how
    if refusal.where:
        issue["expression"] = [refusal.where]
    return {"resourceType": "OperationOutcome", "id": correlation_id, "issue": [issue]}


def _refusal_response(refusal: Refusal, page: RefusalPage) -> Response:
    """The HTTP response that says the refusal: an OperationOutcome, for a browser the page."""
    if wants_page():
        response = page(refusal, g.correlation_id)
    else:
        body = msgspec.json.encode(operation_outcome(refusal, g.correlation_id))
        response = Response(body, status=refusal.status, mimetype="application/json")
    response.vary.add("Accept")
    response.headers["Cache-Control"] = "no-store"
    if refusal.challenge:
        response.headers["WWW-Authenticate"] = refusal.challenge
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def answer_errors(app: Flask, service_id: str, metrics: Metrics, page: RefusalPage) -> None:
    """Make every error of `app`, foreseen or not, an OperationOutcome, and `page` for whoever prefers HTML to JSON.

    An unforeseen exception becomes a 500 that says nothing of its cause; the log has the exception's type
    and the places it passed through, never its text, which may hold patient data.
    """

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        return _refusal_response(refusal, page)

    @app.errorhandler(HTTPException)
    def protocol_error(error: HTTPException) -> Response:
        status = error.code or 500
        response = _refusal_response(_protocol_refusal(app, error, status, service_id), page)
        if status == 413:
            rest = min(app.config["MAX_CONTENT_LENGTH"], request.content_length or inf)
            response.call_on_close(partial(_drain, request.environ["wsgi.input"], rest))
        for name, value in error.get_headers(request.environ):
            if name.lower() == "allow":
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        call_log.record_failure(error, g.correlation_id, metrics)
        refusal = Refusal(
            500,
            "exception",
            "The service failed to answer this call; nothing is known to be wrong with the request.",
            "",
            f"Give the service's operators the correlation id {g.correlation_id}.",
        )
        return _refusal_response(refusal, page)


def _protocol_refusal(app: Flask, error: HTTPException, status: int, service_id: str) -> Refusal:
    code = _STATUS_CODES.get(status, "processing")
    if status == 404:
        return _not_found(request.path, service_id)
    if status == 405:
        allowed = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return Refusal(
            status, code, "This address does not answer this method.", "http.method", f"Use {allowed}."
        )
    if status == 413:
        limit = app.config["MAX_CONTENT_LENGTH"]
        return Refusal(
            status,
            code,
            f"The request body is larger than the {limit} bytes that this service accepts.",
            "http.content-length",
            "Send less under prefetch, or page it; the limit is the setting CDS_SERVICE_MAX_BODY_BYTES.",
        )
    if status == 400:
        return Refusal(
            status,
            "structure",
            "The request was cut short, or its chunks are not as HTTP has them.",
            "",
            "Send the whole body, with its Content-Length or chunked.",
        )
    return Refusal(status, code, f"The request was refused: {error.name}.")


def _not_found(path: str, service_id: str) -> Refusal:
    base, _, rest = path.strip("/").partition("/")
    if base != "cds-services" or "/" in rest:
        how = "GET /cds-services lists what is here."
        return Refusal(404, "not-found", "There is nothing at this address.", "http.path", how)
    near = " Did you mean that?" if nearest(rest, (service_id,)) else ""
    return Refusal(
        404,
        "not-found",
        "There is no CDS service with this id.",
        "http.path",
        f"The service here is /cds-services/{service_id}.{near}",
    )


def _drain(stream: IO[bytes], remaining: float) -> None:
    """Read and drop up to `remaining` bytes of a body whose call has been answered.

    A client that is still sending would otherwise see its connection reset instead of the answer.
    """
    try:
        while remaining > 0:
            chunk = stream.read(int(min(_DRAIN_CHUNK, remaining)))
            if not chunk:
                return
            remaining -= len(chunk)
    except Exception:
        # Each WSGI server has exceptions of its own for a body that it cannot read on; the answer stands.
        return

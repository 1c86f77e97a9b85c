"""The log of calls: one JSON line for each, with nothing of the patient in it."""

from __future__ import annotations

import json
import logging
import time
import traceback
from types import TracebackType

from flask import Flask, Response, g, request

calls = logging.getLogger("cds_service.calls")
failures = logging.getLogger("cds_service.failures")

_MAX_FRAMES = 30


def record_calls(app: Flask, service_id: str) -> None:
    """Log each request of `app` when it is answered.

    Members: correlation, method, service (only when its address was called), client and tenant (once it is
    known who calls: `flask.g.caller`) or distrust (the check of the token that failed: `flask.g.distrust`), hook
    and cards (only when the call got so far: `flask.g.hook`, `flask.g.cards`), status, ms, bytesIn. Paths,
    queries, bodies and tokens are not logged: they may name a patient.
    """

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def record(response: Response) -> Response:
        line: dict[str, object] = {"event": "call", "correlation": g.correlation_id, "method": _method()}
        if request.endpoint == "hooks.call":
            line["service"] = service_id
        if "caller" in g:
            line["client"] = g.caller.client
            if g.caller.tenant is not None:
                line["tenant"] = g.caller.tenant
        for name in ("distrust", "hook", "cards"):
            if name in g:
                line[name] = g.get(name)
        line["status"] = response.status_code
        line["ms"] = round((time.perf_counter() - g.started) * 1000, 2)
        line["bytesIn"] = g.get("bytes_in", request.content_length or 0)
        calls.info(json.dumps(line))
        return response


def record_failure(error: BaseException, correlation_id: str) -> None:
    """Log an unforeseen exception: its type, its causes' types, and where it passed; never its text."""
    causes: list[str] = []
    current: BaseException | None = error
    while current is not None and len(causes) < 5:
        causes.append(f"{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    line = {
        "event": "failure",
        "correlation": correlation_id,
        "exception": causes[0],
        "causes": causes[1:],
        "frames": places(error.__traceback__),
    }
    failures.error(json.dumps(line))


def places(start: TracebackType | None) -> list[str]:
    """Where an exception passed through, outermost first: module, line and function; no values."""
    return [
        f"{frame.f_globals.get('__name__', '?')}:{number} {frame.f_code.co_name}"
        for frame, number in traceback.walk_tb(start)
    ][-_MAX_FRAMES:]


def _method() -> str:
    # A method is any word the client likes: show the known ones only.
    known = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}
    return request.method if request.method in known else "other"

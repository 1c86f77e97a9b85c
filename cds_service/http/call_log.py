"""What is told of each call: a line in the log, the metrics, and where the time went."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from cds_service.http.logs import places
from cds_service.http.stopwatch import Stopwatch
from cds_service.http.wire import Caller
from cds_service.metrics import Metrics
from cds_service.turns import waited

if TYPE_CHECKING:
    from cds_service.http.tracing import Tracing

calls = logging.getLogger("cds_service.calls")
failures = logging.getLogger("cds_service.failures")

# A method is any word the client likes: the known ones only are shown.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


def record_calls(
    app: Flask, service_id: str, metrics: Metrics, server_timing: bool, tracing: Tracing | None
) -> None:
    """Log each request of `app` when it is answered, count each call of the service, time its phases.

    Members of the line: correlation, method, service (only when its address was called), client and tenant (once it
    is known who calls: `flask.g.caller`) or distrust (the check of the token that failed: `g.distrust`), hook and
    cards (only when the call got so far: `g.hook`, `g.cards`), status, ms, phases (milliseconds), bytesIn. Paths,
    queries, bodies and tokens are not logged: they may name a patient.
    """

    @app.before_request
    def start() -> None:
        g.stopwatch = Stopwatch(waited=waited())

    @app.after_request
    def record(response: Response) -> Response:
        # each look at `g` or `request` asks anew which request this is
        known: dict[str, Any] = vars(g)
        watch: Stopwatch = known["stopwatch"]
        line: dict[str, object] = {
            "event": "call",
            "correlation": known["correlation_id"],
            "method": request.method if request.method in _METHODS else "other",
        }
        called = request.endpoint == "hooks.call"
        caller: Caller | None = known.get("caller")
        if called:
            line["service"] = service_id
        if caller is not None:
            line["client"] = caller.client
            if caller.tenant is not None:
                line["tenant"] = caller.tenant
        for name in ("distrust", "hook", "cards"):
            if name in known:
                line[name] = known[name]
        line["status"] = response.status_code
        elapsed, phases = watch.elapsed, watch.seconds
        line["ms"] = round(elapsed * 1000, 2)
        if phases:
            line["phases"] = {name: round(spent * 1000, 2) for name, spent in phases.items()}
        received = known.get("bytes_in")
        line["bytesIn"] = received if received is not None else request.content_length or 0
        calls.info(line)
        if called:
            client = caller.client if caller is not None else "unknown"
            hook = known.get("hook", "unknown")
            metrics.observe_call(client, hook, response.status_code, elapsed, phases)
            if tracing is not None:
                traceparent = request.headers.get("traceparent")
                tracing.tell(watch, traceparent, hook, client, response.status_code)
            if server_timing:
                response.headers["Server-Timing"] = watch.server_timing()
        return response


def record_failure(error: BaseException, correlation_id: str, metrics: Metrics) -> None:
    """Log and count an unforeseen exception: its type, its causes' types, and where it passed; never its text."""
    causes: list[str] = []
    current: BaseException | None = error
    while current is not None and len(causes) < 5:
        causes.append(f"{type(current).__module__}.{type(current).__qualname__}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    failures.error(
        {
            "event": "failure",
            "correlation": correlation_id,
            "exception": causes[0],
            "causes": causes[1:],
            "frames": places(error.__traceback__),
        }
    )
    with metrics.regardless:
        metrics.failures.inc()

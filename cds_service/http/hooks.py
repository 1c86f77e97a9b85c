"""Calling the service: POST /cds-services/<id>."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from flask import Blueprint, Response, g

from cds_service.http.body import check_content_type, whole_body
from cds_service.http.envelope import EnvelopeReader
from cds_service.http.stopwatch import Stopwatch
from cds_service.http.turnstile import Turnstile
from cds_service.http.wire import Caller, HookCall, ServiceDescription

Answer = Callable[[HookCall], dict[str, Any]]
"""What stands behind the wire: it returns the CDS Hooks response as plain JSON, or raises Refusal."""


def hook_routes(
    service: ServiceDescription,
    answer: Answer,
    max_depth: int,
    turnstile: Turnstile,
    caller: Callable[[], Caller],
) -> Blueprint:
    """POST /cds-services/<id>: `caller` says who calls, the body is read, `answer` is asked, its answer is sent.

    Where a hook has an id of its own, that answers this hook alone. Of a caller that is refused nothing more than
    the headers is looked at, and it takes nobody's place in the turnstile.
    """
    routes = Blueprint("hooks", __name__)
    readers = {service.id: EnvelopeReader(service, max_depth)}
    if service.id_per_hook:
        for hook in service.hooks:
            readers[service.id_of(hook)] = EnvelopeReader(replace(service, hooks=(hook,)), max_depth)

    def call(service_id: str) -> Response:
        watch: Stopwatch = g.stopwatch
        with watch.phase("authenticate"):
            known = caller()
        with turnstile.turn():
            with watch.phase("parse"):
                check_content_type()
                body = whole_body()
                g.bytes_in = len(body)
                hook_call = readers[service_id].read(body, known, watch)
            g.hook = hook_call.hook
            answered = answer(hook_call)
        g.cards = len(answered["cards"])
        response = Response(msgspec.json.encode(answered), mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    for each in readers:
        routes.add_url_rule(
            f"/cds-services/{each}", "call", call, methods=["POST"], defaults={"service_id": each}
        )
    return routes

"""Calling the service: POST /cds-services/<id>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, g

from cds_service.http.body import check_content_type, whole_body
from cds_service.http.envelope import EnvelopeReader
from cds_service.http.wire import HookCall, ServiceDescription

Answer = Callable[[HookCall], dict[str, Any]]
"""What stands behind the wire: it returns the CDS Hooks response as plain JSON, or raises Refusal."""


def hook_routes(service: ServiceDescription, answer: Answer, max_depth: int) -> Blueprint:
    """POST /cds-services/<id>: the body is read, `answer` is asked, what it returns is sent."""
    routes = Blueprint("hooks", __name__)
    reader = EnvelopeReader(service, max_depth)

    @routes.post(f"/cds-services/{service.id}")
    def call() -> Response:
        check_content_type()
        body = whole_body()
        g.bytes_in = len(body)
        hook_call = reader.read(body)
        g.hook = hook_call.hook
        answered = answer(hook_call)
        g.cards = len(answered["cards"])
        response = Response(msgspec.json.encode(answered), mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes

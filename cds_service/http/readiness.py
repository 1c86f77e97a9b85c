"""Liveness and readiness: whether the process lives (GET /live), whether calls should be sent here (GET /ready)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from flask import Blueprint, Response


@dataclass(frozen=True, slots=True)
class Readiness:
    """The version of the knowledge that is served, why it should not be trusted (None if it should), what
    is not as it should be at the moment without keeping the service from answering, and the knowledge's digest."""

    knowledge: str = ""
    problem: str | None = None
    notes: Callable[[], Iterable[str]] = tuple
    digest: str = ""


def readiness_routes(readiness: Readiness) -> Blueprint:
    """GET /ready: 200 when calls should be sent here, 503 with the problem when not; GET /live: always 200.

    The service answers calls in both cases: who routes them decides.
    """
    routes = Blueprint("readiness", __name__)

    @routes.get("/live")
    def live() -> Response:
        response = Response(b'{"status":"live"}', mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/ready")
    def ready() -> Response:
        told: dict[str, object] = {
            "status": "not-ready" if readiness.problem else "ready",
            "knowledgeVersion": readiness.knowledge,
        }
        if readiness.problem:
            told["problem"] = readiness.problem
        if notes := list(readiness.notes()):
            told["notes"] = notes
        response = Response(
            msgspec.json.encode(told), 503 if readiness.problem else 200, mimetype="application/json"
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes

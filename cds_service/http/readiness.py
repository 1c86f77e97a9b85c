"""Readiness: whether calls should be sent here, at GET /ready."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from flask import Blueprint, Response


@dataclass(frozen=True, slots=True)
class Readiness:
    """The version of the knowledge that is served, and why it should not be trusted (None if it should)."""

    knowledge: str = ""
    problem: str | None = None


def readiness_routes(readiness: Readiness) -> Blueprint:
    """GET /ready: 200 when calls should be sent here, 503 with the problem when not.

    The service answers calls in both cases: who routes them decides.
    """
    routes = Blueprint("readiness", __name__)
    told = {"status": "not-ready" if readiness.problem else "ready", "knowledgeVersion": readiness.knowledge}
    if readiness.problem:
        told["problem"] = readiness.problem
    body = msgspec.json.encode(told)

    @routes.get("/ready")
    def ready() -> Response:
        response = Response(body, 503 if readiness.problem else 200, mimetype="application/json")
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes

"""The metrics, for Prometheus to collect at GET /metrics."""

from __future__ import annotations

from flask import Blueprint, Response

from cds_service.metrics import Metrics


def metrics_routes(metrics: Metrics) -> Blueprint:
    """GET /metrics: the counts of all workers. The gateway should keep it from the outside."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def show() -> Response:
        body, media_type = metrics.exposition()
        response = Response(body)
        response.headers["Content-Type"] = media_type
        response.headers["Cache-Control"] = "no-store"
        return response

    return routes

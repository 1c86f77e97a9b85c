"""Discovery: what this server offers, at GET /cds-services."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response

from cds_service.http.wire import ServiceDescription

SPECIFICATION_VERSION = "3.0.0"

_DEVELOPMENT_NOTICE = (
    "**DEVELOPMENT MODE: NOT FOR CLINICAL USE.** Callers are not authenticated, and any browser may call it. "
)


def discovery_document(service: ServiceDescription, development: bool) -> dict[str, Any]:
    """The discovery response: one entry for each hook of the service, all with its id unless each has its own.

    Optional members without content are left out, as the specification asks.
    """
    notice = _DEVELOPMENT_NOTICE if development else ""
    described: dict[str, Any] = {
        "title": service.title,
        "description": notice + service.description,
        "prefetch": dict(service.prefetch),
        "usageRequirements": service.usage_requirements,
        "version": SPECIFICATION_VERSION,
    }
    stated = {name: value for name, value in described.items() if value}
    return {"services": [{"hook": hook, "id": service.id_of(hook), **stated} for hook in service.hooks]}


def discovery_routes(service: ServiceDescription, development: bool) -> Blueprint:
    """GET /cds-services."""
    routes = Blueprint("discovery", __name__)
    services = msgspec.json.encode(discovery_document(service, development))

    @routes.get("/cds-services")
    def discover() -> Response:
        return Response(services, mimetype="application/json")

    return routes

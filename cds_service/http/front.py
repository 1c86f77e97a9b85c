"""GET /: a page in a browser, a pointer to discovery for anyone else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from flask import Blueprint, Response

from cds_service.http.readiness import Readiness
from cds_service.http.refusal_page import wants_page
from cds_service.http.source_pages import SourcePage
from cds_service.http.wire import ServiceDescription
from cds_service.pages import Assets, pages_of
from cds_service.pages.assets import content_policy

Page = Callable[[], Response]
"""Makes the page for the request at hand."""


def front_routes(service: ServiceDescription, public_url: str | None, page: Page) -> Blueprint:
    """GET /: `page` for whoever prefers HTML to JSON, else `{"title": …, "discovery": …}`."""
    routes = Blueprint("front", __name__)
    pointer = msgspec.json.encode({"title": service.title, "discovery": f"{public_url or ''}/cds-services"})

    @routes.get("/")
    def front() -> Response:
        response = page() if wants_page() else Response(pointer, mimetype="application/json")
        response.vary.add("Accept")
        return response

    return routes


def status_page(
    service: ServiceDescription,
    version: str,
    readiness: Readiness,
    sources: Mapping[str, SourcePage],
    assets: Assets,
    *,
    has_map: bool,
) -> Page:
    """A plain page that says what is served: name, version and knowledge, with links to discovery, the map, the sources
    and the description of the interface. Nothing of patients or clients."""
    template = pages_of("cds_service.http", assets).get_template("status.html.jinja")
    shown = template.render(
        service=service, version=version, readiness=readiness, sources=sources, has_map=has_map
    )
    headers = {"Content-Security-Policy": content_policy()}
    return lambda: Response(shown, headers=headers, mimetype="text/html")

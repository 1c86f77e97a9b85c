"""Pages that say what was read from each source: where a card's source link leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from cds_service.http.wire import Refusal
from cds_service.pages import Assets, pages_of
from cds_service.pages.assets import content_policy


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One source: what it is, and by section what the knowledge base takes from it."""

    id: str
    title: str
    date: str
    url: str | None
    statements: Mapping[str, Sequence[str]]


def source_routes(pages: Mapping[str, SourcePage], assets: Assets) -> Blueprint:
    """GET /sources/<id>."""
    routes = Blueprint("sources", __name__)
    template = pages_of("cds_service.http", assets).get_template("source.html.jinja")

    @routes.get("/sources/<name>")
    def source(name: str) -> Response:
        page = pages.get(name)
        if page is None:
            raise Refusal(
                404, "not-found", "There is no such source.", "http.path", f"Known: {', '.join(pages)}."
            )
        shown = template.render(page=page)
        return Response(shown, headers={"Content-Security-Policy": content_policy()}, mimetype="text/html")

    return routes

"""The pages of the map: each pathway, and each of its parts in detail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import Blueprint, Response
from markupsafe import Markup

from cds_service.http.wire import Refusal
from cds_service.pages import Assets, pages_of
from cds_service.pages.assets import content_policy

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class MapPage:
    """One page: figures to show, the places in it, the pages above it, and by heading those that lead on; links are
    (label, path)."""

    title: str
    figures: Sequence[Markup]
    above: Sequence[Link] = ()
    onward: Mapping[str, Sequence[Link]] | None = None
    within: Sequence[Link] = ()


Draw = Callable[[str, str | None, str | None], MapPage | None]
"""From the path of the map, a pathway and a part of it to their page; of all pathways without either; None if there
is none."""


def map_routes(draw: Draw, assets: Assets) -> Blueprint:
    """GET /map, /map/<pathway> and /map/<pathway>/<part>; 404 for what is not drawn. A page is drawn once."""
    routes = Blueprint("map", __name__)
    template = pages_of("cds_service.http", assets).get_template("map.html.jinja")

    # what is not there is not kept: it raises
    @lru_cache(maxsize=128)
    def drawn(pathway: str | None, part: str | None) -> str:
        page = draw(f"{assets.root}/map", pathway, part)
        if page is None:
            raise Refusal(
                404, "not-found", "There is no such map.", "http.path", f"All maps: {assets.root}/map"
            )
        return template.render(page=page)

    def answered(pathway: str | None = None, part: str | None = None) -> Response:
        policy = {"Content-Security-Policy": content_policy()}
        return Response(drawn(pathway, part), headers=policy, mimetype="text/html")

    routes.add_url_rule("/map", "all", answered)
    routes.add_url_rule("/map/<pathway>", "pathway", answered)
    routes.add_url_rule("/map/<pathway>/<part>", "part", answered)
    return routes

"""Pages that say what was read from each source: where a card's source link leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template_string

from cds_service.http.wire import Refusal

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ page.id }}: {{ page.title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin-top: 1.6rem } dt { font-weight: 600 }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e8e8e8 } a { color: #8ab4f8 } }
</style>
<h1>[{{ page.id }}] {{ page.title }}</h1>
<p>Date: {{ page.date }}.{% if page.url %} Original: <a href="{{ page.url }}">{{ page.url }}</a>.{% endif %}
What the pathway takes from it, in its own words:</p>
{% for section, sayings in page.statements.items() %}
<h2>{{ section }}</h2>
<ul>{% for saying in sayings %}<li>{{ saying }}</li>{% endfor %}</ul>
{% endfor %}
</html>
"""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One source: what it is, and by section what the knowledge base takes from it."""

    id: str
    title: str
    date: str
    url: str | None
    statements: Mapping[str, Sequence[str]]


def source_routes(pages: Mapping[str, SourcePage]) -> Blueprint:
    """GET /sources/<id>."""
    routes = Blueprint("sources", __name__)

    @routes.get("/sources/<name>")
    def source(name: str) -> str:
        page = pages.get(name)
        if page is None:
            raise Refusal(404, "not-found", "There is no such source.", "", f"Known: {', '.join(pages)}.")
        return render_template_string(_PAGE, page=page)

    return routes

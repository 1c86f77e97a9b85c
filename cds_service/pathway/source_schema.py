"""JSON Schemas of the sources, and of what cites them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .criterion_schema import object_of


def citation_schema(sources: Iterable[str]) -> dict[str, Any]:
    """At least one citation: a source that `sources.yaml` knows, its section, and what it says in own words."""
    text = {"type": "string", "minLength": 1}
    row = object_of(
        {"source": {"enum": list(sources)}, "section": text, "says": text}, ["source", "section", "says"]
    )
    return {"type": "array", "items": row, "minItems": 1}


SOURCES_SCHEMA: dict[str, Any] = object_of(
    {
        "sources": {
            "type": "array",
            "items": object_of(
                {
                    "id": {"type": "string"},
                    "title": {"type": "string"},
                    "kind": {"type": "string"},
                    "date": {"type": "string"},
                    "short": {"type": "string", "maxLength": 60},
                    "url": {"type": "string", "pattern": "^https://"},
                },
                ["id", "title", "kind", "date", "short"],
            ),
        }
    },
    ["sources"],
)

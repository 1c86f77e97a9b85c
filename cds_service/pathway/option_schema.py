"""JSON Schema of the options: what may be ordered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .criterion_schema import object_of
from .source_schema import citation_schema

KINDS = ("drug", "regimen", "procedure", "radiotherapy", "strategy")


def options_schema(sources: Iterable[str]) -> dict[str, Any]:
    """`options.yaml`: what may be ordered, and which drugs go together."""
    row = object_of(
        {
            # the store keeps so much of it
            "option": {"type": "string", "maxLength": 64},
            "kind": {"enum": list(KINDS)},
            "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "above-daily-mg": {"type": "number"},
            "base": {"type": "string"},
            "aimed": {"const": True},
            "cite": citation_schema(sources),
        },
        ["option", "kind"],
    )
    companion = object_of(
        {"drug": {"type": "string"}, "beside": {"type": "string"}, "because": {"type": "string"}},
        ["drug", "beside", "because"],
    )
    return object_of(
        {
            "options": {"type": "array", "items": row},
            "companions": {"type": "array", "items": companion},
        },
        ["options"],
    )

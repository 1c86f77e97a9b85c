"""JSON Schema of the rules about orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import Vocabulary
from .criterion_schema import NEVER, REASON_ID, criterion_schema, disease_schema, object_of
from .source_schema import citation_schema


def _rule(sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    return object_of(
        {
            "id": REASON_ID,
            "when": {"$ref": "#/$defs/criterion"},
            "suggest": {"enum": list(options)},
            "never": NEVER,
            "cite": citation_schema(sources),
        },
        ["id", "when", "cite"],
    )


def orders_schema(vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    """One file under `orders/`: what speaks against orders in a disease."""
    options = list(options)
    rule = _rule(sources, options)
    rules = {"type": "array", "items": rule}
    kinds = dict.fromkeys(("contraindicated", "off-pathway", "caution"), rules)
    row = object_of({"option": {"enum": options}, **kinds}, ["option"])
    several = {"type": "array", "items": {"enum": options}, "minItems": 1}
    unoffered = object_of({"options": several, **rule["properties"]}, ["options", *rule["required"]])
    return {
        **object_of(
            {
                "disease": disease_schema(vocabulary),
                "orders": {"type": "array", "items": row},
                "unoffered": {"type": "array", "items": unoffered},
            },
            ["disease", "orders"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }

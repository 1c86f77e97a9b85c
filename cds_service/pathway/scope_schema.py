"""JSON Schemas of what the pathways do not speak of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import Vocabulary
from .criterion_schema import NEVER, REASON_ID, criterion_schema, disease_schema, object_of
from .offer_schema import pathway_schema


def not_addressed_schema(
    vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]
) -> dict[str, Any]:
    """`not-addressed.yaml`: situations of which the sources say nothing, and what is offered in all of them."""
    row = object_of(
        {
            "id": {"enum": list(vocabulary["patient-group"].not_addressed)},
            "disease": disease_schema(vocabulary),
            "because": {"type": "string"},
        },
        ["id", "disease", "because"],
    )
    as_in_groups = pathway_schema(vocabulary, sources, options, ())
    return {
        **object_of(
            {
                "not-addressed": {"type": "array", "items": row},
                "offers": as_in_groups["properties"]["offers"],
            },
            ["not-addressed", "offers"],
        ),
        "$defs": as_in_groups["$defs"],
    }


def scope_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """`scope.yaml`: records that are out of scope whatever else they hold."""
    row = {
        "type": "object",
        "required": ["id", "when", "because"],
        "additionalProperties": False,
        "properties": {
            "id": REASON_ID,
            "when": {"$ref": "#/$defs/criterion"},
            "never": NEVER,
            "because": {"type": "string"},
        },
    }
    return {
        "type": "object",
        "required": ["out-of-scope"],
        "additionalProperties": False,
        "properties": {"out-of-scope": {"type": "array", "items": row}},
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }

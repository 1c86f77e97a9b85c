"""JSON Schema of decision tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import Vocabulary
from .criterion_schema import NEVER_OF_ROW, criterion_schema, disease_schema, object_of
from .source_schema import citation_schema


def table_schema(vocabulary: Vocabulary, sources: Iterable[str]) -> dict[str, Any]:
    """One file under `tables/`: the tables of a disease, each with its rows and citations."""
    derived = [d.id for d in vocabulary.definitions.values() if d.derived]
    result = {"type": ["string", "boolean"]}
    row = object_of(
        {
            "when": {"$ref": "#/$defs/criterion"},
            "then": {"anyOf": [result, {"type": "array", "items": result, "minItems": 2}]},
            "silent": {"const": True},
            "ask": {"type": "array", "items": {"enum": list(vocabulary.definitions)}, "minItems": 1},
            "remark": {"type": "string"},
            "never": NEVER_OF_ROW,
        },
        ["when", "then"],
    )
    table = object_of(
        {
            "table": {"type": "string"},
            "derives": {"enum": derived},
            "because": {"type": "string"},
            "silence": {
                "type": "array",
                "items": object_of(
                    {"fact": {"enum": list(vocabulary.definitions)}, "because": {"type": "string"}},
                    ["fact", "because"],
                ),
                "minItems": 1,
            },
            "rows": {"type": "array", "items": row, "minItems": 1},
            "cite": citation_schema(sources),
        },
        ["table", "derives", "because", "rows", "cite"],
    )
    return {
        **object_of(
            {"disease": disease_schema(vocabulary), "tables": {"type": "array", "items": table}},
            ["disease", "tables"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }

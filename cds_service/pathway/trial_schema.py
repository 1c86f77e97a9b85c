"""JSON Schema of a trial."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import Vocabulary
from .criterion_schema import NEVER, REASON_ID, criterion_schema, object_of
from .source_schema import citation_schema


def trial_schema(vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    """A trial: whom it concerns, every criterion with who can settle it, and when it is worth a card."""
    text = {"type": "string", "minLength": 1}
    criterion = {"$ref": "#/$defs/criterion"}
    row = object_of(
        {
            "criterion": REASON_ID,
            "kind": {"enum": ["inclusion", "exclusion"]},
            "settled-by": {"enum": ["record", "screening"]},
            "when": criterion,
            "never": NEVER,
            "cite": citation_schema(sources),
        },
        ["criterion", "kind", "settled-by", "when", "cite"],
    )
    card = object_of(
        {
            "when": criterion,
            "never": NEVER,
            "options": {"type": "array", "items": {"enum": list(options)}, "minItems": 1},
            "open-at-most": {"type": "integer", "minimum": 0},
            "because": text,
        },
        ["when", "options", "open-at-most", "because"],
    )
    return {
        **object_of(
            {
                "trial": {"type": "string", "pattern": "^NCT[0-9]{8}$"},
                "disease": {"enum": [d for d in vocabulary["disease"].values if d != "none"]},
                "title": text,
                "url": {"type": "string", "pattern": "^https://"},
                "concerns": object_of(
                    {"when": criterion, "never": NEVER, "because": text}, ["when", "because"]
                ),
                "criteria": {"type": "array", "items": row, "minItems": 1},
                "card": card,
                "cite": citation_schema(sources),
            },
            ["trial", "disease", "title", "url", "concerns", "criteria", "card", "cite"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }

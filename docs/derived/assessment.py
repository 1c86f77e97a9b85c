"""The machine-readable assessment, from its JSON Schema."""

from __future__ import annotations

import json

from cds_service.loading import ASSESSMENT_SCHEMA

from .json_schema import members


def assessment() -> str:
    """Each object of the schema under a heading, its members in a table."""
    schema = json.loads(ASSESSMENT_SCHEMA.read_text(encoding="utf-8"))
    text = f"{schema['description']}\n\n" + members("assessment", schema, 2)
    for name, part in schema["$defs"].items():
        if part.get("type") == "object":
            text += members(name, part, 2)
    return text

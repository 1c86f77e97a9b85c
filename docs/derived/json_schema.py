"""JSON Schema told as tables: what an object may hold, of which kind, and what must be there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .markdown import code, table

Json = Mapping[str, Any]


def members(name: str, schema: Json, level: int) -> str:
    """A heading of that level and the members of an object; objects inside it follow one level below."""
    needed = schema.get("required", ())
    rows, inside = [], ""
    for member, says in schema.get("properties", {}).items():
        rows.append(
            (code(member), kind(says), "yes" if member in needed else "", says.get("description", ""))
        )
        nested = says.get("items", says)
        if nested.get("properties"):
            inside += members(f"{name}.{member}", nested, min(level + 1, 6))
    text = f"{'#' * level} {name}\n\n"
    if rows:
        text += table(("member", "kind", "always there", "meaning"), rows)
    return text + inside


def kind(schema: Json) -> str:
    """In few words what a value may be."""
    match schema:
        case {"$ref": str(reference)}:
            return f"`{reference.rpartition('/')[2]}`"
        case {"const": value}:
            return code(json.dumps(value))
        case {"enum": list(values)}:
            return "one of " + code(*values)
        case {"anyOf": list(branches)} | {"oneOf": list(branches)}:
            return " or ".join(map(kind, branches))
        case {"type": "array"}:
            return f"list of {kind(schema.get('items', {}))}"
        case {"type": list(kinds)}:
            return " or ".join(kinds)
        case {"type": "string"}:
            return f"string {_limits(schema)}".strip()
        case {"type": str(one)}:
            return one
    return "anything"


def _limits(schema: Json) -> str:
    said = []
    if "format" in schema:
        said.append(schema["format"])
    if "pattern" in schema:
        said.append(code(schema["pattern"]))
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']} characters")
    return f"({', '.join(said)})" if said else ""

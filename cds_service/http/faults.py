"""What a JSON Schema under `schemas/` says against what a client sent, as a Refusal that says how to mend it.

The descriptions in the schemas are the advice given to clients.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

from cds_service.http.outcome import nearest, quotable
from cds_service.http.wire import IssueCode, Refusal

WHOLE_BODY = "$this"
"""The path of the body itself."""

_JSON_TYPES: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}

_EXPECTED_TYPES = {"object": "an object", "array": "an array", "string": "a string"}


class Schema(NamedTuple):
    """A schema with what checks it."""

    document: dict[str, Any]
    validator: jsonschema_rs.Validator


@cache
def _document(name: str) -> dict[str, Any]:
    text = files("cds_service.http").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def schema(name: str) -> Schema:
    envelope = _document("envelope")
    registry = jsonschema_rs.Registry([(envelope["$id"], envelope)])
    document = _document(name)
    return Schema(document, jsonschema_rs.Draft202012Validator(document, registry=registry))


def check(against: Schema, instance: Any, prefix: tuple[str, ...]) -> None:
    # The first fault only: a client can put millions of them into one body, and listing them takes minutes.
    try:
        against.validator.validate(instance)
    except jsonschema_rs.ValidationError as error:
        fault = _fault(against.document, instance, error.instance_path, error.evaluation_path, prefix)
        raise fault from None


def _fault(
    document: dict[str, Any],
    instance: Any,
    place: Sequence[str | int],
    rule: Sequence[str | int],
    prefix: tuple[str, ...],
) -> Refusal:
    """The refusal for a broken `rule` of the schema at a `place` of the instance.

    jsonschema-rs's own message is not used: it quotes the value.
    """
    schema, keyword = _subschema(document, rule[:-1]), str(rule[-1])
    value = instance
    path: list[str | int] = [*prefix]
    for step in place:
        # the validator tells a member named `0` as the number 0
        key = str(step) if isinstance(value, dict) else step
        value = value[key]
        path.append(key)
    code: IssueCode = "value"
    if keyword == "required":
        missing = next(name for name in schema["required"] if name not in value)
        code = "invariant" if "then" in rule else "required"
        advice = _description(_subschema(document, [*rule[:-1], "properties", missing]), document)
        misspelt = _misspelt(missing, value, schema["properties"])
        return Refusal(
            400, code, f"`{missing}` is missing.", _expression([*path, missing]), f"{misspelt}{advice}"
        )
    where = _expression(path)
    if keyword == "type":
        stated = schema["type"]
        expected = _EXPECTED_TYPES[stated[0] if isinstance(stated, list) else stated]
        what = f"`{where}` is {_JSON_TYPES[type(value)]}, not {expected}."
        code = "invariant" if "then" in rule else "structure"
    elif keyword == "minLength":
        what, code = f"`{where}` is empty.", "required"
    elif keyword == "maxLength":
        what, code = f"`{where}` is longer than {schema['maxLength']} characters.", "too-long"
    elif keyword == "minItems":
        what, code = f"`{where}` is empty.", "required"
    elif keyword == "maxItems":
        what, code = f"`{where}` has more than {schema['maxItems']} entries.", "too-long"
    elif keyword == "const":
        what = f"`{where}` is not {schema['const']}."
    else:
        what = f"`{where}` does not have the form that is expected."
    return Refusal(400, code, what, where, _description(schema, document))


def _misspelt(missing: str, sent: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    found = nearest(
        missing, tuple(name for name in list(sent)[:200] if name not in known and len(name) <= 64)
    )
    return f"Is `{quotable(found)}` meant to be `{missing}`? " if found else ""


def _subschema(document: dict[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    node: Any = document
    for step in path:
        if "$ref" in node and step != "$ref":
            node = _referenced(node["$ref"])
        node = _referenced(node["$ref"]) if step == "$ref" else node[step]
    subschema: dict[str, Any] = node
    return subschema


def _referenced(reference: str) -> dict[str, Any]:
    name, _, pointer = reference.partition(".json#/")
    return _subschema(_document(name), pointer.split("/"))


def _description(schema: dict[str, Any], document: dict[str, Any]) -> str:
    while "description" not in schema and "$ref" in schema:
        schema = _referenced(schema["$ref"])
    return str(schema.get("description") or f"Send {document['title'][0].lower()}{document['title'][1:]}.")


def _expression(path: Sequence[str | int]) -> str:
    """A FHIRPath-like path: `context.draftOrders.entry[3].resource`."""
    expression = ""
    for step in path:
        if isinstance(step, int):
            expression += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,47}", step) else f"`{quotable(step)}`"
            expression += f".{name}" if expression else name
    return expression or WHOLE_BODY

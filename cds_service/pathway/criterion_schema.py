"""JSON Schema of a criterion, generated from the vocabulary, and what the other schemas of authored knowledge share.

The schemas refuse a misspelt fact, a value that the fact cannot have, an unknown option or reason and a missing
citation before any of it is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import FactDefinition, Vocabulary

REASON_ID = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*(\\.[a-z0-9-]+)+$"}


def object_of(properties: dict[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """An object of these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _never(*words: str) -> dict[str, Any]:
    """Answers that a condition cannot have by logic, and why; `cds-service check` holds them against the fixtures."""
    why = {"type": "string", "minLength": 20}
    return {**object_of(dict.fromkeys(words, why)), "minProperties": 1}


NEVER = _never("not-met", "unknown")
# a table row may be there only so that the table has no gap
NEVER_OF_ROW = _never("met", "not-met", "unknown")


def _fact_test(definition: FactDefinition) -> dict[str, Any]:
    """The members that a one-fact test of such a fact may have."""
    fact = True
    if definition.type == "boolean":
        return object_of({"fact": fact, "is": {"type": "boolean"}}, ["fact", "is"])
    value = {"enum": list(definition.values)}
    if definition.type == "code":
        tests = {"is": value, "in": {"type": "array", "items": value, "minItems": 1}}
        return {**object_of({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "maxProperties": 2}
    if definition.type == "codes":
        members = {"type": "array", "items": value, "minItems": 1}
        tests = {"has": value, "has-any": members, "has-none": members}
        return {**object_of({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "maxProperties": 2}
    number = {"type": "number"}
    tests = {"above": number, "at-least": number, "below": number, "up-to": number}
    one_each = [{"not": {"required": pair}} for pair in (["above", "at-least"], ["below", "up-to"])]
    return {**object_of({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "allOf": one_each}


def criterion_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """The schema of one criterion tree; it refers to itself as `#/$defs/criterion`."""
    names = list(vocabulary.definitions)
    itself = {"$ref": "#/$defs/criterion"}
    many = {"type": "array", "items": itself, "minItems": 1}
    members: dict[str, Any] = {
        "all": many,
        "any": many,
        "not": itself,
        "stated": itself,
        "known": {"enum": names},
        "always": {"const": True},
        "fact": {"enum": names},
    }
    tests = ("is", "in", "has", "has-any", "has-none", "above", "at-least", "below", "up-to")
    return {
        "type": "object",
        "properties": {**members, **dict.fromkeys(tests, True)},
        "additionalProperties": False,
        "minProperties": 1,
        "oneOf": [{"required": [name]} for name in members],
        "if": {"required": ["fact"]},
        "then": {"allOf": _fact_tests(vocabulary)},
    }


def _fact_tests(vocabulary: Vocabulary) -> list[dict[str, Any]]:
    """One rule for all facts that are tested alike: the start reads thousands of tests."""
    alike: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for definition in vocabulary.definitions.values():
        test = _fact_test(definition)
        alike.setdefault(repr(test), (test, []))[1].append(definition.id)
    return [{"if": {"properties": {"fact": {"enum": names}}}, "then": test} for test, names in alike.values()]


def disease_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """One of the diseases of the vocabulary."""
    return {"enum": list(vocabulary["disease"].values)}

"""JSON Schemas of authored knowledge, generated from the vocabulary.

They refuse a misspelt fact, a value that the fact cannot have, an unknown option or reason and a missing
citation before any of it is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import FactDefinition, Vocabulary

LINES = ("first", "plus", "consider", "secondary")
ROLES = ("neoadjuvant", "adjuvant", "definitive", "palliative", "primary", "metastases")
KINDS = ("drug", "regimen", "procedure", "radiotherapy", "strategy")
REASON_ID = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*(\\.[a-z0-9-]+)+$"}


def _object(properties: dict[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _never(*words: str) -> dict[str, Any]:
    """Answers that a condition cannot have by logic, and why; `cds-service check` holds them against the fixtures."""
    why = {"type": "string", "minLength": 20}
    return {**_object(dict.fromkeys(words, why)), "minProperties": 1}


NEVER = _never("not-met", "unknown")
# a table row may be there only so that the table has no gap
NEVER_OF_ROW = _never("met", "not-met", "unknown")


def _fact_test(definition: FactDefinition) -> dict[str, Any]:
    """The members that a one-fact test of such a fact may have."""
    fact = True
    if definition.type == "boolean":
        return _object({"fact": fact, "is": {"type": "boolean"}}, ["fact", "is"])
    value = {"enum": list(definition.values)}
    if definition.type == "code":
        tests = {"is": value, "in": {"type": "array", "items": value, "minItems": 1}}
        return {**_object({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "maxProperties": 2}
    if definition.type == "codes":
        members = {"type": "array", "items": value, "minItems": 1}
        tests = {"has": value, "has-any": members, "has-none": members}
        return {**_object({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "maxProperties": 2}
    number = {"type": "number"}
    tests = {"above": number, "at-least": number, "below": number, "up-to": number}
    one_each = [{"not": {"required": pair}} for pair in (["above", "at-least"], ["below", "up-to"])]
    return {**_object({"fact": fact, **tests}, ["fact"]), "minProperties": 2, "allOf": one_each}


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


def _disease(vocabulary: Vocabulary) -> dict[str, Any]:
    return {"enum": list(vocabulary["disease"].values)}


def citation_schema(sources: Iterable[str]) -> dict[str, Any]:
    """At least one citation: a source that `sources.yaml` knows, its section, and what it says in own words."""
    text = {"type": "string", "minLength": 1}
    row = _object(
        {"source": {"enum": list(sources)}, "section": text, "says": text}, ["source", "section", "says"]
    )
    return {"type": "array", "items": row, "minItems": 1}


def table_schema(vocabulary: Vocabulary, sources: Iterable[str]) -> dict[str, Any]:
    derived = [d.id for d in vocabulary.definitions.values() if d.derived]
    result = {"type": ["string", "boolean"]}
    row = _object(
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
    table = _object(
        {
            "table": {"type": "string"},
            "derives": {"enum": derived},
            "because": {"type": "string"},
            "silence": {
                "type": "array",
                "items": _object(
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
        **_object(
            {"disease": _disease(vocabulary), "tables": {"type": "array", "items": table}},
            ["disease", "tables"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }


def options_schema(sources: Iterable[str]) -> dict[str, Any]:
    row = _object(
        {
            "option": {"type": "string"},
            "kind": {"enum": list(KINDS)},
            "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "above-daily-mg": {"type": "number"},
            "base": {"type": "string"},
            "aimed": {"const": True},
            "cite": citation_schema(sources),
        },
        ["option", "kind"],
    )
    companion = _object(
        {"drug": {"type": "string"}, "beside": {"type": "string"}, "because": {"type": "string"}},
        ["drug", "beside", "because"],
    )
    return _object(
        {
            "options": {"type": "array", "items": row},
            "companions": {"type": "array", "items": companion},
        },
        ["options"],
    )


def _rule(sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    return _object(
        {
            "id": REASON_ID,
            "when": {"$ref": "#/$defs/criterion"},
            "suggest": {"enum": list(options)},
            "never": NEVER,
            "cite": citation_schema(sources),
        },
        ["id", "when", "cite"],
    )


def _offer_members(
    vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What an offer may say."""
    options = list(options)
    criterion = {"$ref": "#/$defs/criterion"}
    reason = {
        "type": "array",
        "items": _object({"id": REASON_ID, "when": criterion, "never": NEVER}, ["id", "when"]),
    }
    fact = {"enum": list(vocabulary.definitions)}
    return {
        "offer": REASON_ID,
        "option": {"enum": options},
        "role": {"enum": list(ROLES)},
        "line": {"enum": list(LINES)},
        "when": criterion,
        "reasons": reason,
        "refusals": reason,
        "unaddressed": reason,
        "early": reason,
        "silent": {
            "type": "array",
            "items": _object(
                {"id": REASON_ID, "when": criterion, "ask": {"type": "array", "items": fact}, "never": NEVER},
                ["id", "when", "ask"],
            ),
        },
        "while-unknown": _object(
            {"fact": fact, "untested": fact, "id": REASON_ID, "suggest": {"enum": options}},
            ["fact", "untested", "id", "suggest"],
        ),
        "differs": REASON_ID,
        "never": NEVER,
        "cite": citation_schema(sources),
    }


def offer_set_schema(
    vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]
) -> dict[str, Any]:
    """One file under `offer_sets/`: offers that several patient groups share."""
    members = _offer_members(vocabulary, sources, options)
    # the only sources that list this offer, where a use may cite others for the rest of the set
    members["listed-by"] = {"type": "array", "items": {"enum": list(sources)}, "minItems": 1}
    offer = _object(members, ["offer", "option", "when", "cite"])
    return {
        **_object(
            {"set": {"type": "string"}, "offers": {"type": "array", "items": offer, "minItems": 1}},
            ["set", "offers"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }


def pathway_schema(
    vocabulary: Vocabulary,
    sources: Iterable[str],
    options: Iterable[str],
    groups: Iterable[str],
    sets: Iterable[str] = (),
) -> dict[str, Any]:
    """One file under `pathways/`: a patient group, what it is offered, and why it is not offered the rest."""
    options = list(options)
    members = _offer_members(vocabulary, sources, options)
    offer = _object(members, ["offer", "option", "line", "when", "cite"])
    shared = (
        "role",
        "line",
        "when",
        "reasons",
        "refusals",
        "unaddressed",
        "silent",
        "differs",
        "never",
        "cite",
    )
    use = _object(
        {
            "use": {"enum": list(sets)},
            "as": REASON_ID,
            "only": {"type": "array", "items": {"enum": options}, "minItems": 1},
            **{name: members[name] for name in shared},
        },
        ["use", "as"],
    )
    row = {"type": "object", "if": {"required": ["use"]}, "then": use, "else": offer}
    # options by their own name, or every one of a kind that the group says nothing else of
    named = {"type": "array", "items": {"enum": [*options, *KINDS]}, "minItems": 1}
    refused = _object(
        {"id": REASON_ID, "for": named, "cite": citation_schema(sources)}, ["id", "for", "cite"]
    )
    return {
        **_object(
            {
                "group": {"enum": list(groups)},
                "disease": {"enum": list(vocabulary["disease"].values)},
                "definition": {"type": "string"},
                "cite": citation_schema(sources),
                "implies": {"type": "array", "items": {"$ref": "#/$defs/criterion"}},
                "treated-as": {"enum": [d.id for d in vocabulary.definitions.values() if d.derived]},
                "offers": {"type": "array", "items": row, "minItems": 1},
                "refused": {"type": "array", "items": refused},
                "unaddressed": {"type": "array", "items": refused},
            },
            ["group", "disease", "definition", "cite", "offers"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }


def not_addressed_schema(
    vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]
) -> dict[str, Any]:
    """`not-addressed.yaml`: situations of which the sources say nothing, and what is offered in all of them."""
    row = _object(
        {
            "id": {"enum": list(vocabulary["patient-group"].not_addressed)},
            "disease": _disease(vocabulary),
            "because": {"type": "string"},
        },
        ["id", "disease", "because"],
    )
    as_in_groups = pathway_schema(vocabulary, sources, options, ())
    return {
        **_object(
            {
                "not-addressed": {"type": "array", "items": row},
                "offers": as_in_groups["properties"]["offers"],
            },
            ["not-addressed", "offers"],
        ),
        "$defs": as_in_groups["$defs"],
    }


def orders_schema(vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    options = list(options)
    rule = _rule(sources, options)
    rules = {"type": "array", "items": rule}
    kinds = dict.fromkeys(("contraindicated", "off-pathway", "caution"), rules)
    row = _object({"option": {"enum": options}, **kinds}, ["option"])
    several = {"type": "array", "items": {"enum": options}, "minItems": 1}
    unoffered = _object({"options": several, **rule["properties"]}, ["options", *rule["required"]])
    return {
        **_object(
            {
                "disease": _disease(vocabulary),
                "orders": {"type": "array", "items": row},
                "unoffered": {"type": "array", "items": unoffered},
            },
            ["disease", "orders"],
        ),
        "$defs": {"criterion": criterion_schema(vocabulary)},
    }


def trial_schema(vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]) -> dict[str, Any]:
    """A trial: whom it concerns, every criterion with who can settle it, and when it is worth a card."""
    text = {"type": "string", "minLength": 1}
    criterion = {"$ref": "#/$defs/criterion"}
    row = _object(
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
    card = _object(
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
        **_object(
            {
                "trial": {"type": "string", "pattern": "^NCT[0-9]{8}$"},
                "disease": {"enum": [d for d in vocabulary["disease"].values if d != "none"]},
                "title": text,
                "url": {"type": "string", "pattern": "^https://"},
                "concerns": _object(
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


SOURCES_SCHEMA: dict[str, Any] = _object(
    {
        "sources": {
            "type": "array",
            "items": _object(
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

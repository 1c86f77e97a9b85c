"""JSON Schemas of what a patient group is offered, and of the sets of offers that groups share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..case.vocabulary import Vocabulary
from .criterion_schema import NEVER, REASON_ID, criterion_schema, object_of
from .option_schema import KINDS
from .source_schema import citation_schema

LINES = ("first", "plus", "consider", "secondary")
ROLES = ("neoadjuvant", "adjuvant", "definitive", "palliative", "primary", "metastases")


def _offer_members(
    vocabulary: Vocabulary, sources: Iterable[str], options: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """What an offer may say."""
    options = list(options)
    criterion = {"$ref": "#/$defs/criterion"}
    reason = {
        "type": "array",
        "items": object_of({"id": REASON_ID, "when": criterion, "never": NEVER}, ["id", "when"]),
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
            "items": object_of(
                {"id": REASON_ID, "when": criterion, "ask": {"type": "array", "items": fact}, "never": NEVER},
                ["id", "when", "ask"],
            ),
        },
        "while-unknown": object_of(
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
    offer = object_of(members, ["offer", "option", "when", "cite"])
    return {
        **object_of(
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
    offer = object_of(members, ["offer", "option", "line", "when", "cite"])
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
    use = object_of(
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
    refused = object_of(
        {"id": REASON_ID, "for": named, "cite": citation_schema(sources)}, ["id", "for", "cite"]
    )
    return {
        **object_of(
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

"""How concepts become values of facts, places, and what orders ask for: the tables of `readings.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...fhir.words import Words
from ..vocabulary import AuthoringError, Vocabulary, nearest
from .hedges import BY_CONCEPT, HEDGES_SCHEMA, OF_CONCEPTS, Hedges

LIMBS = frozenset({"upper-limb", "lower-limb"})
WIDE_PLACES = frozenset({"abdomen", "pelvis", "thorax", "trunk"})
# places with tumours of their own, to which a sarcoma of another place or a GIST seldom spreads
SEATS_OF_OTHERS = frozenset({"breast", "head-neck", "uterus", "paratesticular"})
NONE: frozenset[str] = frozenset()

# what an order or a course of treatment can say that it is for
INTENTS = ("neoadjuvant", "adjuvant", "curative", "definitive", "palliative", "unstated")
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}

READINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "values", "sarcomas", "within", "organs", "items", "items-by-disease", "intents", "words", "hedges",
        "recurrence",
    ],
    "additionalProperties": False,
    "properties": {
        "values": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "string"}, _NAMES]},
            },
        },
        "sarcomas": {
            "type": "object",
            "required": ["named", "assumed", "unclear", "never"],
            "additionalProperties": False,
            "properties": dict.fromkeys(("named", "assumed", "unclear", "never"), _NAMES),
        },
        "within": {"type": "object", "additionalProperties": _NAMES},
        "organs": {"type": "object", "additionalProperties": {"type": "string"}},
        "items": {"type": "object", "additionalProperties": {"type": "string"}},
        "items-by-disease": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "intents": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict.fromkeys(INTENTS, _NAMES),
                },
            },
        },
        "words": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
        "hedges": HEDGES_SCHEMA,
        "recurrence": {
            "type": "object",
            "required": ["whole", "whole-open"],
            "additionalProperties": False,
            "properties": dict.fromkeys(("whole", "whole-open"), _NAMES),
        },
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Readings:
    """How concepts become values (`readings.yaml`), and the words that stand for a concept.

    `organs` says on which organ a procedure or body site is, `items` what an order for a procedure asks for,
    `items_by_disease` where that differs in one disease, `intents` what an item becomes by its stated intent.
    `sarcomas` says which concepts make a Condition a soft-tissue sarcoma, `within` which places hold which,
    `hedges` what a text only supposes, `recurrence` which words say that a tumour of no named kind came back.
    """

    values: Mapping[str, Mapping[str, frozenset[str]]]
    organs: Mapping[str, str]
    items: Mapping[str, str]
    words: Words
    hedges: Hedges
    sarcomas: Mapping[str, frozenset[str]]
    within: Mapping[str, frozenset[str]]
    items_by_disease: Mapping[str, Mapping[str, str]]
    intents: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    recurrence: Mapping[str, frozenset[str]]
    # concept -> every organ that it names, as organ, as site of the tumour or of a metastasis
    _named_organs: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)
    seats_of_others: frozenset[str] = field(default=NONE, init=False, repr=False)
    """The concepts of places in SEATS_OF_OTHERS."""

    def __post_init__(self) -> None:
        for concept, organ in self.organs.items():
            self._named_organs[concept] = frozenset({organ})
        for fact in ("primary-site", "metastatic-sites"):
            for concept, places in self.values.get(fact, {}).items():
                if fact == "metastatic-sites":
                    places = places - {"unspecified"}
                self._named_organs[concept] = self._named_organs.get(concept, NONE) | places
        sites = self.values.get("primary-site", {}).items()
        seats = frozenset(concept for concept, places in sites if places <= SEATS_OF_OTHERS)
        object.__setattr__(self, "seats_of_others", seats)

    def organs_of(self, concepts: Iterable[str]) -> set[str]:
        """The organs that concepts of diagnoses, sites or procedures name."""
        found: set[str] = set()
        for concept in concepts:
            if concept in self._named_organs:
                found |= self._named_organs[concept]
        return found

    def value_of(self, fact: str, concepts: Iterable[str]) -> frozenset[str]:
        """The values of a fact for which the concepts stand."""
        found = NONE
        table = self.values.get(fact)
        if table:
            for concept in concepts:
                if concept in table:
                    found |= table[concept]
        return found

    def near(self, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether two sets of places share one, or one of them lies inside another."""
        theirs = set(other)
        return any(
            a == b or a in self.within.get(b, ()) or b in self.within.get(a, ()) for a in one for b in theirs
        )

    def ties(self, places: Iterable[str], tumour: Iterable[str]) -> bool:
        """Whether a place ties a treatment to a tumour. A whole cavity or the trunk holds much else."""
        organs = set(tumour)
        return self.near((p for p in places if p not in WIDE_PLACES or p in organs), organs)

    def same_region(self, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether two sets of places are near, or parts of one limb."""
        first, second = set(one), set(other)
        limbs = [{w for p in places for w in self.within.get(p, ())} & LIMBS for places in (first, second)]
        return self.near(first, second) or bool(limbs[0] & limbs[1])

    def finest(self, places: Iterable[str]) -> set[str]:
        """The places that hold no other of them."""
        found = set(places)
        return found - {wider for place in found for wider in self.within.get(place, ())}

    def items_of(self, disease: str, concepts: Iterable[str]) -> set[str]:
        """What orders with these concepts ask for in a disease."""
        special = self.items_by_disease.get(disease, {})
        return {special.get(c) or self.items[c] for c in concepts if c in special or c in self.items}


def read_readings(document: Mapping[str, Any], vocabulary: Vocabulary, concepts: Iterable[str]) -> Readings:
    """Raises AuthoringError for a fact or a value that the vocabulary does not have, for a concept that neither a
    value set (`concepts`) nor a word stands for, and for a place among the sarcomas: a place alone names no tumour."""
    known = {*concepts, *document["words"]}
    _check_hedges(document)
    tables: list[tuple[str, ...]] = [("organs",), ("items",)]
    tables += [(part, name) for part in ("values", "items-by-disease", "sarcomas") for name in document[part]]
    for where in tables:
        table = document[where[0]] if len(where) == 1 else document[where[0]][where[1]]
        for concept in table:
            if concept not in known:
                raise AuthoringError(f"no concept {concept!r}{nearest(concept, known)}", (*where, concept))
    for kind, concepts_of_kind in document["sarcomas"].items():
        for concept in concepts_of_kind:
            if concept.startswith("site."):
                raise AuthoringError(
                    f"{concept!r} is a place and names no tumour", ("sarcomas", kind, concept)
                )
    for fact, table in document["values"].items():
        if fact not in vocabulary:
            raise AuthoringError(f"no fact {fact!r}{nearest(fact, vocabulary)}", ("values", fact))
        allowed = vocabulary[fact].values
        for concept, value in ((c, v) for c, named in table.items() for v in _listed(named)):
            if allowed and value not in allowed:
                raise AuthoringError(
                    f"{value!r} is no value of {fact!r}{nearest(value, allowed)}", ("values", fact, concept)
                )
    sites = vocabulary["primary-site"].values
    for place, wider in document["within"].items():
        for value in (place, *wider):
            if value not in sites:
                raise AuthoringError(f"no place {value!r}{nearest(value, sites)}", ("within", place))
    values = {
        fact: {concept: frozenset(_listed(named)) for concept, named in table.items()}
        for fact, table in document["values"].items()
    }
    return Readings(
        values=values,
        organs=document["organs"],
        items=document["items"],
        words=Words(document["words"]),
        hedges=Hedges(document["hedges"], document["words"]),
        sarcomas={kind: frozenset(concepts) for kind, concepts in document["sarcomas"].items()},
        within={place: frozenset(wider) for place, wider in document["within"].items()},
        items_by_disease=document["items-by-disease"],
        recurrence={kind: frozenset(phrases) for kind, phrases in document["recurrence"].items()},
        intents={
            disease: {
                item: {intent: tuple(options) for intent, options in rows.items()}
                for item, rows in table.items()
            }
            for disease, table in document["intents"].items()
        },
    )


def _check_hedges(document: Mapping[str, Any]) -> None:
    """Raises AuthoringError for a concept that no word stands for."""
    words, hedges = document["words"], document["hedges"]
    for part in (*OF_CONCEPTS, *BY_CONCEPT):
        for concept in hedges[part]:
            if concept not in words:
                raise AuthoringError(f"no words for {concept!r}{nearest(concept, words)}", ("hedges", part))


def _listed(named: str | list[str]) -> list[str]:
    return [named] if isinstance(named, str) else named

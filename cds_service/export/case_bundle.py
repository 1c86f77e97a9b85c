"""A case as the Bundle on which exported expressions are evaluated: one fact after the other, in our CodeSystem.

Known facts are written as a record may state them to the service. What is not known of a fact is left out:
an unknown fact has no Observation; of a code or boolean that is one of several every possible value is stated;
a number of which only bounds are known has Quantities with a comparator, two of them as components (a Range cannot
say "more than 2, up to 5", its ends are closed); of a set the members in it are stated, and those that are not in it
stand as components with `false`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from ..case.fact import Choice, Interval, Members, Value
from ..case.vocabulary import CASE_FACTS, FactDefinition, Vocabulary

UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def case_bundle(values: Mapping[str, Value], vocabulary: Vocabulary) -> dict[str, Any]:
    """A FHIR R4 Bundle of the facts, in the order of the vocabulary."""
    observations = [
        observation
        for name in vocabulary
        if name in values
        for observation in _observations(vocabulary[name], values[name])
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    return {**bundle, "entry": [{"resource": o} for o in observations]} if observations else bundle


def _observations(definition: FactDefinition, value: Value) -> Iterator[dict[str, Any]]:
    if isinstance(value, Members):
        yield from _of_set(definition, value)
    elif isinstance(value, Interval):
        if stated := _number(definition, value):
            yield _observation(definition.id, **stated)
    elif value != definition.unknown():
        assert isinstance(value, Choice)
        for possible in sorted(value.possible, key=str):
            if isinstance(possible, bool):
                yield _observation(definition.id, valueBoolean=possible)
            else:
                yield _observation(definition.id, valueCodeableConcept=_concept(possible))


def _of_set(definition: FactDefinition, value: Members) -> Iterator[dict[str, Any]]:
    for member in sorted(value.present):
        yield _observation(definition.id, valueCodeableConcept=_concept(member))
    absent = [v for v in definition.values if v not in value.present and v not in value.unknown]
    if absent:
        yield _observation(
            definition.id, component=[{"code": _concept(v), "valueBoolean": False} for v in absent]
        )


def _number(definition: FactDefinition, value: Interval) -> dict[str, Any]:
    """The value of a number's Observation; empty if nothing is known of it (no fact of ours is below zero)."""
    if value.low == value.high:
        if definition.type == "integer" and value.low == int(value.low):
            return {"valueInteger": int(value.low)}
        return {"valueQuantity": _quantity(definition, value.low)}
    bounds = []
    if value.low > 0 or (value.low == 0 and value.low_open):
        bounds.append(_quantity(definition, value.low, ">" if value.low_open else ">="))
    if value.high < inf:
        bounds.append(_quantity(definition, value.high, "<" if value.high_open else "<="))
    if len(bounds) == 2:
        code = _concept(definition.id)
        return {"component": [{"code": code, "valueQuantity": bound} for bound in bounds]}
    return {"valueQuantity": bounds[0]} if bounds else {}


def _quantity(definition: FactDefinition, number: float, comparator: str | None = None) -> dict[str, Any]:
    unit = definition.unit or "1"
    quantity: dict[str, Any] = {"value": int(number) if number == int(number) else number}
    if comparator:
        quantity["comparator"] = comparator
    return {**quantity, "unit": unit, "system": UCUM, "code": unit}


def _concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": CASE_FACTS, "code": code}]}


def _observation(fact: str, **stated: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "survey"}]}],
        "code": _concept(fact),
        **stated,
    }

"""Facts that the record states outright, with our own published CodeSystem."""

from __future__ import annotations

from collections.abc import Iterator

from ...fhir.datatypes import centimetres, number, target
from ...fhir.resources import CodeableConcept, Observation
from ..fact import Choice, Interval, Value
from ..settle import Reading
from ..vocabulary import FactDefinition, Vocabulary
from .diagnosis import Diagnosis
from .pathology import Timeline
from .sources import Sources

BEFORE_THERAPY_ONLY = frozenset({"tumour-size-cm", "mitoses-per-50-hpf"})


def read_stated(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, vocabulary: Vocabulary
) -> Iterator[Reading]:
    """One reading for each Observation whose code is one of our fact ids; `disease` cannot be stated so."""
    for reference, observation in sources.observations():
        name = next((c for c in sources.own_codes(observation.code) if c in vocabulary), None)
        if name is None or name == "disease":
            continue
        if not diagnosis.same_tumour(target(f) for f in observation.focus or ()):
            continue
        definition = vocabulary[name]
        here = sources.dated(reference, observation, "value")
        if name in BEFORE_THERAPY_ONLY and timeline.before_therapy(here.date) is not True:
            yield Reading(name, "stated", here, why="missing", remark="after-systemic-therapy")
        elif definition.type == "codes":
            member = _member(sources, definition, observation.value_codeable_concept)
            yield Reading(name, "stated", here, member=member, why=None if member else "uncodable")
        else:
            value = _value(sources, definition, observation)
            yield Reading(name, "stated", here, value, why=None if value else "uncodable")


def _member(sources: Sources, definition: FactDefinition, concept: CodeableConcept | None) -> str | None:
    own = next((c for c in sources.own_codes(concept) if c in definition.values), None)
    if own is not None:
        return own
    public = sources.readings.value_of(definition.id, sources.concepts(concept))
    return next(iter(sorted(public)), None)


def _value(sources: Sources, definition: FactDefinition, observation: Observation) -> Value | None:
    match definition.type:
        case "boolean":
            said = observation.value_boolean
            return None if said is None else Choice(frozenset({said}))
        case "code":
            word = _member(sources, definition, observation.value_codeable_concept)
            if word is None and observation.value_string in definition.values:
                word = observation.value_string
            return Choice(frozenset({word})) if word else None
        case _:
            return _number(definition, observation)


def _number(definition: FactDefinition, observation: Observation) -> Interval | None:
    if observation.value_integer is not None and observation.value_integer >= 0 and definition.unit != "cm":
        value = float(observation.value_integer)
        return Interval(value, value)
    if definition.unit == "cm":
        return centimetres(observation.value_quantity)
    return number(observation.value_quantity)

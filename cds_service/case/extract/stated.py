"""Facts that the record states outright, with our own published CodeSystem."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...fhir.datatypes import centimetres, number, real, scaled
from ...fhir.resources import CodeableConcept, Observation, Quantity
from ..fact import Choice, Evidence, Interval, Members, Value
from ..settle import Reading
from ..vocabulary import FactDefinition, Vocabulary
from .conditions import organs_of
from .diagnosis import Diagnosis
from .grade import grade_of
from .mitotic_count import AREAS, area_of_unit
from .sarcoma import finest_histology
from .sources import Sources
from .timeline import Timeline

# begins the id of an Observation that is supposed; no id of FHIR holds a colon
SUPPOSED = "hypothetical:"
PLAIN_UNITS = {"a": ("a", "year", "years", "1"), "1": ("1", "{score}", "")}
# scales whose every step is a whole number
SCALES = {"performance-status-ecog": range(6), "asa-class": range(1, 7)}
# what a statement under one id says of another fact too
ALSO: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "metastasis-extent": {
        "limited": ("m-category", "M1"),
        "disseminated": ("m-category", "M1"),
        "regional-nodes": ("n-category", "N1"),
    },
}
# the pathway's own stage is derived: what the record states is the stated one
READ_AS = {"stage": "stated-stage"}
THERAPIES = frozenset({"prior-therapies", "current-therapy", "neoadjuvant-therapy", "adjuvant-therapy"})
BEFORE_THERAPY_ONLY = frozenset({"tumour-size-cm", "mitoses-per-50-hpf"})


def read_stated(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, vocabulary: Vocabulary
) -> Iterator[Reading]:
    """One reading for each Observation whose code is one of our fact ids; `disease` cannot be stated so."""
    for finding in sources.findings():
        if not finding.own:
            continue
        name = _fact_of(finding.own, vocabulary)
        if name is None or name == "disease" or not diagnosis.same_tumour(finding.focus):
            continue
        definition, observation = vocabulary[name], finding.observation
        here = finding.at("value")
        if observation.data_absent_reason is not None:
            yield Reading(name, "stated", here, why="uncodable")
        elif (
            name in BEFORE_THERAPY_ONLY
            # a size that is supposed is supposed to be from before the therapy
            and not (observation.id or "").startswith(SUPPOSED)
            and timeline.before_therapy(here.date) is not True
        ):
            yield Reading(name, "stated", here, why="missing", remark="after-systemic-therapy")
        elif definition.type == "codes":
            member = _member(sources, definition, observation.value_codeable_concept)
            yield Reading(name, "stated", here, member=member, why=None if member else "uncodable")
            yield from _also(name, Members(frozenset({member})) if member else None, here)
        else:
            value = _value(sources, definition, observation)
            yield Reading(name, "stated", here, value, why=None if value else "uncodable")
            yield from _also(name, value, here)


def _fact_of(codes: Iterable[str], vocabulary: Vocabulary) -> str | None:
    """The fact that the first of our codes states."""
    for code in codes:
        name = READ_AS.get(code, code)
        if name in vocabulary.definitions:
            return name
    return None


def _also(name: str, value: Value | None, here: Evidence) -> Iterator[Reading]:
    for fact, follows in implied(name, value) if value is not None else ():
        yield Reading(fact, "margin" if fact == "tumour-resected" else "stated", here, follows)


def implied(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """What a stated value says of other facts: metastases of M1, an FNCLCC grade of the grade, a margin of the
    resection that it is the margin of."""
    if name == "residual-tumour" and value.known:
        yield "tumour-resected", Choice(frozenset({True}))
    if name == "fnclcc-grade" and isinstance(value, Interval) and value.known:
        yield "grade", Choice(frozenset({grade_of(value.low)}))
    if name == "metastatic-sites" and isinstance(value, Members) and value.present - {"lymph-node"}:
        yield "m-category", Choice(frozenset({"M1"}))
    if isinstance(value, Choice) and value.known:
        (word,) = value.possible
        if (said := ALSO.get(name, {}).get(str(word))) is not None:
            yield said[0], Choice(frozenset({said[1]}))


def _member(sources: Sources, definition: FactDefinition, concept: CodeableConcept | None) -> str | None:
    own = next((c for c in sources.own_codes(concept) if c in definition.values), None)
    if own is not None:
        return own
    kinds = sources.concepts(concept)
    public = set(sources.readings.value_of(definition.id, kinds))
    if definition.id == "primary-site":
        public = sources.readings.finest(public)
    elif definition.id == "histology":
        public = set(finest_histology(public))
    if not public and definition.id == "metastatic-sites":
        public = organs_of(sources, kinds) & set(definition.values)
    return public.pop() if len(public) == 1 else None


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
    """A number in the fact's own unit; one in another unit is converted or not read."""
    quantity = observation.value_quantity
    if definition.unit == "cm":
        return centimetres(quantity)
    if observation.value_integer is not None:
        whole = real(observation.value_integer)
        value = None if whole is None else Interval(whole, whole)
    elif definition.id == "mitoses-per-50-hpf" and quantity is not None:
        value = _count(quantity)
    elif (
        quantity is not None
        and (quantity.code or quantity.unit or "1").strip() in PLAIN_UNITS[definition.unit or "1"]
    ):
        value = number(quantity)
    else:
        return None
    steps = SCALES.get(definition.id)
    if steps is not None and value is not None and value.low not in steps:
        return None
    if definition.id == "fnclcc-grade" and value is not None and value.low not in (1, 2, 3):
        return None
    return value


def _count(quantity: Quantity) -> Interval | None:
    """A mitotic count: per 50 HPF unless its unit names another area that we know."""
    unit = (quantity.code or quantity.unit or "").strip()
    value = number(quantity)
    if value is None or unit in ("", "1", "{mitoses}", "{count}"):
        return value
    area = area_of_unit(quantity)
    return scaled(value, AREAS[area]) if area in AREAS else None


def states_therapy(sources: Sources) -> bool:
    """Whether the record states a therapy outright."""
    return any(f.own and not THERAPIES.isdisjoint(f.own) for f in sources.findings())

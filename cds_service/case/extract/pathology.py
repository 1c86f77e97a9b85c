"""Size, mitoses, margins and rupture from Observations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import (
    between,
    centimetres,
    compared,
    real,
    scaled,
)
from ...fhir.resources import BodyStructure, Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Interval
from ..settle import Reading
from .conditions import organs_of
from .diagnosis import Diagnosis
from .finding import Finding
from .mitotic_count import AREAS, NUMBER, SIGNS, counts_in
from .sources import Sources
from .timeline import Timeline

_BY = r"[ ]{0,3}(?:x|×|by|\*)[ ]{0,3}"
_SIZE = re.compile(
    rf"(<=|>=|<|>|≤|≥|less than|more than|greater than|at least|up to|at most|about|approximately|ca\.?)?[ ]{{0,3}}"
    rf"(?<![\d.,]){NUMBER}(?:(?:{_BY}{NUMBER})(?:{_BY}{NUMBER})?|[ ]{{0,3}}(?:-|–|to)[ ]{{0,3}}{NUMBER})?"
    r"[ ]{0,3}(mm|cm)\b",
    re.IGNORECASE,
)
# "margins negative" is good news: only what speaks against the status itself counts
_MARGIN_DENIED = re.compile(
    r"\b(not|unlikely|possible|impossible|probable|likely|planned|intended|if|unless)\b|\?", re.IGNORECASE
)
SIZES = frozenset({"size.obs", "size.longest-dimension"})
MITOSES = frozenset({"mitoses.obs", "mitoses.obs.per-10hpf", "mitoses.obs.index"})
ABOUT = SIZES | MITOSES | {"margin.obs", "rupture.tumor"}
_NO = re.compile(
    r"\s*(?:no|none|absent|negative|not (?:identified|present|seen|detected)|no (?:tumou?r )?rupture)\s*\.?\s*",
    re.IGNORECASE,
)
IMAGING = frozenset({"imaging"})
PATHOLOGY_METHODS = frozenset({"size.method.gross-pathology", "size.method.microscopy"})
IMAGE_METHODS = frozenset(
    {"size.method.ct", "size.method.mri", "size.method.ultrasound", "size.method.imaging"}
)


def read_pathology(sources: Sources, diagnosis: Diagnosis, timeline: Timeline) -> Iterator[Reading]:
    """Readings of `tumour-size-cm`, `mitoses-per-50-hpf`, `residual-tumour`, `tumour-rupture`."""
    for finding in diagnosis.findings_about(sources, ABOUT):
        kinds = finding.named
        # with a second cancer on record a measurement that names no tumour may be of either
        unclear = diagnosis.several_tumours or diagnosis.leaves_open(finding)
        if not kinds.isdisjoint(SIZES) and _of_primary(sources, diagnosis, finding):
            yield from _dated(_size(sources, finding), timeline, unclear)
        if not kinds.isdisjoint(MITOSES) and _is_mitoses(sources, finding):
            yield from _dated(_mitoses(sources, finding), timeline, unclear)
        if "margin.obs" in kinds and not unclear:
            yield from _margin(sources, finding)
        if "rupture.tumor" in kinds or "rupture.tumor" in finding.answered:
            yield from _rupture(sources, finding)


def _of_primary(sources: Sources, diagnosis: Diagnosis, finding: Finding) -> bool:
    """False for a size of something else: at another organ, or by its name."""
    observation, focus = finding.observation, finding.focus
    if "size.obs.exclude" in sources.words(texts_of(observation.code)):
        return False
    structures = (sources.record.find(f, BodyStructure) for f in focus)
    places = [observation.body_site, *(s.location for s in structures if s)]
    organs = organs_of(sources, sources.named_in(places))
    named = [f for f in focus if f and f.startswith("Condition/")]
    if named and all(f in diagnosis.metastases for f in named):
        return False
    return (
        not organs or not diagnosis.primary_organs or sources.readings.near(organs, diagnosis.primary_organs)
    )


def _dated(readings: Iterator[Reading], timeline: Timeline, unclear: bool) -> Iterator[Reading]:
    """Leave out what was measured after systemic therapy, or may have been, or may be of another tumour."""
    for reading in readings:
        before = timeline.before_therapy(reading.evidence.date)
        if unclear:
            yield Reading(
                reading.fact, reading.rank, reading.evidence, why="uncodable", remark="tumour-not-named"
            )
        elif before is True:
            yield reading
        elif before is None:
            yield Reading(
                reading.fact, reading.rank, reading.evidence, why="uncodable", remark="timing-unclear"
            )
        else:
            yield Reading(
                reading.fact, reading.rank, reading.evidence, why="missing", remark="after-systemic-therapy"
            )


def rank_of(sources: Sources, observation: Observation) -> str:
    """How a finding was made: `pathology`, `imaging`, `exam` or `unspecified`."""
    methods = sources.concepts(observation.method)
    categories = {
        coding.code
        for category in observation.category or ()
        for coding in category.coding or ()
        if coding.code
    }
    if observation.specimen is not None or methods & PATHOLOGY_METHODS:
        return "pathology"
    if methods & IMAGE_METHODS or categories & IMAGING:
        return "imaging"
    if "exam" in categories:
        return "exam"
    return "unspecified"


def _size(sources: Sources, finding: Finding) -> Iterator[Reading]:
    observation = finding.observation
    rank = rank_of(sources, observation)
    for component in observation.component or ():
        if "size.longest-dimension" in sources.concepts(component.code):
            value = centimetres(component.value_quantity)
            here = finding.at("component.valueQuantity")
            if value is not None:
                yield Reading("tumour-size-cm", rank, here, value)
                return
    value = centimetres(observation.value_quantity)
    element = "valueQuantity"
    if value is None and (ends := between(observation.value_range)):
        low, high = centimetres(ends[0]), centimetres(ends[1])
        value = low.hull(high) if low and high else None
        element = "valueRange"
    if value is None:
        text = readable(observation.value_string) or next(
            iter(texts_of(observation.value_codeable_concept)), None
        )
        value = size_in(text)
        element = "valueString"
        rank = "text" if rank == "unspecified" else rank
    if value is not None:
        yield Reading("tumour-size-cm", rank, finding.at(element), value)
    elif _has_value(observation):
        yield Reading("tumour-size-cm", rank, finding.at(element), why="uncodable")


def size_in(text: str | None) -> Interval | None:
    """The longest dimension of `6.2 x 4 x 3 cm`, `62 mm`, `>10 cm` or `5-6 cm`; None if the text holds none or
    several sizes."""
    found = _SIZE.findall(text or "")
    if len(found) != 1:
        return None
    sign, first, second, third, upper, unit = found[0]
    longest = max(v for n in (first, second, third) if n and (v := real(n)) is not None)
    value = compared(longest, SIGNS.get(sign.lower(), sign) or None)
    if upper and value and (high := real(upper)) is not None:
        value = value.hull(Interval(high, high))
    return scaled(value, 0.1 if unit.lower() == "mm" else 1.0) if value else None


def _has_value(observation: Observation) -> bool:
    return any(
        v is not None
        for v in (observation.value_quantity, observation.value_string, observation.value_codeable_concept,
                  observation.value_integer, observation.value_ratio, observation.value_range, observation.component)
    )  # fmt: skip


def _is_mitoses(sources: Sources, finding: Finding) -> bool:
    words = sources.words(texts_of(finding.observation.code))
    return "mitoses.obs.exclude" not in words


def _mitoses(sources: Sources, finding: Finding) -> Iterator[Reading]:
    observation = finding.observation
    rank = rank_of(sources, observation)
    for element, found in counts_in(observation, per_10_fields="mitoses.obs.per-10hpf" in finding.named):
        here = finding.at(element)
        if found is None:
            yield Reading("mitoses-per-50-hpf", rank, here, why="uncodable", remark="mitoses-without-area")
            return
        value, area = found
        remark = {"5mm2": "per-5-mm2", "10hpf": "per-10-hpf"}.get(area)
        yield Reading("mitoses-per-50-hpf", rank, here, scaled(value, AREAS[area]), remark=remark)
        return


def _margin(sources: Sources, finding: Finding) -> Iterator[Reading]:
    observation = finding.observation
    value = observation.value_codeable_concept
    here = finding.at("valueCodeableConcept")
    status = sources.readings.value_of("residual-tumour", finding.answered)
    rank = "coded"
    if not status:
        texts = [
            t
            for t in [*texts_of(value), readable(observation.value_string)]
            if t and not _MARGIN_DENIED.search(t)
        ]
        status = sources.readings.value_of("residual-tumour", sources.words(texts))
        rank = "text"
    if len(status) == 1:
        yield Reading("residual-tumour", rank, here, Choice(frozenset(status)))
        yield Reading("tumour-resected", "margin", here, Choice(frozenset({True})))
    elif _has_value(observation):
        yield Reading("residual-tumour", rank, here, why="uncodable")


def _rupture(sources: Sources, finding: Finding) -> Iterator[Reading]:
    observation = finding.observation
    here = finding.at("value")
    found = yes_or_no(sources, observation)
    if not all(sources.plain(text) for text in texts_of(observation.code)):
        # a question that is put in the negative answers itself the wrong way round
        found = None
    elif found is None and "rupture.tumor" in finding.answered:
        found = True
    elif found is None:
        found = _plain_no(observation)
    if found is None:
        yield Reading("tumour-rupture", "coded", here, why="uncodable")
    else:
        yield Reading("tumour-rupture", "coded", here, Choice(frozenset({found})))


def _plain_no(observation: Observation) -> bool | None:
    """False for an answer that is but a no."""
    texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
    said = [t for t in texts if t.strip()]
    return False if said and all(_NO.fullmatch(t) for t in said) else None


def yes_or_no(sources: Sources, observation: Observation | Component) -> bool | None:
    """A boolean, or a coded present/absent, positive/negative, detected/not detected."""
    if observation.value_boolean is not None:
        return observation.value_boolean
    kinds = sources.concepts(observation.value_codeable_concept)
    if kinds & {"gen.value.present", "gen.value.positive", "gen.value.detected"}:
        return True
    if kinds & {"gen.value.absent", "gen.value.negative", "gen.value.not-detected"}:
        return False
    return None


def has_value(part: Observation | Component) -> bool:
    """Whether a record says something at all, readable or not."""
    values = (
        part.value_codeable_concept,
        part.value_string,
        part.value_boolean,
        part.value_integer,
        part.value_quantity,
    )
    return any(v is not None for v in values)

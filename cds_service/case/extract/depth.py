"""Whether a sarcoma lies above the fascia or at or below it, and what its own Observations name as histology."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import day
from ...fhir.resources import CodeableConcept, Extension
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .finding import Finding
from .pathology import has_value, rank_of, yes_or_no
from .sarcoma import finest_histology
from .sources import Sources

FACT = "tumour-depth"
FASCIA = "depth.fascia-invasion"
DEPTHS = frozenset({"depth.obs", FASCIA})
HISTOLOGY_OBS = frozenset({"morph.obs.behavior-and-type", "histology.obs"})
QUALIFIER = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-body-location-qualifier"

# the deep fascia is the fascia, and the deep margin one of the specimen: neither says where the tumour lies
_DEEP_FASCIA = re.compile(r"\b(?:the )?deep (?:investing |muscular )?fascia\b", re.IGNORECASE)
_DEEP_MARGIN = re.compile(r"\bdeep (?:resection |surgical |excision )?(?:margin|edge)s?\b", re.IGNORECASE)
# `deep` before a place (the deep dermis), not as the answer itself
_DEEP_PLACE = re.compile(
    r"\bdeep\b(?![- ]seated|\s*(?:$|[,;.:()/]|to (?:the )?fascia\b|soft|muscle|intramuscular|tumou?r|mass|lesion|"
    r"sarcoma|location))",
    re.IGNORECASE,
)
# a tumour of the subcutis that grows on downwards may reach the fascia
_REACHES = re.compile(r"\b(?:invad|infiltrat|involv|exten[ds]|penetrat|through|into|muscle)", re.IGNORECASE)


def read_depth(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`tumour-depth` from Observations and from a qualifier of the body site."""
    for finding in diagnosis.findings_about(sources, DEPTHS):
        observation, kinds = finding.observation, finding.named
        if kinds.isdisjoint(DEPTHS):
            continue
        here = finding.at("value")
        if diagnosis.leaves_open(finding):
            yield Reading(FACT, "unspecified", here, why="uncodable", remark="tumour-not-named")
        elif FASCIA in kinds:
            # a tumour that grows into the fascia lies at it; one that does not may lie above or below
            invades = yes_or_no(sources, observation)
            rank = rank_of(sources, observation)
            if invades is True:
                yield Reading(FACT, rank, here, Choice(frozenset({"deep"})))
            elif invades is None and has_value(observation):
                yield Reading(FACT, rank, here, why="uncodable")
        else:
            yield from _depth(sources, finding, here)
    for reference, condition in sources.conditions():
        if reference not in diagnosis.conditions:
            continue
        when = day(condition.recorded_date) or day(condition.onset_date_time)
        here = Evidence(reference, "bodySite.extension", when)
        for site in condition.body_site or ():
            for value in _qualifiers(site.extension):
                for depth in sorted(sources.readings.value_of(FACT, sources.concepts(value))):
                    yield Reading(FACT, "unspecified", here, Choice(frozenset({depth})))


def _qualifiers(extensions: list[Extension] | None) -> Iterator[CodeableConcept]:
    for extension in extensions or ():
        if extension.url == QUALIFIER and extension.value_codeable_concept is not None:
            yield extension.value_codeable_concept


def _depth(sources: Sources, finding: Finding, here: Evidence) -> Iterator[Reading]:
    observation = finding.observation
    rank = rank_of(sources, observation)
    value = observation.value_codeable_concept
    found = sources.readings.value_of(FACT, finding.answered)
    if not found:
        texts = [readable(observation.value_string), *texts_of(value)]
        found = frozenset().union(*(_in_words(sources, t) for t in texts if t and sources.plain(t)))
        rank = "text" if rank == "unspecified" else rank
    if len(found) == 1:
        yield Reading(FACT, rank, here, Choice(frozenset(found)))
    elif has_value(observation):
        yield Reading(FACT, rank, here, why="uncodable")


def _in_words(sources: Sources, text: str) -> frozenset[str]:
    """The depths that a text names; none where `deep` in it may be said of something else than the tumour."""
    plain = _DEEP_MARGIN.sub("margin", _DEEP_FASCIA.sub("the fascia", text))
    found, sure = (
        sources.readings.value_of(FACT, sources.words_in(t)) for t in (plain, _DEEP_PLACE.sub("", plain))
    )
    doubtful = found != sure or ("superficial" in found and _REACHES.search(plain))
    return found if len(found) > 1 or not doubtful else frozenset()


def read_reported_histology(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`histology` from the pathologist's own Observations."""
    for finding in diagnosis.findings_about(sources, HISTOLOGY_OBS):
        if finding.named.isdisjoint(HISTOLOGY_OBS):
            continue
        here = finding.at("value")
        if diagnosis.leaves_open(finding):
            yield Reading("histology", "text", here, why="uncodable", remark="tumour-not-named")
            continue
        observation = finding.observation
        coded = finest_histology(sources.readings.value_of("histology", finding.answered))
        texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
        words = sources.words(t for t in texts if t and sources.plain(t))
        found = coded or finest_histology(sources.readings.value_of("histology", words))
        if len(found) == 1:
            yield Reading("histology", "morphology" if coded else "text", here, Choice(found))

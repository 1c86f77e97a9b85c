"""T, N and M categories, disease status, resectability and performance status from Observations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import real
from ...fhir.resources import Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Interval
from ..settle import Reading
from .diagnosis import Diagnosis
from .finding import Finding
from .pathology import yes_or_no
from .sources import Sources

# a prefix that says when the category was found, and for T the part of it
_TNM = re.compile(r"^[CPYR]{0,2}([TNM][0-4X])[A-D]?$")
_CATEGORY_WORDS = {
    "m-category": frozenset({"M0", "M1"}),
    "n-category": frozenset({"N0", "N1", "NX"}),
    "t-category": frozenset({"TX", "T0", "T1", "T2", "T3", "T4"}),
}
CATEGORIES = {
    "t-category": frozenset({"obs.T", "obs.T.clinical", "obs.T.pathologic"}),
    "m-category": frozenset({"obs.M", "obs.M.clinical", "obs.M.pathologic"}),
    "n-category": frozenset({"obs.N", "obs.N.clinical", "obs.N.pathologic"}),
}

ABOUT = frozenset({"disease-status.obs", "resectability.unresectable", "ecog.obs"}).union(
    *CATEGORIES.values()
)


def read_staging(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    for finding in diagnosis.findings_about(sources, ABOUT):
        kinds = finding.coded
        if diagnosis.leaves_open(finding):
            yield from _of_either(sources, finding)
            continue
        for fact, codes in CATEGORIES.items():
            if not kinds.isdisjoint(codes):
                yield from _category(sources, fact, finding)
        if "disease-status.obs" in kinds:
            yield from _disease_status(sources, finding)
        if "resectability.unresectable" in kinds or "resectability.unresectable" in finding.answered:
            yield from _unresectable(sources, finding)
        if "ecog.obs" in kinds:
            yield from _performance(sources, finding, finding.observation)
        for component in finding.observation.component or ():
            if "ecog.obs" in sources.concepts(component.code):
                yield from _performance(sources, finding, component)


def _of_either(sources: Sources, finding: Finding) -> Iterator[Reading]:
    """With a second cancer on record a finding that names no tumour may be of either."""
    facts = [fact for fact, codes in CATEGORIES.items() if finding.coded & codes]
    if "disease-status.obs" in finding.coded:
        facts += ["treatment-response", "progression"]
    if "ecog.obs" in finding.coded:
        yield from _performance(sources, finding, finding.observation)
    here = finding.at("value")
    for fact in facts:
        yield Reading(fact, "coded", here, why="uncodable", remark="tumour-not-named")


def _category(sources: Sources, fact: str, finding: Finding) -> Iterator[Reading]:
    here = finding.at("valueCodeableConcept")
    found = sources.readings.value_of(fact, finding.answered)
    if found:
        yield Reading(fact, "coded", here, Choice(found))
        return
    observation = finding.observation
    texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
    plain = {_TNM.sub(r"\1", t.strip().upper()) for t in texts if t}
    if len(plain) == 1 and (word := plain.pop()) in _CATEGORY_WORDS[fact]:
        yield Reading(fact, "text", here, Choice(frozenset({word})))
    elif observation.value_codeable_concept is not None or observation.value_string:
        yield Reading(fact, "coded", here, why="uncodable")


def unplaced_metastasis(readings: list[Reading]) -> list[Reading]:
    """Where M1 is on record and no organ is, the metastases lie somewhere, which is not nowhere."""
    if "metastatic-sites" in [r.fact for r in readings]:
        return []
    return [
        Reading("metastatic-sites", r.rank, r.evidence, member="unspecified")
        for r in readings
        if r.fact == "m-category" and r.value == Choice(frozenset({"M1"}))
    ]


def _disease_status(sources: Sources, finding: Finding) -> Iterator[Reading]:
    here = finding.at("valueCodeableConcept")
    found = sources.readings.value_of("treatment-response", finding.answered)
    if len(found) != 1:
        return
    (word,) = found
    yield Reading("treatment-response", "coded", here, Choice(frozenset({word})))
    extent = {"limited", "generalised"} if word == "progression" else {"none"}
    yield Reading("progression", "coded", here, Choice(frozenset(extent)))


def _unresectable(sources: Sources, finding: Finding) -> Iterator[Reading]:
    here = finding.at("value")
    said = yes_or_no(sources, finding.observation)
    if said is True or "resectability.unresectable" not in finding.coded:
        yield Reading("resectability", "coded", here, Choice(frozenset({"unresectable"})))
    elif said is False:
        either = Choice(frozenset({"resectable", "resectable-significant-morbidity"}))
        yield Reading("resectability", "coded", here, either)


def _performance(
    sources: Sources, finding: Finding, observation: Observation | Component
) -> Iterator[Reading]:
    here = finding.at("value")
    if not any(
        (
            observation.value_integer is not None,
            observation.value_quantity,
            observation.value_codeable_concept,
        )
    ):
        return
    grade: float | None = None
    if observation.value_integer is not None:
        grade = real(observation.value_integer)
    elif observation.value_quantity is not None:
        value = observation.value_quantity.value
        grade = None if value is None else real(value)
    else:
        found = sources.readings.value_of(
            "performance-status-ecog", sources.concepts(observation.value_codeable_concept)
        )
        grade = float(next(iter(found))) if len(found) == 1 else None
    if grade is not None and grade in (0, 1, 2, 3, 4, 5):
        yield Reading("performance-status-ecog", "coded", here, Interval(grade, grade))
    else:
        yield Reading("performance-status-ecog", "coded", here, why="uncodable")

"""T, N and M categories, disease status, resectability and performance status from Observations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import structs

from ...fhir.datatypes import real
from ...fhir.resources import Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Interval
from ..settle import Reading
from .diagnosis import Diagnosis
from .finding import Finding
from .pathology import yes_or_no
from .sources import Sources
from .stage import is_stage

# a prefix that says when the category was found, and for T the part of it
_TNM = re.compile(r"^[CPYR]{0,2}([TNM][0-4X])[A-D]?$")
# those of one text; a letter or a word of doubt behind makes it another
_PARTS_OF_TNM = re.compile(r"(?<![A-Za-z])[cpyr]{0,3}([TNM])([0-4X])(?![0-9])", re.IGNORECASE)
# found after treatment, or of a recurrence
_AFTER_THERAPY = re.compile(r"\b[cpa]?[yr][cpy]{0,2}(?=[TNM][0-4X])", re.IGNORECASE)
_CATEGORY_WORDS = {
    "m-category": frozenset({"M0", "M1"}),
    "n-category": frozenset({"N0", "N1", "NX"}),
    "t-category": frozenset({"TX", "T0", "T1", "T2", "T3", "T4"}),
}
# what a disease status is called; the abbreviations of RECIST in capitals alone
_STATUS = {
    "progression": re.compile(
        r"(?<![\w-])(?:(?i:progressive disease|(?:(?:disease|tumou?r) )?progression(?: of (?:the )?disease)?"
        r"(?![ -]free)|progress(?:ed|ing)|(?:patient's condition )?worsened)|PD)(?![\w-])"
    ),
    "stable": re.compile(
        r"(?<![\w-])(?:(?i:stable disease|stable|disease stable|patient's condition stable)|SD)(?![\w-])"
    ),
    "response": re.compile(
        r"(?<![\w-])(?:(?i:(?:partial|complete) (?:response|remission)|patient's condition improved)|PR|CR)(?![\w-])"
    ),
}
_BESIDE_STATUS = re.compile(
    r"\b(?:per|by|according to|i?m?recist|choi|criteria|version|v?\d+(?:\.\d+)*)\b|[^\w\s'-]", re.IGNORECASE
)
# words by which a status is one of another time, or of none
_NOT_NOW = re.compile(
    r"\b(?:if|unless|until|till|in case|before|after|since|prior|previous\w*|earlier|last|history|risk|concern\w*|"
    r"could|may|might|exclude)\b",
    re.IGNORECASE,
)
RESPONSES = frozenset({"response", "stable", "progression"})
GROWING = frozenset({"limited", "generalised"})
CATEGORIES = {
    "t-category": frozenset({"obs.T", "obs.T.clinical", "obs.T.pathologic"}),
    "m-category": frozenset({"obs.M", "obs.M.clinical", "obs.M.pathologic"}),
    "n-category": frozenset({"obs.N", "obs.N.clinical", "obs.N.pathologic"}),
}

ABOUT = frozenset({"disease-status.obs", "resectability.unresectable", "ecog.obs"}).union(
    *CATEGORIES.values()
)


def read_staging(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    for finding in sources.findings():
        if is_stage(sources, finding) and diagnosis.same_tumour(finding.focus):
            for reading in _together(sources, finding):
                if diagnosis.leaves_open(finding):
                    reading = structs.replace(reading, value=None, why="uncodable", remark="tumour-not-named")
                yield reading
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


def _together(sources: Sources, finding: Finding) -> Iterator[Reading]:
    """A TNM that stands in one text (`pT3 pN0 pM1`): the categories that it names, read or not."""
    observation = finding.observation
    texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
    here = finding.at("value")
    named: dict[str, set[str]] = {}
    for text in texts:
        parts = _PARTS_OF_TNM.findall(text or "")
        if len({kind.upper() for kind, _ in parts}) < 2:
            # a single category is no TNM
            continue
        for kind, step in parts:
            word = f"{kind}{step}".upper() if sources.plain(text) and not _AFTER_THERAPY.search(text) else "?"
            named.setdefault(f"{kind.lower()}-category", set()).add(word)
    for fact, words in named.items():
        if len(words) == 1 and words <= _CATEGORY_WORDS[fact]:
            yield Reading(fact, "text", here, Choice(frozenset(words)))
        else:
            yield Reading(fact, "text", here, why="uncodable")


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
    """The newest status counts, so that one which cannot be read leaves open what older ones say."""
    here = finding.at("value")
    response = sources.readings.value_of("treatment-response", finding.answered)
    extent = sources.readings.value_of("progression", finding.answered)
    if not finding.answered:
        response = _status_in(sources, finding.observation)
    if len(response) == 1:
        extent = GROWING if response == {"progression"} else frozenset({"none"})
        yield Reading("treatment-response", "coded", here, Choice(response))
    else:
        yield Reading("treatment-response", "coded", here, Choice(RESPONSES), why="uncodable")
    if extent:
        yield Reading("progression", "coded", here, Choice(extent))
    else:
        yield Reading("progression", "coded", here, Choice(GROWING | {"none"}), why="uncodable")


def _status_in(sources: Sources, observation: Observation) -> frozenset[str]:
    """The one status that an answer in words names, empty if it is not clear. Growth counts wherever it is named; that
    there is none counts only where the words say nothing else."""
    found: set[str] = set()
    texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
    for text in filter(None, texts):
        named = {status for status, words in _STATUS.items() if words.search(text)}
        if not named:
            continue
        alone = _BESIDE_STATUS.sub(" ", text)
        for words in _STATUS.values():
            alone = words.sub("", alone)
        if not sources.plain(text) or _NOT_NOW.search(text) or (named != {"progression"} and alone.strip()):
            return frozenset()
        found |= named
    return frozenset(found) if len(found) == 1 else frozenset()


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

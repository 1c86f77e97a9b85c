"""The stage that the record states: as an Observation or in the Condition itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import day
from ...fhir.resources import CodeableConcept, Condition, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .finding import Finding
from .sources import Sources

FACT = "stated-stage"
GROUPS = frozenset({"obs.stage-group", "obs.stage-group.clinical", "obs.stage-group.pathologic"})
POST_THERAPY = "stage.descriptor.post-therapy-y"
OF_RECURRENCE = "stage.descriptor.recurrence-r"
ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
# AJCC writes groups in digits (`3C`), most records in Roman numbers (`IIIC`); c, p, yp and r say when
_STAGE = re.compile(
    r"(?P<when>[cpyra]{1,2})?\s*(?:ajcc\s*)?(?:prognostic\s*)?(?:stage\s*)?(?:group\s*)?:?\s*"
    r"(?P<stage>IV|I{1,3}|[1-4])\s*[ABC]?\d?",
    re.IGNORECASE,
)
_IN_TEXT = re.compile(
    r"\b(?P<when>[cpyra]{1,2}\s?)?stage\s*(?:group\s*)?:?\s*(?P<stage>IV|I{1,3}|[1-4])[ABC]?\b"
    # a range is no stage
    r"(?!\s?(?:-|–|/|to|or|and)\s?(?:stage\s)?[IV1-4])",
    re.IGNORECASE,
)
# T, N or M in place of a group
_CATEGORY = re.compile(r"[cpyra]{0,2}[TNM][0-4X][a-d]?\b", re.IGNORECASE)


def read_stage(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`stated-stage`. A stage after treatment (`yp`), one of a recurrence, and one by another system are left out."""
    for finding in sources.findings():
        if not is_stage(sources, finding) or not diagnosis.same_tumour(finding.focus):
            continue
        observation = finding.observation
        here = finding.at("value")
        if diagnosis.leaves_open(finding):
            yield Reading(FACT, "coded", here, why="uncodable", remark="tumour-not-named")
            continue
        if _other_system(sources, observation.code, observation.method):
            continue
        texts = [readable(observation.value_string), *texts_of(observation.value_codeable_concept)]
        parts = [c.value_codeable_concept for c in observation.component or ()]
        yield from _read(sources, here, observation.value_codeable_concept, texts, parts)
    for reference, condition in sources.conditions():
        if reference in diagnosis.conditions:
            yield from _of_condition(sources, reference, condition)


def is_stage(sources: Sources, finding: Finding) -> bool:
    if finding.coded:
        return not finding.coded.isdisjoint(GROUPS)
    texts = texts_of(finding.observation.code)
    return "stage.obs" in sources.words(texts) or any(t.strip().lower() == "stage" for t in texts)


def _other_system(sources: Sources, *concepts: CodeableConcept | None) -> bool:
    return "stage.other-system" in sources.words(t for c in concepts for t in texts_of(c))


def _of_condition(sources: Sources, reference: str, condition: Condition) -> Iterator[Reading]:
    """`Condition.stage`; one whose assessment came as an Observation is read there, or was no evidence."""
    when = day(condition.recorded_date) or day(condition.onset_date_time)
    stages = condition.stage if isinstance(condition.stage, list) else [condition.stage]
    for stage in stages:
        if stage is None:
            continue
        assessed = [sources.record.pointed(a) for a in stage.assessment or ()]
        observations = [a for a in assessed if sources.record.find(a, Observation)]
        if stage.summary is None or observations or _other_system(sources, stage.type, stage.summary):
            continue
        if any(_CATEGORY.match(t.strip()) for t in _words(stage.summary)):
            continue
        here = Evidence(reference, "stage.summary", when)
        yield from _read(sources, here, stage.summary, texts_of(stage.summary), [])


def _words(concept: CodeableConcept) -> list[str]:
    return [*texts_of(concept), *(c.code for c in concept.coding or () if c.code)]


def _read(
    sources: Sources,
    here: Evidence,
    value: CodeableConcept | None,
    texts: list[str],
    parts: list[CodeableConcept | None],
) -> Iterator[Reading]:
    kinds = sources.concepts(value).union(*(sources.concepts(p) for p in parts))
    if kinds & {POST_THERAPY, OF_RECURRENCE} or any(_after(t) for t in texts):
        yield Reading(FACT, "coded", here, why="missing", remark="after-systemic-therapy")
        return
    stages = set(sources.readings.value_of(FACT, kinds))
    stages |= {s for c in (value.coding or () if value else ()) if (s := _ajcc(sources, c.system, c.code))}
    if len(stages) == 1:
        yield Reading(FACT, "coded", here, Choice(frozenset(stages)))
        return
    in_words = {s for t in texts if sources.plain(t) and (s := stage_in(t))}
    if not stages and len(in_words) == 1:
        yield Reading(FACT, "text", here, Choice(frozenset(in_words)))
    elif value is not None or any(texts):
        yield Reading(FACT, "coded", here, why="uncodable")


def _ajcc(sources: Sources, system: str | None, code: str | None) -> str | None:
    if sources.terminology.system_name(system) != "ajcc":
        return None
    return stage_in(code or "")


def _after(text: str) -> bool:
    """Whether the prefix says that the stage was found after treatment, or is of a recurrence."""
    match = _STAGE.fullmatch(text.strip()) or _IN_TEXT.search(text)
    when = (match.group("when") or "").strip().lower() if match else ""
    return "y" in when or "r" in when


def stage_in(text: str) -> str | None:
    """The stage I to IV of `IIIA`, `3C`, `Stage II` or `AJCC stage IV`; None if the text names none or several."""
    whole = _STAGE.fullmatch(text.strip())
    if whole:
        found = {whole.group("stage").upper()}
    else:
        found = {m.group("stage").upper() for m in _IN_TEXT.finditer(text)}
    stages = {ROMAN.get(s, s) for s in found}
    return stages.pop() if len(stages) == 1 else None

"""What records say of the questions that a trial asks and no pathway does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from msgspec.structs import replace

from ...fhir.datatypes import day, first_day, last_day, real, surely_before
from ...fhir.resources import CodeableConcept, Coding, Condition, Observation
from ...fhir.terminology import readable
from ..fact import Choice, Evidence, Interval
from ..settle import Reading
from ..vocabulary import Vocabulary
from .conditions import BACK, is_over, organs_of
from .diagnosis import Diagnosis
from .finding import Finding
from .other_cancer import SAME_TUMOUR_CODES, is_other_cancer
from .pathology import yes_or_no
from .sarcoma import ICD
from .sources import Sources, codes_of
from .treatment import Use

YEARS_FREE = 5
WHO_ICD_10 = "http://hl7.org/fhir/sid/icd-10"
OTHER_CANCER = "other-malignancy-within-five-years"
GROWING = frozenset({"limited", "generalised"})
BLEEDING = "comorbid.gi-bleeding"
PARTICIPANT = "status.trial.participant"
ASA = "asa.obs"
PREGNANCY_STATUS = "comorbid.pregnancy.obs"
ASKED = frozenset({ASA, PREGNANCY_STATUS, PARTICIPANT})
# our own fact whose yes is a serious comorbidity
PROHIBITS = "comorbidity-prohibits-resection"
# records that are shown and decide nothing, because only a person can judge how severe the illness is
HINTS = frozenset(
    {"comorbid.heart-disease", "comorbid.diabetes", "comorbid.ckd", "comorbid.kidney-disease",
     "comorbid.liver-disease", "comorbid.cirrhosis", BLEEDING}
)  # fmt: skip
ILLNESSES = (HINTS - {BLEEDING}) | {"comorbid.heart-failure", "comorbid.infection", "comorbid.liver-failure"}
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
# `2`, `II`, `ASA II`, `ASA class 3E`; E marks an emergency
_ASA = re.compile(r"^(?:ASA\s*)?(?:class\s*)?(?:([1-6])|(VI|IV|V|I{1,3}))\s*E?$", re.IGNORECASE)


def read_eligibility(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """Other cancers, pregnancy, part in a trial, ASA class, and illnesses whose severity stays open."""
    for reference, condition in sources.conditions():
        when = day(condition.recorded_date) or day(condition.onset_date_time)
        here = Evidence(reference, "code", when)
        kinds = sources.concepts(condition.code)
        if PARTICIPANT in kinds:
            yield Reading("trial-participation", "coded", here, _is(True))
        if reference in diagnosis.others:
            yield from _other_cancer(sources, diagnosis, reference, condition)
        if is_over(sources, condition):
            continue
        if "comorbid.pregnancy" in kinds:
            yield _dated(Reading("pregnancy", "coded", here, _is(True)))
        if kinds & ILLNESSES:
            yield Reading("serious-comorbidity", "condition", here, why="uncodable")
        if BLEEDING in kinds:
            yield Reading("tumour-complication", "condition", here, why="uncodable")
    for finding in sources.findings():
        rules_out = PROHIBITS in finding.own and bool(finding.observation.value_boolean)
        if rules_out or not finding.about.isdisjoint(ASKED):
            yield from _from_finding(sources, finding, rules_out=rules_out)


def _from_finding(sources: Sources, finding: Finding, *, rules_out: bool) -> Iterator[Reading]:
    kinds, values, observation = finding.named, finding.answered, finding.observation
    if not (kinds & ASKED or PARTICIPANT in values or rules_out):
        return
    here = finding.at("value")
    if ASA in kinds:
        yield _asa(sources, observation, "coded" if ASA in finding.coded else "text", here)
    if PREGNANCY_STATUS in kinds:
        said = {"comorbid.pregnancy": True, "comorbid.not-pregnant": False}
        answers = {said[v] for v in values if v in said}
        if len(answers) == 1:
            yield _dated(Reading("pregnancy", "coded", here, _is(answers.pop())))
        elif not observation.data_absent_reason:
            yield Reading("pregnancy", "coded", here, why="uncodable")
    if PARTICIPANT in values or (PARTICIPANT in kinds and yes_or_no(sources, observation)):
        yield Reading("trial-participation", "coded", here, _is(True))
    if rules_out:
        yield Reading("serious-comorbidity", "stated", here, _is(True))


def _other_cancer(
    sources: Sources, diagnosis: Diagnosis, reference: str, condition: Condition
) -> Iterator[Reading]:
    """A cancer that is not this tumour: a yes if it is active or began at most five years ago, to the day.

    One with an onset further back says nothing; one that is named in words alone, without a usable date, or in
    an organ in which this tumour sits, leaves it open.
    """
    if not is_other_cancer(sources, condition):
        return
    onset, recorded = day(condition.onset_date_time), day(condition.recorded_date)
    here = Evidence(reference, "code", onset or recorded)
    status = codes_of(condition.clinical_status)
    limit = years_before(sources.today, YEARS_FREE)
    told_apart = _coded_elsewhere(sources, diagnosis, condition)
    active = bool(status & ({"active"} | BACK))
    if not active and (begun := onset or recorded) is not None and last_day(begun) < limit:
        return
    recent = onset is not None and first_day(onset) >= limit
    if told_apart and (active or recent):
        yield Reading(OTHER_CANCER, "condition", here, _is(True))
    else:
        yield Reading(OTHER_CANCER, "condition", here, why="uncodable")


def _coded_elsewhere(sources: Sources, diagnosis: Diagnosis, condition: Condition) -> bool:
    """Whether an ICD-10 code names a cancer that cannot be this tumour under a less exact code."""
    codes = {
        (c.code or "").upper()
        for c in (condition.code.coding or () if condition.code else ())
        if sources.terminology.system_name(c.system) in ICD
    }
    cancers = {c for c in codes if c.startswith("C") and c[:3] not in SAME_TUMOUR_CODES}
    # the organs are those of the international edition, whatever the edition of the code
    plain = CodeableConcept(coding=[Coding(system=WHO_ICD_10, code=c) for c in sorted(cancers)])
    named = sources.concepts(condition.code) | sources.concepts(plain)
    return bool(cancers) and not organs_of(sources, named) & diagnosis.organs


def years_before(today: date, years: int) -> date:
    """The same day of an earlier year; the last of February for a 29th that the year does not have."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


def _asa(sources: Sources, observation: Observation, rank: str, here: Evidence) -> Reading:
    found: float | None = None
    if observation.value_integer is not None:
        found = real(observation.value_integer)
    elif observation.value_quantity is not None:
        value = observation.value_quantity.value
        found = None if value is None or observation.value_quantity.comparator else real(value)
    else:
        classes = sources.readings.value_of("asa-class", sources.concepts(observation.value_codeable_concept))
        concept = observation.value_codeable_concept
        text = readable(observation.value_string or (concept.text if concept else None) or "").strip()
        match = _ASA.match(text)
        if len(classes) == 1:
            found = float(next(iter(classes)))
        elif not classes and match:
            found = float(match[1] or ROMAN[match[2].upper()])
    if found is not None and found in range(1, 7):
        return Reading("asa-class", rank, here, Interval(found, found))
    return Reading("asa-class", rank, here, why="uncodable")


def read_progression_on_imatinib(readings: Iterable[Reading], uses: Iterable[Use]) -> Iterator[Reading]:
    """A progression dated after the start of an imatinib that is still being taken."""
    starts = [u.evidence.date for u in uses if u.drug == "imatinib" and u.current and u.evidence.date]
    for reading in readings:
        if reading.fact != "progression":
            continue
        grows = isinstance(reading.value, Choice) and reading.value.possible <= GROWING
        when = reading.evidence.date
        if not grows or when is None:
            continue
        if any(surely_before(start, when) for start in starts):
            yield Reading("progression-on-imatinib", "medication", reading.evidence, _is(True))


def holding_today(readings: Iterable[Reading], vocabulary: Vocabulary, today: date) -> list[Reading]:
    """The readings; one that is too old to speak of today (`lasts` in `facts.yaml`) is there but not used."""
    kept, lasting = list(readings), vocabulary.lasting
    for place, reading in enumerate(kept):
        if reading.fact not in lasting:
            # nearly all stay true
            continue
        when = reading.evidence.date
        if when is not None and isinstance(reading.value, Choice):
            positive, negative = lasting[reading.fact]
            days = positive if True in reading.value.possible else negative
            if last_day(when) + timedelta(days=days) < today:
                kept[place] = replace(reading, value=None, why="uncodable")
    return kept


def _dated(reading: Reading) -> Reading:
    """A code for what passes says nothing of today without its date."""
    return reading if reading.evidence.date else replace(reading, value=None, why="uncodable")


def _is(value: bool) -> Choice:
    return Choice(frozenset({value}))

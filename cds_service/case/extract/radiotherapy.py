"""Radiotherapy that was given to the tumour."""

from __future__ import annotations

from collections.abc import Iterator

from ...fhir.datatypes import day, first_day, last_day, start_of, surely_before
from ...fhir.resources import Procedure
from ...fhir.terminology import texts_of
from ..fact import Evidence
from ..settle import Reading
from .conditions import organs_of
from .diagnosis import Diagnosis
from .intent import course_concepts, intents_of, is_course
from .reasons import indication
from .sources import Sources
from .surgery import only_for_metastases

FACT = "prior-radiotherapy"
GIVEN = frozenset({"completed", "in-progress", "stopped"})
BY_KIND = {
    "procedure.radiotherapy.iort": "intraoperative",
    "procedure.radiotherapy.boost": "boost",
    "procedure.radiotherapy.sbrt": "sbrt",
    "procedure.radiotherapy.srs": "sbrt",
}
# a course so long after an operation is no part of the same treatment
ADJUVANT_WITHIN_DAYS = 365


def read_radiotherapy(
    sources: Sources, diagnosis: Diagnosis, resected_on: list[str | None]
) -> Iterator[Reading]:
    """`prior-radiotherapy`: by its kind, its intent, or its dates against the resections.

    `resected_on` are the days of the resections, None for one without a date. Radiotherapy of a metastasis or of
    something else is none of this tumour.
    """
    for reference, procedure in sources.record.of(Procedure):
        if procedure.status not in GIVEN or not procedure.understood:
            continue
        if not sources.about_patient(procedure.subject):
            continue
        kinds = _kinds(sources, procedure)
        if not kinds or not _of_tumour(sources, diagnosis, procedure):
            continue
        start = start_of(procedure.performed_date_time, procedure.performed_period)
        period = procedure.performed_period
        end = day(period.end if period else None) or start
        here = Evidence(reference, "code", start)
        member = _member(sources, procedure, kinds, start, end, resected_on)
        if member is None:
            yield Reading(FACT, "procedure", here, why="uncodable", remark="timing-unclear")
        else:
            yield Reading(FACT, "procedure", here, member=member)


def _kinds(sources: Sources, procedure: Procedure) -> frozenset[str]:
    """Concepts of radiotherapy in the code or in the course's extension; empty for anything else."""
    code = sources.concepts(procedure.code) | sources.words(
        t for t in texts_of(procedure.code) if sources.plain(t)
    )
    kinds = code | course_concepts(sources, procedure.extension)
    found = frozenset(
        k for k in kinds if k.startswith(("procedure.radiotherapy", "procedure.chemoradiation"))
    )
    return found | ({"procedure.radiotherapy"} if is_course(procedure.extension) else frozenset())


def _of_tumour(sources: Sources, diagnosis: Diagnosis, procedure: Procedure) -> bool:
    reasons = procedure.reason_reference or ()
    if indication(sources, diagnosis, reasons, procedure.reason_code or (), {}) == "other":
        return False
    if not diagnosis.same_tumour(sources.record.pointed(r) for r in reasons if not r.display):
        return False
    if only_for_metastases(sources, diagnosis, procedure):
        return False
    sites = organs_of(sources, sources.named_in(procedure.body_site))
    return not sites or not diagnosis.primary_organs or sources.readings.near(sites, diagnosis.primary_organs)


def _member(
    sources: Sources,
    procedure: Procedure,
    kinds: frozenset[str],
    start: str | None,
    end: str | None,
    resected_on: list[str | None],
) -> str | None:
    by_kind = {BY_KIND[k] for k in kinds if k in BY_KIND}
    if len(by_kind) == 1 and len(kinds & BY_KIND.keys()) >= 1:
        return by_kind.pop()
    intents = intents_of(sources, procedure.extension, [procedure.code, *(procedure.reason_code or ())])
    for intent in ("neoadjuvant", "adjuvant", "palliative", "definitive"):
        if intent in intents:
            return intent
    # without a resection it may be meant before one that is still to come, or in place of one
    if not resected_on or start is None or end is None or any(d is None for d in resected_on):
        return None
    days = sorted(d for d in resected_on if d)
    if surely_before(end, days[0]):
        return "neoadjuvant"
    after = all(first_day(start) >= last_day(d) for d in days)
    soon = (first_day(start) - last_day(days[-1])).days <= ADJUVANT_WITHIN_DAYS
    return "adjuvant" if after and soon else None

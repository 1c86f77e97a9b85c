"""Resections from completed Procedures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...fhir.datatypes import first_day, last_day, start_of
from ...fhir.resources import Procedure
from ...fhir.terminology import texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis, organs_of
from .reasons import indication
from .sources import Sources

GENERIC = frozenset({"procedure.resection", "procedure.surgery-generic", "procedure.wide-excision"})
# organs of metastases: removing them is no resection of the primary tumour
ELSEWHERE = frozenset({"procedure.resection.liver", "procedure.resection.lung"})
BIOPSY = "procedure.biopsy"
EN_BLOC = "procedure.resection.en-bloc-multivisceral"


@dataclass(frozen=True, slots=True)
class Resection:
    """A completed removal of the tumour and the day on which it happened, if recorded."""

    evidence: Evidence


def find_resections(sources: Sources, diagnosis: Diagnosis) -> list[Resection]:
    """Completed resections tied to the tumour: by reason, or by an organ in which a GIST arises.

    An operation whose reason is another Condition, or a generic excision without any reason, is none.
    """
    found = []
    for reference, procedure in sources.record.of(Procedure):
        if procedure.status != "completed" or not procedure.understood:
            continue
        if not sources.about_patient(procedure.subject):
            continue
        kinds = sources.named(procedure.code)
        words = sources.readings.words.concepts(texts_of(procedure.code))
        removes = {
            k for k in kinds if k in GENERIC or (k.startswith("procedure.resection") and k not in ELSEWHERE)
        }
        if not removes or BIOPSY in kinds | words:
            continue
        tied = indication(
            sources, diagnosis, procedure.reason_reference or (), procedure.reason_code or (), {}
        )
        if tied == "other" or not diagnosis.same_tumour(
            sources.record.pointed(r) for r in procedure.reason_reference or () if not r.display
        ):
            continue
        when = start_of(procedure.performed_date_time, procedure.performed_period)
        organs = organs_of(sources, frozenset(removes))
        elsewhere = organs and diagnosis.primary_organs and not organs & diagnosis.primary_organs
        if elsewhere and EN_BLOC not in kinds:
            continue
        if tied == "this-tumour" or (organs and not _long_before(when, diagnosis.diagnosed_on)):
            found.append(Resection(Evidence(reference, "code", when)))
    return found


def _long_before(when: str | None, diagnosed_on: str | None) -> bool:
    """Whether an operation is from more than a year before the diagnosis is first recorded."""
    return bool(when and diagnosed_on) and (first_day(diagnosed_on or "") - last_day(when or "")).days > 365


def read_surgery(resections: list[Resection], several_tumours: bool) -> Iterator[Reading]:
    """`tumour-resected`; with two tumours of the kind on record it is open which of them was removed."""
    for resection in resections:
        if several_tumours:
            yield Reading(
                "tumour-resected", "procedure", resection.evidence, why="uncodable", remark="tumour-not-named"
            )
            continue
        yield Reading("tumour-resected", "procedure", resection.evidence, Choice(frozenset({True})))


def first_resection(resections: list[Resection]) -> str | None:
    """The day of the first dated resection: what came before it came before surgery."""
    return min((r.evidence.date for r in resections if r.evidence.date), default=None)

"""Resections from completed Procedures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...fhir.datatypes import start_of, target
from ...fhir.resources import Procedure
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .sources import Sources

GENERIC = frozenset({"procedure.resection", "procedure.surgery-generic", "procedure.wide-excision"})
# organs of metastases: removing them is no resection of the primary tumour
ELSEWHERE = frozenset({"procedure.resection.liver", "procedure.resection.lung"})
BIOPSY = "procedure.biopsy"


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
        if procedure.status != "completed" or not sources.about_patient(procedure.subject):
            continue
        kinds = sources.named(procedure.code)
        removes = {
            k for k in kinds if k in GENERIC or (k.startswith("procedure.resection") and k not in ELSEWHERE)
        }
        if not removes or BIOPSY in kinds:
            continue
        reasons = [target(r) for r in procedure.reason_reference or ()]
        if not diagnosis.same_tumour(reasons):
            continue
        named = any(r in diagnosis.conditions for r in reasons) or _reason_is_gist(sources, procedure)
        if named or (not reasons and removes - GENERIC - {"procedure.resection.soft-tissue"}):
            when = start_of(procedure.performed_date_time, procedure.performed_period)
            found.append(Resection(Evidence(reference, "code", when)))
    return found


def _reason_is_gist(sources: Sources, procedure: Procedure) -> bool:
    return any(
        k.startswith(("dx.gist", "morph.gist"))
        for reason in procedure.reason_code or ()
        for k in sources.named(reason)
    )


def read_surgery(resections: list[Resection]) -> Iterator[Reading]:
    for resection in resections:
        yield Reading("tumour-resected", "procedure", resection.evidence, Choice(frozenset({True})))


def first_resection(resections: list[Resection]) -> str | None:
    """The day of the first dated resection: what came before it came before surgery."""
    return min((r.evidence.date for r in resections if r.evidence.date), default=None)

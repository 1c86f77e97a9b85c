"""Drugs given, taken and drafted, from MedicationRequest, -Statement and -Administration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...fhir.datatypes import day, first_day, last_day, start_of, surely_before
from ...fhir.record import contained_in
from ...fhir.resources import (
    CodeableConcept,
    Extension,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    MedicationUse,
)
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .reasons import indication
from .sources import Sources
from .timeline import Timeline

INTENT = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent"
ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
# status -> whether the drug is being taken (True) or was (False); any other status is no evidence
TAKEN = {
    MedicationRequest: {"active": True, "on-hold": True, "completed": False, "stopped": False},
    MedicationStatement: {"active": True, "on-hold": True, "completed": False, "stopped": False},
    MedicationAdministration: {"in-progress": True, "completed": False, "stopped": False, "on-hold": True},
}


@dataclass(frozen=True, slots=True)
class Use:
    """One record of a drug of the knowledge base being taken or having been taken."""

    drug: str
    current: bool
    evidence: Evidence
    neoadjuvant: bool
    not_tolerated: bool
    completed: bool


def drug_of(sources: Sources, use: MedicationUse) -> str | None:
    """The drug (`imatinib`) of a drug record: by any coding, else by the words of its text, else by the
    Medication it refers to, else by the display of that reference."""
    candidates: list[CodeableConcept | None] = [use.medication_codeable_concept]
    reference = use.medication_reference
    if reference is not None and reference.reference:
        contained = dict(contained_in(use))
        medication = contained.get(reference.reference) or sources.record.find(
            sources.record.pointed(reference), Medication
        )
        if isinstance(medication, Medication):
            candidates.append(medication.code)
    if reference is not None and reference.display:
        candidates.append(CodeableConcept(text=reference.display))
    for concept in candidates:
        drugs = {k for k in sources.named(concept) if k.startswith("drug.")}
        # a formulation names its drug too
        drugs -= {d for d in drugs if any(other.startswith(f"{d}-") for other in drugs)}
        if len(drugs) == 1:
            return drugs.pop().removeprefix("drug.")
    return None


def find_uses(sources: Sources, diagnosis: Diagnosis, drafts: frozenset[str]) -> list[Use]:
    """Every record of a drug taken for this tumour, the drafts of this call left out."""
    uses: list[Use] = []
    for kind in (MedicationRequest, MedicationStatement, MedicationAdministration):
        for reference, use in sources.record.of(kind):
            current = TAKEN[kind].get(use.status or "")
            if current is None or reference in drafts or not sources.about_patient(use.subject):
                continue
            if isinstance(use, MedicationRequest) and (use.do_not_perform or use.intent not in ORDERS):
                continue
            reasons = use.reason_reference or ()
            if (
                indication(sources, diagnosis, reasons, use.reason_code or (), dict(contained_in(use)))
                == "other"
            ):
                continue
            if not use.understood or not diagnosis.same_tumour(
                sources.record.pointed(r) for r in reasons if not r.display
            ):
                continue
            drug = drug_of(sources, use)
            if drug is not None:
                here = Evidence(reference, "medication", _when(use))
                uses.append(
                    Use(
                        drug,
                        current,
                        here,
                        _neoadjuvant(sources, use.extension),
                        _not_tolerated(sources, use),
                        use.status == "completed",
                    )
                )
    return uses


def _when(use: MedicationUse) -> str | None:
    if isinstance(use, MedicationRequest):
        return day(use.authored_on)
    if isinstance(use, MedicationStatement):
        return start_of(use.effective_date_time, use.effective_period) or day(use.date_asserted)
    assert isinstance(use, MedicationAdministration)
    return start_of(use.effective_date_time, use.effective_period)


def _not_tolerated(sources: Sources, use: MedicationUse) -> bool:
    """Stopped, and the record says because it was not tolerated."""
    reasons = use.status_reason if isinstance(use.status_reason, list) else [use.status_reason]
    return use.status == "stopped" and any(
        "termination.not-tolerated" in sources.concepts(r) for r in reasons
    )


def _neoadjuvant(sources: Sources, extensions: list[Extension] | None) -> bool:
    return any(
        e.url == INTENT and "intent.neoadjuvant" in sources.concepts(e.value_codeable_concept)
        for e in extensions or ()
    )


def timeline_of(uses: list[Use], drugs: frozenset[str], stated: bool) -> Timeline:
    """When systemic therapy of this tumour began; `drugs` are those that count as such.

    `stated`: the record states a therapy outright, which says nothing of when it began.
    """
    dates = [u.evidence.date for u in uses if u.drug in drugs]
    known = sorted(d for d in dates if d)
    return Timeline(known[0] if known else None, undated=stated or any(d is None for d in dates))


def read_treatment(
    uses: list[Use], resected_on: str | None, resected: bool, drugs: frozenset[str]
) -> Iterator[Reading]:
    """`prior-therapies`, `current-therapy`, `not-tolerated`, `neoadjuvant-therapy`.

    A drug first recorded before the resection was neoadjuvant; beside a resection, one without a date, or
    beside one without a date, leaves that open.
    """
    for use in uses:
        if use.drug not in drugs:
            continue
        fact = "current-therapy" if use.current else "prior-therapies"
        yield Reading(fact, "medication", use.evidence, member=use.drug)
        if use.not_tolerated:
            yield Reading("not-tolerated", "medication", use.evidence, member=use.drug)
        if use.neoadjuvant:
            yield Reading("neoadjuvant-therapy", "medication", use.evidence, member=use.drug)
        elif resected and (resected_on is None or use.evidence.date is None):
            yield Reading(
                "neoadjuvant-therapy", "medication", use.evidence, why="uncodable", remark="timing-unclear"
            )
        elif resected and use.evidence.date and resected_on:
            if surely_before(use.evidence.date, resected_on):
                yield Reading("neoadjuvant-therapy", "medication", use.evidence, member=use.drug)
            elif first_day(use.evidence.date) < last_day(resected_on):
                # partial dates overlap
                yield Reading(
                    "neoadjuvant-therapy",
                    "medication",
                    use.evidence,
                    why="uncodable",
                    remark="timing-unclear",
                )
    given = [u for u in uses if u.drug in drugs]
    if resected and given and all(u.completed for u in given):
        yield from _completed_adjuvant(given, resected_on)


def _completed_adjuvant(given: list[Use], resected_on: str | None) -> Iterator[Reading]:
    """Whether all that was given was begun after the resection; open where a date is missing."""
    evidence = given[-1].evidence
    dates = [u.evidence.date for u in given]
    if resected_on is None or None in dates:
        yield Reading("adjuvant-completed", "medication", evidence, why="uncodable", remark="timing-unclear")
    elif all(d is not None and first_day(d) >= last_day(resected_on) for d in dates):
        yield Reading("adjuvant-completed", "medication", evidence, Choice(frozenset({True})))

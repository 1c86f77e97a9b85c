"""Drugs given, taken and drafted, from MedicationRequest, -Statement and -Administration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import structs

from ...fhir.datatypes import day, first_day, last_day, start_of, surely_before
from ...fhir.record import contained_in
from ...fhir.resources import (
    CodeableConcept,
    Medication,
    MedicationAdministration,
    MedicationRequest,
    MedicationStatement,
    MedicationUse,
)
from ...fhir.terminology import texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .dose import Dose, daily_dose
from .intent import intents_of
from .medication import medications_of
from .reasons import indication
from .sources import Sources
from .timeline import Timeline

_NOT_LIPOSOMAL = re.compile(r"\b(?:non|not|conventional)[- ]?liposom", re.IGNORECASE)
# more than this each day is the escalated dose (trial 004: 400 mg is its standard arm)
STANDARD_IMATINIB_MG = 400
ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
# status -> whether the drug is being taken (True) or was (False); any other status is no evidence
TAKEN: Mapping[type[MedicationUse], Mapping[str, bool]] = {
    MedicationRequest: {"active": True, "on-hold": True, "completed": False, "stopped": False},
    MedicationStatement: {"active": True, "on-hold": True, "completed": False, "stopped": False},
    MedicationAdministration: {"in-progress": True, "completed": False, "stopped": False, "on-hold": True},
}


PROGRESSION = frozenset({"limited", "generalised", "progression"})
# what else may hold where the progression was on an earlier drug
UNLESS_ON_CURRENT = {
    "progression": frozenset({"none"}),
    "treatment-response": frozenset({"response", "stable"}),
}


# its reference, the record, and whether the drug is being taken
Taken = tuple[str, MedicationUse, bool]


class Use(msgspec.Struct, frozen=True, gc=False):
    """One record of a drug of the knowledge base being taken or having been taken."""

    drug: str
    current: bool
    evidence: Evidence
    intents: frozenset[str]
    not_tolerated: bool
    failed: bool
    completed: bool
    dose: Dose
    # the date is that of the beginning; else it was begun by then, and nobody knows when
    dated: bool = True

    @property
    def begun(self) -> str | None:
        """The day on which it was first recorded, None if only a later one is known."""
        return self.evidence.date if self.dated else None


def drug_of(sources: Sources, use: MedicationUse) -> str | None:
    """The drug (`imatinib`) of a drug record: by any coding, else by the words of its text, else by the
    Medication it refers to, else by the display of that reference."""
    for concept in medications_of(sources, use):
        kinds = sources.named(concept)
        if not kinds:
            # most drugs of a record are none of ours
            continue
        drugs = {k for k in kinds if k.startswith("drug.")}
        # a formulation names its drug too
        drugs -= {d for d in drugs if any(other.startswith(f"{d}-") for other in drugs)}
        if drugs == {"drug.doxorubicin"} and _liposomal(sources, concept):
            # codes of the substance do not tell the formulation, words do
            return "doxorubicin-liposomal"
        if len(drugs) == 1:
            return drugs.pop().removeprefix("drug.")
    return None


def _liposomal(sources: Sources, concept: CodeableConcept | None) -> bool:
    words = (sources.words([text]) for text in texts_of(concept) if not _NOT_LIPOSOMAL.search(text))
    return any("formulation.liposomal" in w for w in words)


def find_taken(sources: Sources, drafts: frozenset[str]) -> list[Taken]:
    """Every record of a drug given or taken, the drafts of this call left out."""
    found = []
    for kind, states in TAKEN.items():
        for reference, use in sources.record.of(kind):
            current = states.get(use.status or "")
            if current is not None and reference not in drafts and sources.about_patient(use.subject):
                found.append((reference, use, current))
    return found


def find_uses(sources: Sources, diagnosis: Diagnosis, taken: Sequence[Taken]) -> list[Use]:
    """Those that were taken for this tumour."""
    uses: list[Use] = []
    for reference, use, current in taken:
        if isinstance(use, MedicationRequest) and (use.do_not_perform or use.intent not in ORDERS):
            continue
        drug = drug_of(sources, use)
        if drug is None:
            continue
        reasons = use.reason_reference or ()
        if indication(sources, diagnosis, reasons, use.reason_code or (), dict(contained_in(use))) == "other":
            continue
        if not use.understood or not diagnosis.same_tumour(
            sources.record.pointed(r) for r in reasons if not r.display
        ):
            continue
        here = Evidence(reference, "medication", _when(use))
        uses.append(
            Use(
                drug,
                current,
                here,
                intents_of(sources, use.extension),
                _stopped_for(sources, use, "termination.not-tolerated"),
                _stopped_for(sources, use, "termination.no-response"),
                use.status == "completed",
                daily_dose(sources, use) if isinstance(use, MedicationRequest) else Dose(),
                _dated(use),
            )
        )
    return uses


def _when(use: MedicationUse) -> str | None:
    if isinstance(use, MedicationRequest):
        return day(use.authored_on)
    if isinstance(use, MedicationStatement):
        # the day on which it was told is no earlier than that on which it was begun
        return start_of(use.effective_date_time, use.effective_period) or day(use.date_asserted)
    assert isinstance(use, MedicationAdministration)
    return start_of(use.effective_date_time, use.effective_period)


def _dated(use: MedicationUse) -> bool:
    """Whether its date is that of the beginning: the end of a period and the day of telling are later."""
    if isinstance(use, MedicationStatement | MedicationAdministration):
        period = use.effective_period
        return day(use.effective_date_time or (period.start if period else None)) is not None
    return True


def _stopped_for(sources: Sources, use: MedicationUse, reason: str) -> bool:
    """Stopped, and the record says that this is why."""
    reasons = use.status_reason if isinstance(use.status_reason, list) else [use.status_reason]
    return use.status == "stopped" and any(reason in sources.named(r) for r in reasons)


def unidentified_drugs(sources: Sources, taken: Sequence[Taken]) -> list[Evidence]:
    """Those that only point to a Medication which did not come, and name nothing."""
    found = []
    for reference, use, _ in taken:
        pointer = use.medication_reference
        if use.medication_codeable_concept or pointer is None or pointer.display:
            continue
        known = dict(contained_in(use)).get(pointer.reference or "") or sources.record.find(
            sources.record.pointed(pointer), Medication
        )
        if known is None:
            found.append(Evidence(reference, "medicationReference", _when(use)))
    return found


def read_unidentified(found: list[Evidence]) -> Iterator[Reading]:
    """Such a record may be any drug: which were given is then open."""
    for here in found:
        for fact in ("prior-therapies", "current-therapy", "neoadjuvant-therapy", "adjuvant-therapy"):
            yield Reading(fact, "medication", here, why="uncodable", remark="drug-not-identified")


def timeline_of(uses: list[Use], drugs: frozenset[str], stated: bool, since: str | None = None) -> Timeline:
    """When systemic therapy of this tumour began; `drugs` are those that count as such.

    `stated`: the record states a therapy outright, which says nothing of when it began. `since`: what was begun
    before that day is left out.
    """
    counted = [u for u in uses if u.drug in drugs]
    if since is not None:
        counted = [u for u in counted if u.evidence.date is None or not surely_before(u.evidence.date, since)]
    dates = [u.begun for u in counted]
    known = sorted(d for d in dates if d)
    return Timeline(known[0] if known else None, undated=stated or any(d is None for d in dates))


def on_current_drugs(readings: Sequence[Reading], uses: list[Use]) -> Iterable[Reading]:
    """The readings, with a progression from before every drug that is now taken left open.

    It says nothing of the drugs begun after it: whether the tumour grows on those, only a newer record tells.
    A first record may be a renewal, so the older progression is not taken for none either.
    """
    begun = _begun({u.drug for u in uses if u.current}, uses)
    return _left_open(readings, begun) if begun else readings


def _left_open(readings: Iterable[Reading], begun: str) -> Iterator[Reading]:
    for reading in readings:
        when = reading.evidence.date
        grows = isinstance(reading.value, Choice) and "none" not in reading.value.possible
        if reading.fact in UNLESS_ON_CURRENT and grows and when:
            assert isinstance(reading.value, Choice)
            if surely_before(when, begun) and reading.value.possible <= PROGRESSION:
                open_ = Choice(reading.value.possible | UNLESS_ON_CURRENT[reading.fact])
                yield structs.replace(reading, value=open_, remark="before-current-drug")
                continue
        yield reading


def _begun(drugs: set[str], uses: list[Use]) -> str | None:
    """The earliest day on which one of these drugs is on record; None if a date is missing."""
    if not drugs:
        return None
    dates = [u.begun for u in uses if u.drug in drugs]
    return min((d for d in dates if d), default=None) if None not in dates else None


def read_treatment(
    uses: list[Use], resected_on: str | None, resected: bool, drugs: frozenset[str]
) -> Iterator[Reading]:
    """`prior-therapies`, `current-therapy`, `not-tolerated`, `therapy-failed`, `neoadjuvant-therapy`,
    `adjuvant-therapy`.

    A drug first recorded before the resection was neoadjuvant; beside a resection, one without a date, or
    beside one without a date, leaves that open.
    """
    for use in uses:
        if use.drug not in drugs:
            continue
        fact = "current-therapy" if use.current else "prior-therapies"
        yield Reading(fact, "medication", use.evidence, member=use.drug)
        if use.drug == "imatinib":
            yield from _escalated(use)
        if use.not_tolerated:
            yield Reading("not-tolerated", "medication", use.evidence, member=use.drug)
        if use.failed:
            yield Reading("therapy-failed", "medication", use.evidence, member=use.drug)
        if resected or use.intents & {"neoadjuvant", "adjuvant"}:
            yield from _around_surgery(use, resected_on)
    given = [u for u in uses if u.drug in drugs]
    if resected and given and all(u.completed for u in given):
        yield from _completed_adjuvant(given, resected_on)


def _escalated(use: Use) -> Iterator[Reading]:
    mg, unread = use.dose
    if mg is not None and mg > STANDARD_IMATINIB_MG:
        yield Reading("imatinib-escalated", "medication", use.evidence, Choice(frozenset({True})))
    elif unread:
        here = structs.replace(use.evidence, element="dosageInstruction")
        yield Reading("imatinib-escalated", "medication", here, why="uncodable")


def _around_surgery(use: Use, resected_on: str | None) -> Iterator[Reading]:
    """`neoadjuvant-therapy` or `adjuvant-therapy`: by the intent that the record states, else by its date."""
    when = use.evidence.date
    if use.intents & {"neoadjuvant", "adjuvant"}:
        sides = use.intents & {"neoadjuvant", "adjuvant"}
    elif use.intents & {"palliative"}:
        return
    elif when is None or resected_on is None:
        sides = frozenset()
    elif surely_before(when, resected_on):
        sides = frozenset({"neoadjuvant"})
    elif not use.dated:
        sides = frozenset()
    else:
        # partial dates overlap
        sides = frozenset() if first_day(when) < last_day(resected_on) else frozenset({"adjuvant"})
    for side in ("neoadjuvant", "adjuvant"):
        if side in sides:
            yield Reading(f"{side}-therapy", "medication", use.evidence, member=use.drug)
        elif not sides:
            yield Reading(
                f"{side}-therapy", "medication", use.evidence, why="uncodable", remark="timing-unclear"
            )


def _completed_adjuvant(given: list[Use], resected_on: str | None) -> Iterator[Reading]:
    """Whether all that was given was begun after the resection; open where a date is missing."""
    evidence = given[-1].evidence
    dates = [u.begun for u in given]
    if resected_on is None or None in dates:
        yield Reading("adjuvant-completed", "medication", evidence, why="uncodable", remark="timing-unclear")
    elif all(d is not None and first_day(d) >= last_day(resected_on) for d in dates):
        yield Reading("adjuvant-completed", "medication", evidence, Choice(frozenset({True})))

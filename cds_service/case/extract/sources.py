"""What every reader of records needs: the record, the tables to read it by, and what counts as evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import update_wrapper
from operator import attrgetter
from typing import Any, TypeVar

from ...fhir.datatypes import target
from ...fhir.record import Record
from ...fhir.resources import (
    CodeableConcept,
    Condition,
    DiagnosticReport,
    Observation,
    Reference,
    Resource,
)
from ...fhir.terminology import Terminology, texts_of
from ..vocabulary import CASE_FACTS
from .finding import Finding, finding_of
from .readings import NONE, Readings
from .screening import heard, names_disease

FINAL = frozenset({"final", "amended", "corrected"})
DOUBTED = frozenset({"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"})
# what begins the reference of a person
PEOPLE = ("Patient/", "RelatedPerson/", "FamilyMemberHistory/", "Group/", "Practitioner")

C = TypeVar("C", bound=Resource)
T = TypeVar("T")


@dataclass(slots=True)
class Sources:
    """One call's record with the tables to read it by."""

    record: Record
    patient: str
    today: date
    terminology: Terminology
    readings: Readings
    # of this call alone, gone with it: most readers ask the same of the same texts and records
    _said: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)
    # by identity; each is held, so that no other takes its place
    _affirmed: dict[int, tuple[CodeableConcept, frozenset[str]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _worked_out: dict[tuple[object, int], tuple[Resource, Any]] = field(
        default_factory=dict, init=False, repr=False
    )
    _findings: list[Finding] | None = field(default=None, init=False, repr=False)
    _conditions: list[tuple[str, Condition]] | None = field(default=None, init=False, repr=False)
    _silent: list[str] = field(default_factory=list, init=False, repr=False)
    concepts: Callable[[CodeableConcept | None], frozenset[str]] = field(init=False, repr=False)
    """The concepts of every coding of a concept."""
    _own: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.concepts = self.terminology.concepts
        self._own = f"Patient/{self.patient}"

    def words(self, texts: Iterable[str | None]) -> frozenset[str]:
        """The concepts for which the words of the texts stand."""
        found = NONE
        for text in texts:
            if text:
                found |= self.words_in(text)
        return found

    def words_in(self, text: str) -> frozenset[str]:
        """The concepts for which the words of a text stand."""
        found = self._said.get(text)
        if found is None:
            found = self._said[text] = self.readings.words.concepts_in(text)
        return found

    def affirmed(self, concept: CodeableConcept | None) -> list[str]:
        """The texts of a concept that deny and doubt nothing."""
        return [t for t in texts_of(concept) if self.plain(t)]

    def affirmed_words(self, concept: CodeableConcept | None) -> frozenset[str]:
        """The concepts for which the words of its affirmed texts stand; `open.` begins one that they leave open."""
        if concept is None:
            return NONE
        known = self._affirmed.get(id(concept))
        if known is None:
            found = NONE
            for text in texts_of(concept):
                words = self.words_in(text)
                if not words:
                    continue
                hedges = self.readings.hedges
                if "?" in text or hedges.in_text(text):
                    words = hedges.sure(text, words)
                if "negation" not in words:
                    found |= words
            known = self._affirmed[id(concept)] = concept, found
        return known[1]

    def plain(self, text: str) -> bool:
        """Whether a text holds no word that denies or doubts."""
        return "?" not in text and "negation" not in self.words_in(text)

    def own_codes(self, concept: CodeableConcept | None) -> list[str]:
        """The codes of our own CodeSystem, said outright or through a site's ConceptMap."""
        return self.terminology.codes_in(CASE_FACTS, concept)

    def named(self, concept: CodeableConcept | None) -> frozenset[str]:
        """Concepts by code, else by the words of text and displays that deny nothing."""
        if concept is None:
            return NONE
        return self.concepts(concept) or self.affirmed_words(concept)

    def named_in(self, several: Iterable[CodeableConcept | None] | None) -> frozenset[str]:
        """What several concepts name together."""
        found = NONE
        for concept in several or ():
            found |= self.named(concept)
        return found

    def is_biopsy(self, concept: CodeableConcept | None) -> bool:
        """Whether an ICD-10-PCS code says that what was taken out was taken for diagnosis: it ends in X."""
        return any(
            self.terminology.system_name(c.system) == "icd-10-pcs"
            and (c.code or "").strip().upper()[6:] == "X"
            for c in (concept.coding or () if concept else ())
        )

    def about_patient(self, subject: Reference | None) -> bool:
        """Whether a record is about this patient; one without a subject came from the patient's own query."""
        if subject is None or not subject.reference:
            return True
        return subject.reference == self._own or target(subject) == self._own

    def findings(self) -> list[Finding]:
        """Observations that are evidence: final, about this patient, with nothing said against their value. Those
        of which no reader makes anything are left out: in most records they are nearly all."""
        found = self._findings
        if found is None:
            found = self._findings = [
                finding
                for observation in sorted(heard(self, self.record.each(Observation)), key=attrgetter("id"))
                if observation.status in FINAL
                and observation.understood
                and self.about_patient(observation.subject)
                and self.focus_may_be_tumour(observation)
                # what was examined may be of a relative or a donor
                and (
                    (finding := finding_of(self, observation)).specimen is None
                    or self.about_patient(finding.specimen.subject)
                )
            ]
        return found

    def findings_about(self, wanted: frozenset[str]) -> list[Finding]:
        """Those of `findings` in whose name, components' names or coded answer one of the concepts stands."""
        return [one for one in self.findings() if not one.about.isdisjoint(wanted)]

    def focus_may_be_tumour(self, observation: Observation) -> bool:
        """False if the record speaks of a person: a relative, a donor, another patient."""
        for focus in observation.focus or ():
            kind = self.record.pointed(focus) or focus.reference or ""
            if kind.startswith(PEOPLE) and kind != self._own:
                return False
        return True

    def reports(self) -> Iterator[tuple[str, DiagnosticReport]]:
        for reference, report in self.record.of(DiagnosticReport):
            if report.status in FINAL and report.understood and self.about_patient(report.subject):
                yield reference, report

    def conditions(self) -> list[tuple[str, Condition]]:
        """Conditions of this patient that are confirmed, or at least not said to be in doubt, and of which a reader
        could make something; `unrelated` names the rest of them."""
        found = self._conditions
        if found is None:
            found = self._conditions = []
            for one in self.record.of(Condition):
                reference, condition = one
                if (
                    condition.understood
                    and self.about_patient(condition.subject)
                    and not codes_of(condition.verification_status) & DOUBTED
                ):
                    if names_disease(self, condition):
                        found.append(one)
                    else:
                        self._silent.append(reference)
        return found

    def unrelated(self) -> list[str]:
        """Confirmed Conditions of which no reader makes anything: illnesses that have nothing to do with a tumour."""
        self.conditions()
        return self._silent


def once_a_call(work_out: Callable[[Sources, C], T]) -> Callable[[Sources, C], T]:
    """What is worked out of one resource for several readers is worked out for the first of them."""

    def remembered(sources: Sources, resource: C) -> T:
        # by identity; the resource is held, so that no other takes its place
        key = work_out, id(resource)
        known = sources._worked_out.get(key)
        if known is None:
            known = sources._worked_out[key] = resource, work_out(sources, resource)
        found: T = known[1]
        return found

    return update_wrapper(remembered, work_out)


def codes_of(concept: CodeableConcept | None) -> frozenset[str]:
    """The bare codes of a status concept, whatever their system; its text if it has no code."""
    if concept is None:
        return NONE
    codings = concept.coding
    if codings and len(codings) == 1 and codings[0].code:
        # as nearly all are
        return frozenset((codings[0].code.strip().lower(),))
    codes = frozenset([c.code.strip().lower() for c in codings or () if c.code])
    return codes or frozenset({concept.text.strip().lower()} if concept.text else ())

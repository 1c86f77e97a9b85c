"""What every reader of records needs: the record, the code tables, and what counts as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...fhir.datatypes import day, start_of, target
from ...fhir.record import Record
from ...fhir.resources import CodeableConcept, Condition, DiagnosticReport, Observation, Reference, Specimen
from ...fhir.terminology import Terminology, Words, texts_of
from ..fact import Evidence
from ..vocabulary import CASE_FACTS, AuthoringError, Vocabulary, nearest

FINAL = frozenset({"final", "amended", "corrected"})

READINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["values", "organs", "items", "words"],
    "additionalProperties": False,
    "properties": {
        "values": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "organs": {"type": "object", "additionalProperties": {"type": "string"}},
        "items": {"type": "object", "additionalProperties": {"type": "string"}},
        "words": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Readings:
    """How concepts become values (`readings.yaml`), and the words that stand for a concept.

    `organs` says on which organ a procedure or body site is, `items` what an order for a procedure asks for.
    """

    values: Mapping[str, Mapping[str, str]]
    organs: Mapping[str, str]
    items: Mapping[str, str]
    words: Words

    def value_of(self, fact: str, concepts: Iterable[str]) -> frozenset[str]:
        """The values of a fact for which the concepts stand."""
        table = self.values.get(fact, {})
        return frozenset(table[c] for c in concepts if c in table)


def read_readings(document: Mapping[str, Any], vocabulary: Vocabulary, concepts: Iterable[str]) -> Readings:
    """Raises AuthoringError for a fact or a value that the vocabulary does not have, and for a concept that
    neither a value set (`concepts`) nor a word stands for."""
    known = {*concepts, *document["words"]}
    tables = [("organs",), ("items",), *(("values", fact) for fact in document["values"])]
    for where in tables:
        table = document[where[0]] if len(where) == 1 else document["values"][where[1]]
        for concept in table:
            if concept not in known:
                raise AuthoringError(f"no concept {concept!r}{nearest(concept, known)}", (*where, concept))
    for fact, table in document["values"].items():
        if fact not in vocabulary:
            raise AuthoringError(f"no fact {fact!r}{nearest(fact, vocabulary)}", ("values", fact))
        allowed = vocabulary[fact].values
        for concept, value in table.items():
            if allowed and value not in allowed:
                raise AuthoringError(
                    f"{value!r} is no value of {fact!r}{nearest(value, allowed)}", ("values", fact, concept)
                )
    patterns = []
    for concept, phrases in document["words"].items():
        joined = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True))
        patterns.append((re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE), concept))
    return Readings(document["values"], document["organs"], document["items"], Words(tuple(patterns)))


@dataclass(frozen=True, slots=True)
class Sources:
    """One call's record with the tables to read it by."""

    record: Record
    patient: str
    today: date
    terminology: Terminology
    readings: Readings

    def concepts(self, concept: CodeableConcept | None) -> frozenset[str]:
        return self.terminology.concepts(concept)

    def affirmed(self, concept: CodeableConcept | None) -> list[str]:
        """The texts of a concept that deny and doubt nothing."""
        return [t for t in texts_of(concept) if self.plain(t)]

    def plain(self, text: str) -> bool:
        """Whether a text holds no word that denies or doubts."""
        return "?" not in text and "negation" not in self.readings.words.concepts([text])

    def own_codes(self, concept: CodeableConcept | None) -> list[str]:
        """The codes of our own CodeSystem, said outright or through a site's ConceptMap."""
        return self.terminology.codes_in(CASE_FACTS, concept)

    def named(self, concept: CodeableConcept | None) -> frozenset[str]:
        """Concepts by code, else by the words of text and displays that deny nothing."""
        return self.concepts(concept) or self.readings.words.concepts(self.affirmed(concept))

    def about_patient(self, subject: Reference | None) -> bool:
        """Whether a record is about this patient; one without a subject came from the patient's own query."""
        if subject is None or not subject.reference:
            return True
        return target(subject) == f"Patient/{self.patient}"

    def observations(self) -> Iterator[tuple[str, Observation]]:
        """Observations that are evidence: final, about this patient, with nothing said against their value."""
        for reference, observation in self.record.of(Observation):
            if (
                observation.status in FINAL
                and observation.understood
                and self.about_patient(observation.subject)
                and self.focus_may_be_tumour(observation)
            ):
                yield reference, observation

    def focus_may_be_tumour(self, observation: Observation) -> bool:
        """False if the record speaks of a person: a relative, a donor, another patient."""
        kinds = ((self.record.pointed(f) or f.reference or "") for f in observation.focus or ())
        people = ("Patient/", "RelatedPerson/", "FamilyMemberHistory/", "Group/", "Practitioner")
        return not any(k.startswith(people) and k != f"Patient/{self.patient}" for k in kinds)

    def reports(self) -> Iterator[tuple[str, DiagnosticReport]]:
        for reference, report in self.record.of(DiagnosticReport):
            if report.status in FINAL and report.understood and self.about_patient(report.subject):
                yield reference, report

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Conditions of this patient that are confirmed, or at least not said to be in doubt."""
        for reference, condition in self.record.of(Condition):
            verification = codes_of(condition.verification_status)
            doubted = {"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"}
            if condition.understood and self.about_patient(condition.subject) and not verification & doubted:
                yield reference, condition

    def dated(self, reference: str, observation: Observation, element: str) -> Evidence:
        """The evidence of an Observation; a specimen's collection date counts before the report's."""
        specimen = self.record.find(self.record.pointed(observation.specimen), Specimen)
        collected = specimen.collection.collected_date_time if specimen and specimen.collection else None
        moment = observation.effective_date_time or observation.effective_instant
        when = day(collected) or start_of(moment, observation.effective_period) or day(observation.issued)
        return Evidence(reference, element, when)


def codes_of(concept: CodeableConcept | None) -> frozenset[str]:
    """The bare codes of a status concept, whatever their system; its text if it has no code."""
    if concept is None:
        return frozenset()
    codes = frozenset(c.code.strip().lower() for c in concept.coding or () if c.code)
    return codes or frozenset({concept.text.strip().lower()} if concept.text else ())

"""What every reader of records needs: the record, the code tables, and what counts as evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from ...fhir.words import Words
from ..vocabulary import CASE_FACTS, AuthoringError, Vocabulary, nearest
from .finding import Finding, finding_of
from .screening import heard, names_disease

LIMBS = frozenset({"upper-limb", "lower-limb"})
WIDE_PLACES = frozenset({"abdomen", "pelvis", "thorax", "trunk"})
FINAL = frozenset({"final", "amended", "corrected"})
DOUBTED = frozenset({"refuted", "entered-in-error", "unconfirmed", "provisional", "differential"})
# what begins the reference of a person
PEOPLE = ("Patient/", "RelatedPerson/", "FamilyMemberHistory/", "Group/", "Practitioner")
NONE: frozenset[str] = frozenset()

C = TypeVar("C", bound=Resource)
T = TypeVar("T")

# what an order or a course of treatment can say that it is for
INTENTS = ("neoadjuvant", "adjuvant", "curative", "definitive", "palliative", "unstated")
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}

READINGS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["values", "sarcomas", "within", "organs", "items", "items-by-disease", "intents", "words"],
    "additionalProperties": False,
    "properties": {
        "values": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"anyOf": [{"type": "string"}, _NAMES]},
            },
        },
        "sarcomas": {
            "type": "object",
            "required": ["named", "assumed", "unclear", "never"],
            "additionalProperties": False,
            "properties": dict.fromkeys(("named", "assumed", "unclear", "never"), _NAMES),
        },
        "within": {"type": "object", "additionalProperties": _NAMES},
        "organs": {"type": "object", "additionalProperties": {"type": "string"}},
        "items": {"type": "object", "additionalProperties": {"type": "string"}},
        "items-by-disease": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "intents": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict.fromkeys(INTENTS, _NAMES),
                },
            },
        },
        "words": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
    },
}


@dataclass(frozen=True, slots=True)
class Readings:
    """How concepts become values (`readings.yaml`), and the words that stand for a concept.

    `organs` says on which organ a procedure or body site is, `items` what an order for a procedure asks for,
    `items_by_disease` where that differs in one disease, `intents` what an item becomes by its stated intent.
    `sarcomas` says which concepts make a Condition a soft-tissue sarcoma, `within` which places hold which.
    """

    values: Mapping[str, Mapping[str, frozenset[str]]]
    organs: Mapping[str, str]
    items: Mapping[str, str]
    words: Words
    sarcomas: Mapping[str, frozenset[str]]
    within: Mapping[str, frozenset[str]]
    items_by_disease: Mapping[str, Mapping[str, str]]
    intents: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]
    # concept -> every organ that it names, as organ, as site of the tumour or of a metastasis
    _named_organs: dict[str, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for concept, organ in self.organs.items():
            self._named_organs[concept] = frozenset({organ})
        for fact in ("primary-site", "metastatic-sites"):
            for concept, places in self.values.get(fact, {}).items():
                if fact == "metastatic-sites":
                    places = places - {"unspecified"}
                self._named_organs[concept] = self._named_organs.get(concept, NONE) | places

    def organs_of(self, concepts: Iterable[str]) -> set[str]:
        """The organs that concepts of diagnoses, sites or procedures name."""
        found: set[str] = set()
        for concept in concepts:
            if concept in self._named_organs:
                found |= self._named_organs[concept]
        return found

    def value_of(self, fact: str, concepts: Iterable[str]) -> frozenset[str]:
        """The values of a fact for which the concepts stand."""
        found = NONE
        table = self.values.get(fact)
        if table:
            for concept in concepts:
                if concept in table:
                    found |= table[concept]
        return found

    def near(self, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether two sets of places share one, or one of them lies inside another."""
        theirs = set(other)
        return any(
            a == b or a in self.within.get(b, ()) or b in self.within.get(a, ()) for a in one for b in theirs
        )

    def ties(self, places: Iterable[str], tumour: Iterable[str]) -> bool:
        """Whether a place ties a treatment to a tumour. A whole cavity or the trunk holds much else."""
        organs = set(tumour)
        return self.near((p for p in places if p not in WIDE_PLACES or p in organs), organs)

    def same_region(self, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether two sets of places are near, or parts of one limb."""
        first, second = set(one), set(other)
        limbs = [{w for p in places for w in self.within.get(p, ())} & LIMBS for places in (first, second)]
        return self.near(first, second) or bool(limbs[0] & limbs[1])

    def finest(self, places: Iterable[str]) -> set[str]:
        """The places that hold no other of them."""
        found = set(places)
        return found - {wider for place in found for wider in self.within.get(place, ())}

    def items_of(self, disease: str, concepts: Iterable[str]) -> set[str]:
        """What orders with these concepts ask for in a disease."""
        special = self.items_by_disease.get(disease, {})
        return {special.get(c) or self.items[c] for c in concepts if c in special or c in self.items}


def read_readings(document: Mapping[str, Any], vocabulary: Vocabulary, concepts: Iterable[str]) -> Readings:
    """Raises AuthoringError for a fact or a value that the vocabulary does not have, for a concept that neither a
    value set (`concepts`) nor a word stands for, and for a place among the sarcomas: a place alone names no tumour."""
    known = {*concepts, *document["words"]}
    tables: list[tuple[str, ...]] = [("organs",), ("items",)]
    tables += [(part, name) for part in ("values", "items-by-disease", "sarcomas") for name in document[part]]
    for where in tables:
        table = document[where[0]] if len(where) == 1 else document[where[0]][where[1]]
        for concept in table:
            if concept not in known:
                raise AuthoringError(f"no concept {concept!r}{nearest(concept, known)}", (*where, concept))
    for kind, concepts_of_kind in document["sarcomas"].items():
        for concept in concepts_of_kind:
            if concept.startswith("site."):
                raise AuthoringError(
                    f"{concept!r} is a place and names no tumour", ("sarcomas", kind, concept)
                )
    for fact, table in document["values"].items():
        if fact not in vocabulary:
            raise AuthoringError(f"no fact {fact!r}{nearest(fact, vocabulary)}", ("values", fact))
        allowed = vocabulary[fact].values
        for concept, value in ((c, v) for c, named in table.items() for v in _listed(named)):
            if allowed and value not in allowed:
                raise AuthoringError(
                    f"{value!r} is no value of {fact!r}{nearest(value, allowed)}", ("values", fact, concept)
                )
    sites = vocabulary["primary-site"].values
    for place, wider in document["within"].items():
        for value in (place, *wider):
            if value not in sites:
                raise AuthoringError(f"no place {value!r}{nearest(value, sites)}", ("within", place))
    values = {
        fact: {concept: frozenset(_listed(named)) for concept, named in table.items()}
        for fact, table in document["values"].items()
    }
    return Readings(
        values=values,
        organs=document["organs"],
        items=document["items"],
        words=Words(document["words"]),
        sarcomas={kind: frozenset(concepts) for kind, concepts in document["sarcomas"].items()},
        within={place: frozenset(wider) for place, wider in document["within"].items()},
        items_by_disease=document["items-by-disease"],
        intents={
            disease: {
                item: {intent: tuple(options) for intent, options in rows.items()}
                for item, rows in table.items()
            }
            for disease, table in document["intents"].items()
        },
    )


def _listed(named: str | list[str]) -> list[str]:
    return [named] if isinstance(named, str) else named


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
        """The concepts for which the words of its affirmed texts stand."""
        if concept is None:
            return NONE
        known = self._affirmed.get(id(concept))
        if known is None:
            found = NONE
            for text in texts_of(concept):
                words = self.words_in(text)
                # `plain`, without the call
                if words and "negation" not in words and "?" not in text:
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
                finding_of(self, observation)
                for observation in sorted(heard(self, self.record.each(Observation)), key=attrgetter("id"))
                if observation.status in FINAL
                and observation.understood
                and self.about_patient(observation.subject)
                and self.focus_may_be_tumour(observation)
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

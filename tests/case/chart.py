"""Small patients' records, written as the resources that an EHR sends, and the case that is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import msgspec

from cds_service.case.fact import Case, Choice, DraftOrder, Fact, Interval, Members
from cds_service.fhir.record import read_record
from cds_service.service import Service, make_service
from tests.fhir_names import CASE_FACTS, CLINICAL, HGNC, HGVS, ICD10CM, KEYS, LOINC, SCT, VERIFICATION
from tests.shipped import shipped

Json = dict[str, Any]

PATIENT = "p1"
OTHER_PATIENT = {"reference": "Patient/p2"}
TODAY = date(2025, 12, 1)
TUMOUR = "Condition/gist"
SARCOMA = "Condition/sts"

ICD10GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
ICDO = "http://terminology.hl7.org/CodeSystem/icd-o-3"
CLINVAR = "http://www.ncbi.nlm.nih.gov/clinvar"
OMOP = "http://fhir.ohdsi.org/CodeSystem/concepts"
SO = "http://www.sequenceontology.org"
HISTOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
INTENT = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent"


@cache
def service(*, affiliate: bool = False) -> Service:
    """The service with the knowledge as shipped; `affiliate` with the licensed SNOMED CT ids too."""
    return make_service(shipped(affiliate=affiliate), "http://localhost")


def concept(system: str | None = None, code: str | None = None, text: str | None = None, **more: Any) -> Json:
    """A CodeableConcept with one coding, a text, or both; `more` are members of the coding."""
    found: Json = {}
    if code is not None:
        found["coding"] = [{"system": system, "code": code, **more}]
    if text is not None:
        found["text"] = text
    return found


def subject(patient: str = PATIENT) -> Json:
    return {"reference": f"Patient/{patient}"}


def refer(*references: str) -> list[Json]:
    return [{"reference": r} for r in references]


def condition(id_: str, code: Json, **members: Any) -> Json:
    """A confirmed, active Condition."""
    return {
        "resourceType": "Condition",
        "id": id_,
        "subject": subject(),
        "clinicalStatus": concept(CLINICAL, "active"),
        "verificationStatus": concept(VERIFICATION, "confirmed"),
        "code": code,
        **members,
    }


def gist(code: str = "C49.A2", system: str = ICD10CM, **members: Any) -> Json:
    """The tumour that `TUMOUR` refers to: a gastric GIST if nothing else is said."""
    return condition("gist", concept(system, code), **members)


def sarcoma(code: str | Json = "C49.21", system: str = ICD10CM, **members: Any) -> Json:
    """The tumour that `SARCOMA` refers to: a soft-tissue sarcoma of the right lower limb if nothing else is said."""
    return condition("sts", code if isinstance(code, dict) else concept(system, code), **members)


def histology(code: str, system: str = ICDO) -> list[Json]:
    return [{"url": HISTOLOGY, "valueCodeableConcept": concept(system, code)}]


def observation(id_: str, code: Json, **members: Any) -> Json:
    """A final Observation without a focus or a date."""
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "subject": subject(),
        "code": code,
        **members,
    }


def size(id_: str = "size", cm: float | None = None, **members: Any) -> Json:
    """A tumour size, directly as a quantity if `cm` is given."""
    if cm is not None:
        members["valueQuantity"] = quantity(cm, "cm")
    return observation(id_, concept(LOINC, "21889-1"), **members)


def mitoses(id_: str = "mitoses", code: Json | None = None, **members: Any) -> Json:
    return observation(id_, code or concept(text="Mitotic rate"), **members)


def quantity(value: float, unit: str, comparator: str | None = None) -> Json:
    found: Json = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    if comparator is not None:
        found["comparator"] = comparator
    return found


PRESENT = concept(LOINC, "LA9633-4")
ABSENT = concept(LOINC, "LA9634-2")
GENES = {"KIT": "HGNC:6342", "PDGFRA": "HGNC:8803", "BRAF": "HGNC:1097", "NTRK1": "HGNC:8031",
         "NTRK3": "HGNC:8033", "SDHB": "HGNC:10681", "ETV6": "HGNC:3495"}  # fmt: skip


def gene(symbol: str) -> Json:
    """The component that names a gene studied."""
    return component("48018-6", valueCodeableConcept=concept(HGNC, GENES[symbol], display=symbol))


def protein(change: str) -> Json:
    return component("48005-3", valueCodeableConcept=concept(HGVS, change))


def region(text: str) -> Json:
    """The component that names an exon."""
    return component("47999-8", valueString=text)


def component(code: str, **value: Any) -> Json:
    return {"code": concept(LOINC, code), **value}


def variant(id_: str, *components: Json, value: Json | None = PRESENT, **members: Any) -> Json:
    """A variant Observation, `Present` unless another value (or None for no value at all) is given."""
    if value is not None:
        members["valueCodeableConcept"] = value
    return observation(id_, concept(LOINC, "69548-6"), component=list(components), **members)


def stated(fact: str, id_: str | None = None, **members: Any) -> Json:
    """A fact stated outright with the service's own CodeSystem; `value` is a value id of it."""
    if "value" in members:
        members["valueCodeableConcept"] = concept(CASE_FACTS, members.pop("value"))
    return observation(id_ or f"stated-{fact}", concept(CASE_FACTS, fact), **members)


def request(id_: str, drug: str, authored: str | None = None, status: str = "active", **members: Any) -> Json:
    """An order of a drug, named in words."""
    found = {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": status,
        "intent": "order",
        "subject": subject(),
        "medicationCodeableConcept": {"text": drug},
        **members,
    }
    if authored is not None:
        found["authoredOn"] = authored
    return found


def statement(
    id_: str, drug: str, since: str | None = None, status: str = "completed", **members: Any
) -> Json:
    """A record of a drug taken."""
    found = {
        "resourceType": "MedicationStatement",
        "id": id_,
        "status": status,
        "subject": subject(),
        "medicationCodeableConcept": {"text": drug},
        **members,
    }
    if since is not None:
        found["effectivePeriod"] = {"start": since}
    return found


def procedure(id_: str, code: Json, on: str | None = None, **members: Any) -> Json:
    """A completed Procedure."""
    found = {
        "resourceType": "Procedure",
        "id": id_,
        "status": "completed",
        "subject": subject(),
        "code": code,
        **members,
    }
    if on is not None:
        found["performedDateTime"] = on
    return found


def resection(on: str | None = None, **members: Any) -> Json:
    """A gastrectomy for the tumour."""
    return procedure("gastrectomy", concept(SCT, "53442002"), on, reasonReference=refer(TUMOUR), **members)


def margin(status: str, id_: str = "margin", **members: Any) -> Json:
    codes = {"R0": "258254000", "R1": "278271003", "R2": "278272005", "RX": "258253006"}
    return observation(
        id_, concept(LOINC, "84892-9"), valueCodeableConcept=concept(SCT, codes[status]), **members
    )


def searchset(*resources: Json | bytes) -> msgspec.Raw:
    """A searchset; a resource given as bytes goes in as it is."""
    entries = b",".join(
        b'{"resource":' + (r if isinstance(r, bytes) else msgspec.json.encode(r)) + b"}" for r in resources
    )
    return msgspec.Raw(b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]}")


FAILED = msgspec.Raw(b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}')


def answered(*resources: Json, failed: tuple[str, ...] = ()) -> Mapping[str, msgspec.Raw]:
    """The answer of every prefetch query, complete; the queries in `failed` ended in an OperationOutcome."""
    by_key: dict[str, list[Json]] = {key: [] for key in service().prefetch}
    for resource in resources:
        by_key[_key(resource)].append(resource)
    sent = {key: searchset(*found) for key, found in by_key.items() if key != "patient"}
    patients = by_key["patient"] or [{"resourceType": "Patient", "id": PATIENT, "birthDate": "1960-04-03"}]
    sent["patient"] = msgspec.Raw(msgspec.json.encode(patients[0]))
    return {**sent, **dict.fromkeys(failed, FAILED)}


def _key(resource: Json) -> str:
    """Where a resource is sent; an Observation by its first category, else with the laboratory's."""
    kind = resource["resourceType"]
    if kind != "Observation":
        return KEYS[kind]
    categories = [c["code"] for each in resource.get("category", ()) for c in each["coding"]]
    return f"observations-{categories[0] if categories else 'laboratory'}"


def read(
    *resources: Json,
    failed: tuple[str, ...] = (),
    drafts: tuple[Json, ...] = (),
    affiliate: bool = False,
) -> tuple[Case, list[DraftOrder]]:
    """The case and the drafted orders of a call that sends these resources."""
    return read_sent(answered(*resources, failed=failed), drafts=drafts, affiliate=affiliate)


def read_sent(
    sent: Mapping[str, msgspec.Raw | None], drafts: tuple[Json, ...] = (), affiliate: bool = False
) -> tuple[Case, list[DraftOrder]]:
    chosen = service(affiliate=affiliate)
    entries = [{"resource": draft} for draft in drafts]
    return chosen.extractor.extract(read_record(sent, chosen.prefetch), PATIENT, TODAY, entries)


def case_of(*resources: Json, failed: tuple[str, ...] = (), affiliate: bool = False) -> Case:
    return read(*resources, failed=failed, affiliate=affiliate)[0]


def strictly(name: str, *resources: Json, affiliate: bool = False) -> Fact:
    """One fact, read as if every two values of it mattered: whether equals are seen to conflict must not hang on
    which tables ask for the fact today."""
    chosen = service(affiliate=affiliate)
    extractor = replace(chosen.extractor, tells_apart=lambda _, one, other: one != other)
    return extractor.extract(read_record(answered(*resources), chosen.prefetch), PATIENT, TODAY)[0].facts[
        name
    ]


def fact_of(name: str, *resources: Json, failed: tuple[str, ...] = (), affiliate: bool = False) -> Fact:
    """One fact of the case that is read from these resources."""
    return case_of(*resources, failed=failed, affiliate=affiliate).facts[name]


def possible(fact: Fact) -> set[Any]:
    """The values that a code or boolean fact can still have."""
    assert isinstance(fact.value, Choice)
    return set(fact.value.possible)


def point(fact: Fact) -> float | None:
    """The number of a quantity fact, None if it is not known."""
    assert isinstance(fact.value, Interval)
    return fact.value.low if fact.known else None


def present(fact: Fact) -> set[str]:
    """The members that a set fact is known to have."""
    assert isinstance(fact.value, Members)
    return set(fact.value.present)


def excluded(fact: Fact, member: str) -> bool:
    """Whether a set fact is known not to have a member."""
    assert isinstance(fact.value, Members)
    return member not in fact.value.present | fact.value.unknown


def in_doubt(fact: Fact, member: str) -> bool:
    assert isinstance(fact.value, Members)
    return member in fact.value.unknown


COLON = condition("colon", concept(ICD10CM, "C18.9"))

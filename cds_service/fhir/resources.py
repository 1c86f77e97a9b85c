"""The parts of FHIR R4 resources that the service reads, as typed partial decodings.

A member that is not named here is skipped without being built. One decode turns the JSON of a resource into
its type; a resource that does not fit costs only itself (`msgspec.ValidationError`).
"""

from __future__ import annotations

from typing import Any

import msgspec


class Element(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Base of every datatype: camelCase on the wire, unknown members skipped."""


class Coding(Element, frozen=True):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    coding: list[Coding] | None = None
    text: str | None = None


class Reference(Element, frozen=True):
    reference: str | None = None
    display: str | None = None


class Quantity(Element, frozen=True):
    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Ratio(Element, frozen=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Range(Element, frozen=True):
    low: Quantity | None = None
    high: Quantity | None = None


class Period(Element, frozen=True):
    start: str | None = None
    end: str | None = None


class Extension(Element, frozen=True):
    url: str | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_reference: Reference | None = None
    extension: list[Extension] | None = None


class Meta(Element, frozen=True):
    last_updated: str | None = None


class BodySite(CodeableConcept, frozen=True):
    """A CodeableConcept that may carry mCODE's location and laterality extensions."""

    extension: list[Extension] | None = None


class ConditionStage(Element, frozen=True):
    summary: CodeableConcept | None = None
    assessment: list[Reference] | None = None
    type: CodeableConcept | None = None


class Resource(
    msgspec.Struct, rename="camel", frozen=True, gc=False, tag_field="resourceType", tag=lambda n: n
):
    """Base of every resource."""

    id: str | None = None
    meta: Meta | None = None
    implicit_rules: str | None = None
    modifier_extension: list[Extension] | None = None

    @property
    def understood(self) -> bool:
        """False if something is said that may turn the meaning around and that we do not know."""
        return not self.modifier_extension and not self.implicit_rules


class Patient(Resource, frozen=True):
    birth_date: str | None = None


class Condition(Resource, frozen=True):
    clinical_status: CodeableConcept | None = None
    verification_status: CodeableConcept | None = None
    category: list[CodeableConcept] | None = None
    code: CodeableConcept | None = None
    body_site: list[BodySite] | None = None
    subject: Reference | None = None
    recorded_date: str | None = None
    onset_date_time: str | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_age: Quantity | None = None
    # one object in FHIR STU3, which some records still send
    stage: list[ConditionStage] | ConditionStage | None = None
    extension: list[Extension] | None = None


class Component(Element, frozen=True):
    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_ratio: Ratio | None = None
    value_range: Range | None = None
    data_absent_reason: CodeableConcept | None = None


class Observation(Resource, frozen=True):
    status: str | None = None
    category: list[CodeableConcept] | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    focus: list[Reference] | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    issued: str | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_ratio: Ratio | None = None
    value_range: Range | None = None
    data_absent_reason: CodeableConcept | None = None
    interpretation: list[CodeableConcept] | None = None
    body_site: CodeableConcept | None = None
    method: CodeableConcept | None = None
    specimen: Reference | None = None
    component: list[Component] | None = None
    has_member: list[Reference] | None = None
    extension: list[Extension] | None = None
    contained: list[msgspec.Raw] | None = None


class Procedure(Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    body_site: list[CodeableConcept] | None = None
    extension: list[Extension] | None = None


class DiagnosticReport(Resource, frozen=True):
    status: str | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    conclusion: str | None = None


class Repeat(Element, frozen=True):
    frequency: float | None = None
    frequency_max: float | None = None
    period: float | None = None
    period_unit: str | None = None
    time_of_day: list[str] | None = None
    when: list[str] | None = None


class Timing(Element, frozen=True):
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element, frozen=True):
    dose_quantity: Quantity | None = None
    dose_range: Range | None = None


class Dosage(Element, frozen=True):
    sequence: int | None = None
    text: str | None = None
    timing: Timing | None = None
    dose_and_rate: list[DoseAndRate] | None = None


class Medication(Resource, frozen=True):
    code: CodeableConcept | None = None


class MedicationUse(Resource, frozen=True):
    """What the three records of a drug share."""

    status: str | None = None
    status_reason: CodeableConcept | list[CodeableConcept] | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    extension: list[Extension] | None = None
    contained: list[msgspec.Raw] | None = None


class MedicationRequest(MedicationUse, frozen=True):
    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    dosage_instruction: list[Dosage] | None = None


class MedicationStatement(MedicationUse, frozen=True):
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None


class MedicationAdministration(MedicationUse, frozen=True):
    effective_date_time: str | None = None
    effective_period: Period | None = None


class ServiceRequest(Resource, frozen=True):
    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    reason_code: list[CodeableConcept] | None = None
    reason_reference: list[Reference] | None = None
    body_site: list[CodeableConcept] | None = None
    order_detail: list[CodeableConcept] | None = None
    authored_on: str | None = None
    extension: list[Extension] | None = None


class Collection(Element, frozen=True):
    collected_date_time: str | None = None
    body_site: CodeableConcept | None = None


class Specimen(Resource, frozen=True):
    subject: Reference | None = None
    collection: Collection | None = None


class BodyStructure(Resource, frozen=True):
    patient: Reference | None = None
    location: CodeableConcept | None = None
    morphology: CodeableConcept | None = None


class OutcomeIssue(Element, frozen=True):
    severity: str | None = None
    code: Any = None


class OperationOutcome(Resource, frozen=True):
    issue: list[OutcomeIssue] | None = None

    @property
    def severe(self) -> bool:
        """Whether it reports an error, not just a notice."""
        return any(issue.severity in ("fatal", "error") for issue in self.issue or ())


class BundleLink(Element, frozen=True):
    relation: str | None = None


class Search(Element, frozen=True):
    mode: str | None = None


class Entry(Element, frozen=True):
    full_url: str | None = None
    search: Search | None = None
    resource: msgspec.Raw = msgspec.Raw()


class Bundle(Resource, frozen=True):
    total: int | None = None
    link: list[BundleLink] | None = None
    entry: list[Entry] | None = None


_ReadAlone = (
    Patient
    | Condition
    | Observation
    | Procedure
    | DiagnosticReport
    | Medication
    | MedicationRequest
    | MedicationStatement
    | MedicationAdministration
    | ServiceRequest
    | Specimen
    | BodyStructure
    | OperationOutcome
)

Readable = _ReadAlone | Bundle


class DecodedEntry(Element, frozen=True):
    full_url: str | None = None
    search: Search | None = None
    resource: _ReadAlone | None = None


class DecodedBundle(Resource, frozen=True, tag="Bundle"):
    """A Bundle decoded with the resources in it, in one pass; it does not decode if one of them does not."""

    total: int | None = None
    link: list[BundleLink] | None = None
    entry: list[DecodedEntry] | None = None


Decodable = _ReadAlone | DecodedBundle

"""What else stands in a patient's record: resources of the shape and size that EHRs send, about nothing of a tumour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from tests.fhir_names import ICD10CM as ICD_10_CM
from tests.fhir_names import LOINC, RXNORM
from tests.fhir_names import SCT as SNOMED

Json = dict[str, Any]

EHR = "https://ehr.example.org/fhir"
UCUM = "http://unitsofmeasure.org"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_NEWEST = date(2026, 10, 30)

# LOINC code, name, unit, low and high end of what is usual
_LABORATORY = (
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 12.0, 16.0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.6, 1.2),
    ("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 150.0, 400.0),
    ("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 4.0, 11.0),
    ("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 7.0, 55.0),
    ("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 135.0, 145.0),
    ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 3.5, 5.1),
    ("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4.0, 5.6),
)
_VITAL_SIGNS = (
    ("8867-4", "Heart rate", "/min", 60.0, 100.0),
    ("29463-7", "Body weight", "kg", 50.0, 90.0),
    ("8310-5", "Body temperature", "Cel", 36.1, 37.2),
    ("9279-1", "Respiratory rate", "/min", 12.0, 20.0),
)
_ILLNESSES = (
    ("I10", "Essential (primary) hypertension"),
    ("E11.9", "Type 2 diabetes mellitus without complications"),
    ("E78.5", "Hyperlipidemia, unspecified"),
    ("M17.0", "Bilateral primary osteoarthritis of knee"),
)
_DRUGS = (
    ("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("259255", "atorvastatin 40 MG Oral Tablet"),
)


def background(patient: str, count: int) -> Iterator[Json]:
    """`count` resources of a patient, the same for the same arguments; each about 1.5 kB as JSON.

    Of twenty, fifteen are measurements, as in hospital records; the others are reports, drugs, illnesses, specimens
    and examinations.
    """
    for number in range(count):
        on = _NEWEST - timedelta(days=7 * (number % 150))
        yield _KINDS[number % len(_KINDS)](patient, number, on)


def _of_patient(kind: str, patient: str, number: int, on: date, words: str, **members: Any) -> Json:
    """A resource with what every EHR adds: when it was written, by what, and the text for people."""
    table = f"<tr><td>Date</td><td>{on}</td></tr><tr><td>Status</td><td>{members.get('status', 'active')}</td></tr>"
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-b{number}",
        "meta": {
            "versionId": "1",
            "lastUpdated": f"{on}T09:12:41.218+00:00",
            "source": "urn:oid:2.16.840.1.113883.3.552#ehr",
        },
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p><table>{table}</table></div>',
        },
        "identifier": [{"use": "usual", "system": f"{EHR}/identifiers", "value": f"{kind}-{number:06d}"}],
        "subject": {"reference": f"Patient/{patient}", "type": "Patient"},
        "encounter": {"reference": f"Encounter/enc-{number % 30}", "display": "Office visit"},
        **members,
    }


def _coded(system: str, code: str, words: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": words}], "text": words}


def _measurement(
    category: str, tests: tuple[tuple[str, str, str, float, float], ...]
) -> Callable[[str, int, date], Json]:
    def measured(patient: str, number: int, on: date) -> Json:
        code, words, unit, low, high = tests[number % len(tests)]
        value = round(low + (high - low) * (number * 37 % 100) / 100, 1)

        def quantity(amount: float) -> Json:
            return {"value": amount, "unit": unit, "system": UCUM, "code": unit}

        return _of_patient(
            "Observation",
            patient,
            number,
            on,
            words,
            status="final",
            category=[_coded(f"{_TERMS}/observation-category", category, category.title())],
            code=_coded(LOINC, code, words),
            effectiveDateTime=f"{on}T08:03:00+00:00",
            issued=f"{on}T09:12:40.000+00:00",
            performer=[{"reference": "Organization/central-laboratory", "display": "Central laboratory"}],
            valueQuantity=quantity(value),
            interpretation=[_coded(f"{_TERMS}/v3-ObservationInterpretation", "N", "Normal")],
            referenceRange=[
                {"low": quantity(low), "high": quantity(high), "text": f"{low} to {high} {unit}"}
            ],
        )

    return measured


def _illness(patient: str, number: int, on: date) -> Json:
    code, words = _ILLNESSES[number % len(_ILLNESSES)]
    return _of_patient(
        "Condition",
        patient,
        number,
        on,
        words,
        clinicalStatus=_coded(f"{_TERMS}/condition-clinical", "active", "Active"),
        verificationStatus=_coded(f"{_TERMS}/condition-ver-status", "confirmed", "Confirmed"),
        category=[_coded(f"{_TERMS}/condition-category", "problem-list-item", "Problem List Item")],
        code=_coded(ICD_10_CM, code, words),
        onsetDateTime=str(on),
        recordedDate=str(on),
        recorder={"reference": "Practitioner/prac-2", "display": "Family physician"},
    )


def _drug(patient: str, number: int, on: date) -> Json:
    code, words = _DRUGS[number % len(_DRUGS)]
    return _of_patient(
        "MedicationRequest",
        patient,
        number,
        on,
        words,
        status="active",
        intent="order",
        category=[_coded(f"{_TERMS}/medicationrequest-category", "community", "Community")],
        medicationCodeableConcept=_coded(RXNORM, code, words),
        authoredOn=str(on),
        requester={"reference": "Practitioner/prac-2", "display": "Family physician"},
        dosageInstruction=[
            {
                "sequence": 1,
                "text": "Take 1 tablet by mouth once a day",
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "route": _coded(SNOMED, "26643006", "Oral route"),
            }
        ],
    )


def _report(patient: str, number: int, on: date) -> Json:
    return _of_patient(
        "DiagnosticReport",
        patient,
        number,
        on,
        "CBC panel - Blood by Automated count",
        status="final",
        category=[_coded(f"{_TERMS}/v2-0074", "HM", "Hematology")],
        code=_coded(LOINC, "58410-2", "CBC panel - Blood by Automated count"),
        effectiveDateTime=f"{on}T08:03:00+00:00",
        issued=f"{on}T09:12:40.000+00:00",
        performer=[{"reference": "Organization/central-laboratory", "display": "Central laboratory"}],
        result=[{"reference": f"Observation/observation-b{number - step}"} for step in range(1, 5)],
    )


def _specimen(patient: str, number: int, on: date) -> Json:
    return _of_patient(
        "Specimen",
        patient,
        number,
        on,
        "Venous blood specimen",
        status="available",
        type=_coded(SNOMED, "122555007", "Venous blood specimen"),
        receivedTime=f"{on}T08:41:00+00:00",
        collection={"collectedDateTime": f"{on}T08:03:00+00:00"},
    )


def _examination(patient: str, number: int, on: date) -> Json:
    return _of_patient(
        "Procedure",
        patient,
        number,
        on,
        "Electrocardiographic procedure",
        status="completed",
        code=_coded(SNOMED, "29303009", "Electrocardiographic procedure"),
        performedPeriod={"start": f"{on}T10:00:00+00:00", "end": f"{on}T10:15:00+00:00"},
        performer=[{"actor": {"reference": "Practitioner/prac-2", "display": "Family physician"}}],
    )


_LAB, _VITAL = _measurement("laboratory", _LABORATORY), _measurement("exam", _VITAL_SIGNS)
_KINDS = (
    _LAB, _LAB, _VITAL, _LAB, _report, _LAB, _VITAL, _LAB, _drug, _LAB,
    _LAB, _VITAL, _specimen, _LAB, _LAB, _illness, _LAB, _VITAL, _LAB, _examination,
)  # fmt: skip

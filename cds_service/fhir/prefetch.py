"""What the service asks to be sent along, and how each answer is to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from .terminology import Terminology

# ok: complete. none: the client says there is no data. absent: not sent. failed: an error or unreadable.
# partial: more pages or entries exist than came.
Answered = Literal["ok", "none", "absent", "failed", "partial"]

OBSERVATION_CATEGORIES = ("laboratory", "genomics", "imaging", "exam", "procedure", "survey", "therapy")
BY_PATIENT = {
    "conditions": "Condition",
    "procedures": "Procedure",
    "diagnostic-reports": "DiagnosticReport",
    "medication-requests": "MedicationRequest",
    "medication-statements": "MedicationStatement",
    "medication-administrations": "MedicationAdministration",
    "service-requests": "ServiceRequest",
    "specimens": "Specimen",
    "body-structures": "BodyStructure",
}


KEYS = (
    "patient",
    *BY_PATIENT,
    *(f"observations-{c}" for c in OBSERVATION_CATEGORIES),
    "observations-by-code",
)


def templates(
    terminology: Terminology, observation_concepts: Iterable[str], case_facts: str
) -> Mapping[str, str]:
    """Prefetch key -> template, in the subset of search that the specification recommends.

    Observations are asked for by category, since some EHRs refuse a search without category or code, and once
    by the codes of our facts, since some records carry no category. Codes come from the public systems of
    `observation_concepts`; `case_facts` is our own CodeSystem.
    """
    patient = "{{context.patientId}}"
    found = {"patient": f"Patient/{patient}"}
    found |= {key: f"{kind}?patient={patient}" for key, kind in BY_PATIENT.items()}
    found |= {
        f"observations-{category}": f"Observation?patient={patient}&category={category}"
        for category in OBSERVATION_CATEGORIES
    }
    codes = {
        f"{system}|{code}"
        for concept in observation_concepts
        for system, code, _ in terminology.codings.get(concept, ())
        if system in ("http://loinc.org", "http://snomed.info/sct")
    }
    wanted = ",".join([f"{case_facts}|", *sorted(codes)])
    found["observations-by-code"] = f"Observation?patient={patient}&code={wanted}"
    return found

"""What the record of a drug names as its medication."""

from __future__ import annotations

from collections.abc import Iterator

from ...fhir.record import contained_in
from ...fhir.resources import CodeableConcept, Medication, MedicationUse
from .sources import Sources


def medications_of(sources: Sources, use: MedicationUse) -> Iterator[CodeableConcept]:
    """Its own concept, that of the Medication it refers to, and the display of that reference."""
    if use.medication_codeable_concept is not None:
        yield use.medication_codeable_concept
    reference = use.medication_reference
    if reference is not None and reference.reference:
        medication = dict(contained_in(use)).get(reference.reference) or sources.record.find(
            sources.record.pointed(reference), Medication
        )
        if isinstance(medication, Medication) and medication.code is not None:
            yield medication.code
    if reference is not None and reference.display:
        yield CodeableConcept(text=reference.display)

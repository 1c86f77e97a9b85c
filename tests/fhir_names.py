"""Names on the wire that every hand-made record needs: code systems, and the prefetch query of a resource type."""

from __future__ import annotations

from collections.abc import Mapping

ATC = "http://www.whocc.no/atc"
CASE_FACTS = "https://sarcoma-cds.org/fhir/CodeSystem/case-facts"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
HGNC = "http://www.genenames.org"
HGVS = "http://varnomen.hgvs.org"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SCT = "http://snomed.info/sct"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

# Observations have a query for each category
KEYS: Mapping[str, str] = {
    "Patient": "patient",
    "Condition": "conditions",
    "Procedure": "procedures",
    "DiagnosticReport": "diagnostic-reports",
    "MedicationRequest": "medication-requests",
    "MedicationStatement": "medication-statements",
    "MedicationAdministration": "medication-administrations",
    "ServiceRequest": "service-requests",
    "Specimen": "specimens",
    "BodyStructure": "body-structures",
}

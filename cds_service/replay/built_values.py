"""The values of built resources: codes, quantities, extensions, as public code systems and mCODE have them."""

from __future__ import annotations

from typing import Any

from ..case.vocabulary import CASE_FACTS, FactDefinition

Json = dict[str, Any]
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
LOINC = "http://loinc.org"
HGNC = "http://www.genenames.org"
HGVS = "http://varnomen.hgvs.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
AJCC = "http://cancerstaging.org"
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition"
GENERIC_TUMOUR = {"system": SNOMED, "code": "363346000", "display": "Malignant neoplastic disease"}
INTENTS = {
    "neoadjuvant": ("373847000", "Neo-adjuvant - intent"),
    "adjuvant": ("373846009", "Adjuvant - intent"),
    "curative": ("373808002", "Curative - procedure intent"),
    "palliative": ("363676003", "Palliative - procedure intent"),
}
MARGINS = {
    "R0": ("258254000", "Residual tumor stage R0"),
    "R1": ("278271003", "Residual tumor stage R1"),
    "R2": ("278272005", "Residual tumor stage R2"),
}
# what a laboratory reports for a genotype: gene, and where in it or which change
GENES = {"KIT": "HGNC:6342", "PDGFRA": "HGNC:8803", "BRAF": "HGNC:1097"}
REGIONS = {"kit-exon-9": ("KIT", "Exon 9"), "kit-exon-11": ("KIT", "Exon 11")}
CHANGES = {
    "pdgfra-exon-18-insensitive": ("PDGFRA", "NP_006197.1:p.Asp842Val"),
    "braf-v600e": ("BRAF", "NP_004324.2:p.Val600Glu"),
}


def histology(concept: Json) -> Json:
    """The mCODE extension that says the histology of a Condition."""
    return {"url": f"{MCODE}/mcode-histology-morphology-behavior", "valueCodeableConcept": concept}


def intent_of(intent: str) -> Json:
    """The mCODE extension that says what a treatment is for."""
    code, display = INTENTS[intent]
    concept = {"coding": [{"system": SNOMED, "code": code, "display": display}]}
    return {"url": f"{MCODE}/mcode-procedure-intent", "valueCodeableConcept": concept}


def loinc(code: str, display: str) -> Json:
    """A LOINC coding."""
    return {"system": LOINC, "code": code, "display": display}


def amount(value: float, unit: str) -> Json:
    """A Quantity in a UCUM unit."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def dosage(daily_mg: float) -> Json:
    """The dosage instruction for so many milligrams a day."""
    return {
        "text": f"{daily_mg:g} mg by mouth daily",
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": amount(daily_mg, "mg")}],
    }


def own_value(definition: FactDefinition, value: Any) -> Json:
    """A value in our own CodeSystem."""
    match definition.type:
        case "boolean":
            return {"valueBoolean": value}
        case "integer":
            return {"valueInteger": value}
        case "quantity":
            unit = definition.unit or "1"
            return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
        case _:
            return {"valueCodeableConcept": {"coding": [{"system": CASE_FACTS, "code": value}]}}

"""Hand-made FHIR records of one synthetic patient, and CDS Hooks calls about them.

Codes are those of the terminology notes; every resource is as small as a real one may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.fhir_names import (
    ATC,
    CASE_FACTS,
    CLINICAL,
    HGNC,
    HGVS,
    KEYS,
    LOINC,
    RXNORM,
    VERIFICATION,
)
from tests.fhir_names import ICD10CM as ICD_10_CM
from tests.fhir_names import SCT as SNOMED

Json = dict[str, Any]

ADDRESS = "/cds-services/sarcoma-pathway"
PATIENT = "pat-7"
HOOK_INSTANCE = "4a2ae4f5-5f9f-4b6c-9d6c-2a6f7f4d1c11"

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

OBSERVATION_KEYS = tuple(
    f"observations-{name}"
    for name in ("laboratory", "genomics", "imaging", "exam", "procedure", "survey", "therapy", "by-code")
)
ALL_KEYS = (*KEYS.values(), *OBSERVATION_KEYS)


def coded(system: str, code: str, **more: Any) -> Json:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}], **more}


def of_patient(**members: Any) -> Json:
    return {**members, "subject": members.get("subject", {"reference": f"Patient/{PATIENT}"})}


def patient(**members: Any) -> Json:
    return {"resourceType": "Patient", "id": PATIENT, "birthDate": "1961-04-12", **members}


def condition(name: str, code: Json, *, clinical: str | None = "active", verification: str = "confirmed",
              **members: Any) -> Json:  # fmt: skip
    """A confirmed Condition, active unless said otherwise; `clinical` None leaves its status out."""
    if clinical is not None:
        members["clinicalStatus"] = coded(CLINICAL, clinical)
    return of_patient(
        resourceType="Condition",
        id=name,
        verificationStatus=coded(VERIFICATION, verification),
        code=code,
        recordedDate="2026-05-12",
        **members,
    )


def gist(**members: Any) -> Json:
    """A gastric GIST by its ICD-10-CM code."""
    return condition("gist-1", coded(ICD_10_CM, "C49.A2"), **members)


def liver_metastasis(**members: Any) -> Json:
    return condition("mets-1", coded(ICD_10_CM, "C78.7"), **members)


def heart_failure(**members: Any) -> Json:
    return condition("heart-1", coded(ICD_10_CM, "I50.9"), **members)


def observation(name: str, what: Json, category: str = "laboratory", **members: Any) -> Json:
    return {
        **of_patient(
            resourceType="Observation",
            id=name,
            status="final",
            category=[coded(CATEGORY, category)],
            code=what,
            effectiveDateTime="2026-06-01",
        ),
        **members,
    }


def size(value: float, unit: str = "cm", **members: Any) -> Json:
    """The tumour's longest dimension as mCODE has it, in a component."""
    quantity = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    longest = {"code": coded(LOINC, "33728-7"), "valueQuantity": quantity}
    return observation("size-1", coded(LOINC, "21889-1"), **{"component": [longest], **members})


def mitoses(count: float, unit: str = "mitoses/50 HPF", **members: Any) -> Json:
    quantity = {"value": count, "unit": unit}
    return observation("mitoses-1", {"text": "Mitotic rate"}, **{"valueQuantity": quantity, **members})


def variant(gene: str, change: str, **members: Any) -> Json:
    """A reported variant: HGNC id of the gene, change as p.HGVS."""
    ids = {"KIT": "HGNC:6342", "PDGFRA": "HGNC:8803"}
    components = [
        {"code": coded(LOINC, "48018-6"), "valueCodeableConcept": coded(HGNC, ids[gene])},
        {"code": coded(LOINC, "48005-3"), "valueCodeableConcept": coded(HGVS, change)},
    ]
    present = coded(LOINC, "LA9633-4")
    return observation(
        "variant-1",
        coded(LOINC, "69548-6"),
        **{"valueCodeableConcept": present, "component": components, **members},
    )


def d842v(**members: Any) -> Json:
    return variant("PDGFRA", "p.Asp842Val", **members)


def kit_exon_11(**members: Any) -> Json:
    return variant("KIT", "p.Val559Asp", **members)


def margin(code: str = "258254000", **members: Any) -> Json:
    """The margin of the resection; SNOMED 258254000 is R0."""
    value = coded(SNOMED, code)
    return observation(
        "margin-1", coded(LOINC, "84892-9"), **{"valueCodeableConcept": value, "effectiveDateTime": "2026-07-01",
                                                **members}
    )  # fmt: skip


def resection(**members: Any) -> Json:
    return {
        **of_patient(
            resourceType="Procedure",
            id="resection-1",
            status="completed",
            code=coded(SNOMED, "20418004", text="Wedge resection of stomach"),
            performedDateTime="2026-07-01",
            reasonReference=[{"reference": "Condition/gist-1"}],
        ),
        **members,
    }


def stated(fact: str, value: Any, **members: Any) -> Json:
    """A fact stated with the project's own published CodeSystem."""
    told = (
        {"valueBoolean": value}
        if isinstance(value, bool)
        else {"valueCodeableConcept": coded(CASE_FACTS, value)}
    )
    return observation(f"fact-{fact}", coded(CASE_FACTS, fact), "survey", **{**told, **members})


def imatinib_taken(**members: Any) -> Json:
    """A prescription of imatinib that stands in the record."""
    return {
        **of_patient(
            resourceType="MedicationRequest",
            id="taken-1",
            status="active",
            intent="order",
            medicationCodeableConcept=coded(RXNORM, "403879"),
            authoredOn="2026-05-20",
            reasonReference=[{"reference": "Condition/gist-1"}],
        ),
        **members,
    }


def draft(name: str | None = "rx-1", medication: Json | None = None, **members: Any) -> Json:
    """A drafted prescription, of imatinib 400 mg unless said otherwise, for the GIST."""
    drafted = of_patient(
        resourceType="MedicationRequest",
        status="draft",
        intent="order",
        **(medication or {"medicationCodeableConcept": coded(RXNORM, "403879")}),
        reasonReference=[{"reference": "Condition/gist-1"}],
    )
    return {**drafted, **({"id": name} if name else {}), **members}


def avapritinib(name: str = "rx-ava") -> Json:
    return draft(name, {"medicationCodeableConcept": coded(ATC, "L01EX18")})


def paracetamol(name: str = "rx-para") -> Json:
    return draft(
        name, {"medicationCodeableConcept": {"text": "paracetamol 500 mg tablet"}}, reasonReference=[]
    )


def searchset(*resources: Json, **members: Any) -> Json:
    """What a FHIR server answers to a search."""
    entry = [
        {"fullUrl": f"https://ehr.example.org/fhir/{r['resourceType']}/{r.get('id')}", "resource": r}
        for r in resources
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entry), **members}
    return {**bundle, "entry": entry} if entry else bundle


def prefetched(resources: Iterable[Json], **instead: Any) -> Json:
    """Every prefetch key answered from `resources`, each under one key; `instead` replaces keys by name (with
    `_` for `-`), the string "absent" leaves one out."""
    by_key: dict[str, list[Json]] = {key: [] for key in ALL_KEYS[1:]}
    found: Json = {"patient": patient()}
    for resource in resources:
        if resource["resourceType"] == "Patient":
            found["patient"] = resource
        else:
            by_key[key_of(resource)].append(resource)
    found |= {key: searchset(*held) for key, held in by_key.items()}
    for name, value in instead.items():
        key = name.replace("_", "-")
        assert key in ALL_KEYS, key
        found[key] = value
        if value == "absent":
            del found[key]
    return found


def key_of(resource: Json) -> str:
    if resource["resourceType"] != "Observation":
        return KEYS[resource["resourceType"]]
    return f"observations-{resource['category'][0]['coding'][0]['code']}"


def call(
    resources: Iterable[Json],
    drafts: Iterable[Json] | None = None,
    *,
    hook: str = "order-select",
    selections: list[str] | None = None,
    prefetch: Json | None = None,
    **context: Any,
) -> Json:
    """A call: imatinib drafted and selected, unless said otherwise."""
    about: Json = {"userId": "Practitioner/prac-1", "patientId": PATIENT, **context}
    if hook != "patient-view":
        entries = [{"resource": d} for d in ([draft()] if drafts is None else drafts)]
        about["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    if hook == "order-select":
        about["selections"] = ["MedicationRequest/rx-1"] if selections is None else selections
    return {
        "hook": hook,
        "hookInstance": HOOK_INSTANCE,
        "context": about,
        "prefetch": prefetched(resources) if prefetch is None else prefetch,
    }


# -- whole records of the situations that the sources speak of ---------------------------------------


def unresectable_d842v() -> list[Json]:
    return [gist(), size(9.0), d842v(), stated("resectability", "unresectable")]


def resected_high_risk() -> list[Json]:
    """KIT exon 11, stomach, 6 cm, 8 mitoses per 50 HPF, R0: high risk."""
    return [gist(), size(6.0), mitoses(8), kit_exon_11(), resection(), margin()]


def resected_very_low_risk() -> list[Json]:
    """KIT exon 11, stomach, 4 cm, 2 mitoses per 50 HPF, R0: very low risk."""
    return [gist(), size(4.0), mitoses(2), kit_exon_11(), resection(), margin()]


def resected_without_mitoses() -> list[Json]:
    return [gist(), size(6.0), kit_exon_11(), resection(), margin()]


def metastatic_untested() -> list[Json]:
    return [gist(), size(9.0), liver_metastasis()]


def metastatic_kit_exon_11() -> list[Json]:
    return [*metastatic_untested(), kit_exon_11()]

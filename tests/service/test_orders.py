"""Which drafts are judged, however the client names them, and what the drafted drug may look like."""

from __future__ import annotations

from typing import Any

import pytest

from .asking import Ask
from .charts import (
    ATC,
    LOINC,
    RXNORM,
    SNOMED,
    Json,
    avapritinib,
    call,
    coded,
    draft,
    imatinib_taken,
    kit_exon_11,
    metastatic_kit_exon_11,
    observation,
    of_patient,
    paracetamol,
    resected_high_risk,
    searchset,
    unresectable_d842v,
)

ORDER = "MedicationRequest/rx-1"


@pytest.mark.parametrize(
    "selection",
    ["MedicationRequest/rx-1", "rx-1", "https://ehr.example.org/fhir/MedicationRequest/rx-1",
     "https://ehr.example.org/fhir/MedicationRequest/rx-1/_history/3"],
)  # fmt: skip
def test_a_selection_names_its_draft_in_any_spelling(ask: Ask, selection: str) -> None:
    answer = ask(call(unresectable_d842v(), [draft(), paracetamol()], selections=[selection]))
    assert answer.verdicts == {ORDER: "contraindicated"}


def test_a_bare_id_selects_nothing_else(ask: Ask) -> None:
    answer = ask(call(resected_high_risk(), [draft("1"), avapritinib("11")], selections=["11"]))
    assert answer.verdicts == {"MedicationRequest/11": "off-pathway"}


def test_ids_of_two_hundred_characters_survive(ask: Ask) -> None:
    name = "e" + "Xy3-." * 40
    answer = ask(call(unresectable_d842v(), [draft(name)], selections=[f"MedicationRequest/{name}"]))
    assert answer.verdicts == {f"MedicationRequest/{name}": "contraindicated"}
    deletes = [a for s in answer.card["suggestions"] for a in s["actions"] if a["type"] == "delete"]
    assert {a["resourceId"] for a in deletes} == {f"MedicationRequest/{name}"}


def test_nothing_selected_nothing_said(ask: Ask) -> None:
    answer = ask(call(resected_high_risk(), selections=["MedicationRequest/other"]))
    assert answer.verdicts == {}
    assert answer.cards == []


def test_order_sign_judges_every_draft(ask: Ask) -> None:
    answer = ask(call(unresectable_d842v(), [draft(), avapritinib(), paracetamol()], hook="order-sign"))
    assert answer.verdicts == {
        ORDER: "contraindicated",
        "MedicationRequest/rx-ava": "on-pathway",
        "MedicationRequest/rx-para": "out-of-scope",
    }
    assert [c["indicator"] for c in answer.cards] == ["critical", "info"]


def test_a_draft_without_an_id_is_judged_but_not_offered_for_removal(ask: Ask) -> None:
    answer = ask(call(unresectable_d842v(), [draft(None)], hook="order-sign"))
    assert list(answer.verdicts.values()) == ["contraindicated"]
    assert not [a for s in answer.card.get("suggestions", ()) for a in s["actions"] if a["type"] == "delete"]


def test_a_draft_without_an_id_is_never_taken_for_one_that_has_one(ask: Ask) -> None:
    """The name that the service gives to a nameless draft may be the id of another one."""
    drafts = [draft(None), avapritinib("draft-1"), paracetamol("draft-2")]
    answer = ask(call(unresectable_d842v(), drafts, hook="order-sign"))
    orders = [order["order"] for order in answer.assessment["orders"]]
    assert len(set(orders)) == len(orders) == 3


def test_patient_view_gives_one_card(ask: Ask) -> None:
    for record in (unresectable_d842v(), resected_high_risk()):
        answer = ask(call(record, hook="patient-view"))
        assert answer.card["indicator"] == "info"
        assert answer.verdicts == {}


def test_patient_view_of_a_patient_without_gist_gives_no_card(ask: Ask) -> None:
    assert ask(call([], hook="patient-view")).cards == []


def test_an_unselected_contraindicated_draft_is_repeated(ask: Ask) -> None:
    """Newer cards replace older ones (decision 31)."""
    answer = ask(
        call(unresectable_d842v(), [draft(), paracetamol()], selections=["MedicationRequest/rx-para"])
    )
    assert answer.topics == ["contraindicatedimatinib"]
    assert answer.card["indicator"] == "critical"


def test_an_unselected_draft_that_is_only_off_the_pathway_is_not_repeated(ask: Ask) -> None:
    answer = ask(
        call(resected_high_risk(), [avapritinib(), paracetamol()], selections=["MedicationRequest/rx-para"])
    )
    assert answer.cards == []


@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "NutritionOrder", "id": "n-1", "status": "draft", "intent": "order"},
        {"resourceType": "DeviceRequest", "id": "d-1", "status": "draft", "intent": "order",
         "codeCodeableConcept": {"text": "imatinib"}},
        {"resourceType": "VisionPrescription", "id": "v-1"},
        {"id": "no-type"},
        {},
    ],
)  # fmt: skip
def test_other_kinds_of_drafts_are_passed_over(ask: Ask, other: Json) -> None:
    plain = call(unresectable_d842v())
    more = call(unresectable_d842v(), [other, draft()])
    more["context"]["selections"].append(f"{other.get('resourceType')}/{other.get('id')}")
    assert ask(more).stable == ask(plain).stable


def test_a_draft_that_the_record_holds_as_active_is_no_current_therapy(ask: Ask) -> None:
    record = [*metastatic_kit_exon_11(), imatinib_taken(id="rx-1")]
    answer = ask(call(record))
    assert not answer.value("current-therapy")
    other = ask(call([*metastatic_kit_exon_11(), imatinib_taken()]))
    assert other.value("current-therapy") == ["imatinib"]


def contained(concept: Json) -> Json:
    return {
        "contained": [{"resourceType": "Medication", "id": "m", "code": concept}],
        "medicationReference": {"reference": "#m"},
    }


IMATINIB: dict[str, Json] = {
    "RxNorm ingredient": {"medicationCodeableConcept": coded(RXNORM, "282388")},
    "RxNorm product": {"medicationCodeableConcept": coded(RXNORM, "403879")},
    "RxNorm brand": {"medicationCodeableConcept": coded(RXNORM, "404589")},
    "ATC since 2021": {"medicationCodeableConcept": coded(ATC, "L01EA01")},
    "ATC before 2021": {"medicationCodeableConcept": coded(ATC, "L01XE01")},
    "SNOMED CT": {"medicationCodeableConcept": coded(SNOMED, "414460008")},
    "standard coding last": {
        "medicationCodeableConcept": {
            "coding": [
                {
                    "system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.698288",
                    "code": "70217",
                    "userSelected": True,
                },
                {"code": "IMAT"},
                {"system": RXNORM, "code": "403879"},
            ]
        }
    },
    "text": {"medicationCodeableConcept": {"text": "Imatinib 400 mg Filmtabletten"}},
    "brand in text": {"medicationCodeableConcept": {"text": "GLIVEC 400mg tabs"}},
    "display of a local code": {
        "medicationCodeableConcept": {
            "coding": [{"system": "urn:x", "code": "1", "display": "Gleevec 400 mg"}]
        }
    },
    "contained": contained(coded(RXNORM, "403879")),
    "contained, by text": contained({"text": "imatinib mesylate"}),
    "reference with display only": {
        "medicationReference": {"reference": "Medication/unknown", "display": "imatinib 400 MG Oral Tablet"}
    },
    "display without reference": {"medicationReference": {"display": "Gleevec 400 mg tablet"}},
}


@pytest.mark.parametrize("medication", IMATINIB.values(), ids=IMATINIB)
def test_the_drafted_drug_is_known_in_every_spelling(ask: Ask, medication: Json) -> None:
    answer = ask(call(unresectable_d842v(), [draft(medication=medication)]))
    assert answer.verdicts == {ORDER: "contraindicated"}


@pytest.mark.parametrize("reference", ["Medication/m-1", "https://ehr.example.org/fhir/Medication/m-1"])
def test_a_drug_is_found_in_a_medication_of_the_prefetch(ask: Ask, reference: str) -> None:
    medication = {"resourceType": "Medication", "id": "m-1", "code": coded(RXNORM, "403879")}
    sent = call(unresectable_d842v(), [draft(medication={"medicationReference": {"reference": reference}})])
    sent["prefetch"]["medication-requests"] = searchset(medication)
    assert ask(sent).verdicts == {ORDER: "contraindicated"}


@pytest.mark.parametrize("medication", IMATINIB.values(), ids=IMATINIB)
@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationStatement", "MedicationAdministration"])
def test_a_taken_drug_is_known_in_every_spelling(ask: Ask, medication: Json, kind: str) -> None:
    status = "in-progress" if kind == "MedicationAdministration" else "active"
    members: dict[str, Any] = {"resourceType": kind, "id": "taken-1", "status": status, "intent": "order"}
    record = [*metastatic_kit_exon_11(), of_patient(**members, **medication)]
    assert ask(call(record, [paracetamol()])).value("current-therapy") == ["imatinib"]


def test_two_drugs_under_one_name_are_neither(ask: Ask) -> None:
    mixed = {"medicationCodeableConcept": {"coding": [{"system": ATC, "code": "L01EA01"},
                                                      {"system": ATC, "code": "L01EX18"}]}}  # fmt: skip
    answer = ask(call(unresectable_d842v(), [draft(medication=mixed)]))
    assert answer.verdicts == {ORDER: "out-of-scope"}
    assert answer.cards == []


def test_a_draft_that_says_do_not_perform_is_no_order(ask: Ask) -> None:
    answer = ask(call(unresectable_d842v(), [draft(doNotPerform=True)]))
    assert answer.cards == []


def test_a_draft_for_another_patient_is_not_judged(ask: Ask) -> None:
    answer = ask(call(unresectable_d842v(), [draft(subject={"reference": "Patient/someone-else"})]))
    assert answer.cards == []


def test_a_draft_with_a_harmless_fault_is_not_passed_over_in_silence(ask: Ask) -> None:
    """A broken element costs its own facts: the drug is still readable, so is the contraindication; at the
    very least the answer names the order that was not read."""
    answer = ask(call(unresectable_d842v(), [draft(authoredOn=20261102)]))
    named = [unread["resource"] for unread in answer.assessment.get("unread", ())]
    assert answer.verdicts == {ORDER: "contraindicated"} or named == [ORDER]


def test_a_test_already_ordered_is_not_suggested_again(ask: Ask) -> None:
    ordered = of_patient(
        resourceType="ServiceRequest", id="test-1", status="active", intent="order",
        code={"text": "KIT and PDGFRA mutation testing"},
    )  # fmt: skip
    record = [r for r in metastatic_kit_exon_11() if r["id"] != kit_exon_11()["id"]]
    assert ask(call(record)).created == ["KIT and PDGFRA mutation testing"]
    assert ask(call([*record, ordered])).created == []
    assert ask(call([*record, {**ordered, "status": "revoked"}])).created == [
        "KIT and PDGFRA mutation testing"
    ]


def test_the_patient_id_may_come_with_its_type(ask: Ask) -> None:
    plain = call(unresectable_d842v())
    typed = {
        **plain,
        "context": {**plain["context"], "patientId": f"Patient/{plain['context']['patientId']}"},
    }
    assert ask(typed).stable == ask(plain).stable


def test_an_ecog_beside_changes_no_verdict(ask: Ask) -> None:
    ecog = observation("ecog-1", coded(LOINC, "89247-1"), "survey", valueInteger=1)
    answer = ask(call([*unresectable_d842v(), ecog]))
    assert answer.value("performance-status-ecog") == 1
    assert answer.verdicts == {ORDER: "contraindicated"}


def test_the_drafts_of_one_regimen_share_a_card_that_removes_them_together(ask: Ask) -> None:
    """28, 31: dabrafenib with trametinib is one regimen, off the pathway without BRAF V600E."""
    drafts = [
        draft(f"rx-{name}", {"medicationCodeableConcept": {"text": name}})
        for name in ("dabrafenib", "trametinib")
    ]
    answer = ask(call(metastatic_kit_exon_11(), drafts, hook="order-sign"))

    assert answer.verdicts == dict.fromkeys(
        ["MedicationRequest/rx-dabrafenib", "MedicationRequest/rx-trametinib"], "off-pathway"
    )
    removal = answer.card["suggestions"][-1]
    assert {a["resourceId"] for a in removal["actions"]} == set(answer.verdicts)
    for suggestion in answer.card["suggestions"]:
        removed = {a["resourceId"] for a in suggestion["actions"] if a["type"] == "delete"}
        assert removed == set(answer.verdicts)


def test_the_same_drug_drafted_twice_is_warned_of_once(ask: Ask) -> None:
    answer = ask(call(unresectable_d842v(), [draft("rx-1"), draft("rx-2")], hook="order-sign"))

    assert set(answer.verdicts.values()) == {"contraindicated"}
    assert {a["resourceId"] for a in answer.card["suggestions"][-1]["actions"]} == set(answer.verdicts)

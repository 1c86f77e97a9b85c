"""What is no evidence: records in error, refuted, preliminary, cancelled, not done, of somebody else.

A fact is never made out of such a record (promise 1). Each case stands beside the same record in good order,
which is evidence, so that a test cannot pass because the record is never read at all.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .asking import Ask
from .charts import (
    CASE_FACTS,
    HGNC,
    HGVS,
    LOINC,
    VERIFICATION,
    Json,
    call,
    coded,
    condition,
    d842v,
    gist,
    heart_failure,
    imatinib_taken,
    liver_metastasis,
    margin,
    metastatic_kit_exon_11,
    mitoses,
    paracetamol,
    patient,
    resected_high_risk,
    resection,
    searchset,
    size,
    stated,
)

SOMEBODY_ELSE = {
    "another patient": {"reference": "Patient/pat-8"},
    "another patient by url": {"reference": "https://ehr.example.org/fhir/Patient/pat-77"},
    "a relative": {"reference": "RelatedPerson/mother"},
    "a group": {"reference": "Group/pat-7"},
    "a name that only ends alike": {"reference": "Patient/not-pat-7"},
}
OBSERVATION_STATUS = [
    "registered",
    "preliminary",
    "cancelled",
    "entered-in-error",
    "unknown",
    "Final ",
    "",
    None,
]
MAKE: dict[str, tuple[Callable[..., Json], str]] = {
    "size": (lambda **m: size(6.0, **m), "tumour-size-cm"),
    "mitoses": (lambda **m: mitoses(8, **m), "mitoses-per-50-hpf"),
    "genotype": (d842v, "genotype"),
    "margin": (margin, "residual-tumour"),
    "stated": (lambda **m: stated("resectability", "unresectable", **m), "resectability"),
}
every_observation = pytest.mark.parametrize(("make", "fact"), MAKE.values(), ids=MAKE)


@every_observation
@pytest.mark.parametrize("status", OBSERVATION_STATUS)
def test_an_observation_that_is_not_final_is_no_evidence(
    ask: Ask, make: Callable[..., Json], fact: str, status: str | None
) -> None:
    record = make(status=status)
    if status is None:
        del record["status"]
    assert ask(call([gist(), record])).value(fact) is None


@every_observation
@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_final_observation_is_evidence(ask: Ask, make: Callable[..., Json], fact: str, status: str) -> None:
    answer = ask(call([gist(), make(status=status)]))
    assert answer.value(fact) is not None
    assert answer.fact(fact)["evidence"] == [f"Observation/{make()['id']}"]


@every_observation
@pytest.mark.parametrize("subject", SOMEBODY_ELSE.values(), ids=SOMEBODY_ELSE)
def test_an_observation_of_somebody_else_is_no_evidence(
    ask: Ask, make: Callable[..., Json], fact: str, subject: Json
) -> None:
    assert ask(call([gist(), make(subject=subject)])).value(fact) is None


@every_observation
@pytest.mark.parametrize("focus", SOMEBODY_ELSE.values(), ids=SOMEBODY_ELSE)
def test_an_observation_whose_focus_is_somebody_else_is_no_evidence(
    ask: Ask, make: Callable[..., Json], fact: str, focus: Json
) -> None:
    """FHIR files what was found in a mother or a donor under the patient, with `focus` on the other one."""
    assert ask(call([gist(), make(focus=[focus])])).value(fact) is None


@every_observation
def test_an_observation_about_another_tumour_is_no_evidence(
    ask: Ask, make: Callable[..., Json], fact: str
) -> None:
    other = condition("other-1", {"text": "Lipoma of back"})
    focus = [{"reference": "Condition/other-1"}]
    assert ask(call([gist(), other, make(focus=focus)])).value(fact) is None
    assert ask(call([gist(), make(focus=[{"reference": "Condition/gist-1"}])])).value(fact) is not None


@every_observation
def test_a_record_of_the_patient_by_absolute_url_is_evidence(
    ask: Ask, make: Callable[..., Json], fact: str
) -> None:
    subject = {"reference": "https://ehr.example.org/fhir/Patient/pat-7"}
    assert ask(call([gist(), make(subject=subject)])).value(fact) is not None


CONDITIONS: dict[str, tuple[Callable[..., Json], str]] = {
    "diagnosis": (gist, "disease"),
    "metastasis": (liver_metastasis, "metastatic-sites"),
    "heart failure": (heart_failure, "heart-failure"),
}
DOUBT = ["refuted", "entered-in-error", "unconfirmed", "provisional", "differential"]


@pytest.mark.parametrize(("make", "fact"), CONDITIONS.values(), ids=CONDITIONS)
@pytest.mark.parametrize("how", [*DOUBT, "REFUTED in text", *SOMEBODY_ELSE])
def test_a_condition_in_doubt_or_of_somebody_else_is_no_evidence(
    ask: Ask, make: Callable[..., Json], fact: str, how: str
) -> None:
    if how in SOMEBODY_ELSE:
        unsure = make(subject=SOMEBODY_ELSE[how])
    elif how in DOUBT:
        unsure = {**make(), "verificationStatus": coded(VERIFICATION, how)}
    else:
        unsure = {**make(), "verificationStatus": {"text": "Refuted"}}
    beside = [] if fact == "disease" else [gist()]
    answer, sure = ask(call([*beside, unsure])), ask(call([*beside, make()]))
    reference = f"Condition/{unsure['id']}"
    assert not [f for f in answer.assessment["facts"] if reference in f.get("evidence", ())]
    assert [f for f in sure.assessment["facts"] if reference in f.get("evidence", ())]
    if fact == "disease":
        assert answer.assessment["disease"] == "none"
        assert answer.cards == []


@pytest.mark.parametrize(
    "text",
    [
        "Family history of gastrointestinal stromal tumor",
        "FH: GIST (mother)",
        "Family history of GIST",
        "Mother had GIST",
        "No evidence of GIST",
        "GIST ruled out",
        "Suspected GIST",
        "Rule out GIST",
        "Screening for GIST",
        "At risk of gastrointestinal stromal tumour",
    ],
)
def test_a_text_that_does_not_say_that_the_patient_has_a_gist_is_no_diagnosis(ask: Ask, text: str) -> None:
    answer = ask(call([condition("c-1", {"text": text})]))
    assert answer.assessment["disease"] == "none"
    assert answer.cards == []


def test_a_text_that_says_that_the_patient_has_a_gist_is_a_diagnosis(ask: Ask) -> None:
    answer = ask(call([condition("c-1", {"text": "Gastrointestinal stromal tumour of stomach"})]))
    assert answer.assessment["disease"] == "gist"


def test_a_family_member_history_is_no_diagnosis(ask: Ask) -> None:
    sent = call([])
    history = {
        "resourceType": "FamilyMemberHistory", "id": "f-1", "status": "completed",
        "patient": {"reference": "Patient/pat-7"}, "relationship": {"text": "mother"},
        "condition": [{"code": {"text": "GIST"}}],
    }  # fmt: skip
    sent["prefetch"]["conditions"] = searchset(history)
    assert ask(sent).assessment["disease"] == "none"


@pytest.mark.parametrize(
    "members",
    [
        *({"status": s} for s in ("preparation", "in-progress", "not-done", "on-hold", "stopped",
                                  "entered-in-error", "unknown", "")),
        *({"subject": s} for s in SOMEBODY_ELSE.values()),
        {"reasonReference": [{"reference": "Condition/other-1"}]},
        {"code": {"text": "Biopsy of stomach"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_procedure_that_was_not_done_on_this_tumour_is_no_resection(ask: Ask, members: Json) -> None:
    other = condition("other-1", {"text": "Gastric ulcer"})
    assert ask(call([gist(), other, resection()])).value("tumour-resected") is True
    assert ask(call([gist(), other, resection(**members)])).value("tumour-resected") is False


@pytest.mark.parametrize(
    "members",
    [
        *({"status": s} for s in ("cancelled", "entered-in-error", "draft", "unknown", "")),
        *({"intent": i} for i in ("proposal", "plan", "option", "")),
        {"doNotPerform": True},
        *({"subject": s} for s in SOMEBODY_ELSE.values()),
        {"reasonReference": [{"reference": "Condition/other-1"}]},
    ],
    ids=str,
)
def test_a_prescription_that_was_not_given_for_this_tumour_is_no_therapy(ask: Ask, members: Json) -> None:
    record = [*metastatic_kit_exon_11(), condition("other-1", {"text": "Asthma"})]
    assert ask(call([*record, imatinib_taken()], [paracetamol()])).value("current-therapy") == ["imatinib"]
    answer = ask(call([*record, imatinib_taken(**members)], [paracetamol()]))
    for fact in ("current-therapy", "prior-therapies"):
        assert not answer.value(fact)
        assert "evidence" not in answer.fact(fact)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *(("MedicationStatement", s) for s in ("intended", "not-taken", "entered-in-error", "unknown")),
        *(("MedicationAdministration", s) for s in ("not-done", "entered-in-error", "unknown")),
    ],
)
def test_a_drug_that_was_not_taken_is_no_therapy(ask: Ask, kind: str, status: str) -> None:
    good = {"MedicationStatement": "completed", "MedicationAdministration": "completed"}[kind]

    def taken(status: str) -> Json:
        return {**imatinib_taken(), "resourceType": kind, "status": status}

    record = metastatic_kit_exon_11()
    assert ask(call([*record, taken(good)], [paracetamol()])).value("prior-therapies") == ["imatinib"]
    answer = ask(call([*record, taken(status)], [paracetamol()]))
    assert not answer.value("prior-therapies")
    assert not answer.value("current-therapy")


def test_another_patients_birthday_is_not_this_patients(ask: Ask) -> None:
    """The whole record of a child under the key `patient` says nothing of the patient of the call."""
    child = patient(id="pat-8", birthDate="2020-01-01")
    answer = ask(call([*resected_high_risk(), child]))
    assert not answer.fact("age-years").get("value")
    assert answer.verdicts == {"MedicationRequest/rx-1": "on-pathway"}


@pytest.mark.parametrize(
    "members",
    [
        {"valueCodeableConcept": coded(LOINC, "LA9634-2")},
        {"valueCodeableConcept": coded("urn:x", "?")},
        {"valueCodeableConcept": {"text": "Not interpretable"}},
        {"valueCodeableConcept": None, "dataAbsentReason": {"text": "failed"}},
        {"component": []},
        {"code": coded(LOINC, "40552-2")},
        {"code": coded("urn:x", "69548-6")},
        {"component": [{"code": coded(LOINC, "48018-6"), "valueCodeableConcept": coded(HGNC, "HGNC:8804")},
                       {"code": coded(LOINC, "48005-3"), "valueCodeableConcept": coded(HGVS, "p.Asp842Val")}]},
        {"component": [{"code": coded(LOINC, "48018-6"), "valueCodeableConcept": coded(HGNC, "HGNC:6342")},
                       {"code": coded(LOINC, "48005-3"), "valueCodeableConcept": coded(HGVS, "p.Asp842Val")}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_result_that_does_not_report_d842v_in_pdgfra_is_not_d842v(ask: Ask, members: Json) -> None:
    answer = ask(call([gist(), d842v(**members), stated("resectability", "unresectable")]))
    assert "pdgfra-exon-18-insensitive" not in (answer.value("genotype") or [])
    assert answer.verdicts["MedicationRequest/rx-1"] != "contraindicated"


def test_a_case_fact_of_another_system_is_not_ours(ask: Ask) -> None:
    foreign = stated("resectability", "unresectable", code=coded("urn:x:case-facts", "resectability"))
    assert ask(call([gist(), foreign])).value("resectability") is None
    versioned = stated("resectability", "unresectable", code=coded(f"{CASE_FACTS}|1.0", "resectability"))
    assert ask(call([gist(), versioned])).value("resectability") == "unresectable"

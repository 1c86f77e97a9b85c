"""Records that must not become evidence: each test is a way in which the service could say a wrong yes."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    COLON,
    HGNC,
    ICD10CM,
    LOINC,
    SCT,
    TUMOUR,
    Json,
    case_of,
    component,
    concept,
    condition,
    fact_of,
    gene,
    gist,
    histology,
    margin,
    mitoses,
    observation,
    point,
    possible,
    present,
    procedure,
    protein,
    quantity,
    refer,
    region,
    request,
    resection,
    stated,
    statement,
    variant,
)

OTHER = {"reference": "Patient/p2"}


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


# --- the diagnosis -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "No evidence of GIST",
        "GIST excluded",
        "GIST ruled out",
        "Suspected GIST",
        "Possible GIST",
        "Rule out GIST",
        "Not a GIST",
        "r/o GIST",
        "GIST?",
        "? GIST",
        "Query GIST",
        "Probable GIST",
        "Suspicious for GIST",
        "Suspicion of GIST",
        "GIST unlikely",
        "Differential diagnosis: GIST or leiomyoma",
        "GIST vs leiomyoma",
        "Family history of GIST",
        "FH: GIST",
        "Mother had a GIST",
        "Screening for GIST",
        "Risk of GIST",
        "Fear of GIST",
    ],
)
def test_a_gist_that_a_text_does_not_affirm_is_none(text: str) -> None:
    assert possible(fact_of("disease", condition("c", concept(text=text)))) == {"none"}


@pytest.mark.parametrize(
    "code",
    [
        concept("urn:local", "fh7", display="Family history of gastrointestinal stromal tumor"),
        concept(ICD10CM, "Z80.0", text="Family history of GIST"),
        concept(ICD10CM, "Z12.0", text="Screening for GIST of stomach"),
    ],
    ids=["local", "z80", "z12"],
)
def test_the_display_of_an_unlisted_code_about_something_else_is_no_gist(code: Json) -> None:
    """Words are the last resort, but a code that we do not list may be one of family history."""
    assert possible(fact_of("disease", condition("c", code))) == {"none"}


@pytest.mark.parametrize(
    "status", ["refuted", "entered-in-error", "unconfirmed", "provisional", "differential"]
)
def test_a_doubted_condition_is_no_gist(status: str) -> None:
    assert possible(fact_of("disease", gist(verificationStatus=concept("urn:v", status)))) == {"none"}


def test_a_gist_of_another_patient_is_none() -> None:
    assert possible(fact_of("disease", gist(subject=OTHER))) == {"none"}


@pytest.mark.parametrize("code", ["8935/3", "8930/3", "8890/0", "89360/3"])
def test_a_neighbouring_morphology_is_no_gist(code: str) -> None:
    other = condition("c", concept(SCT, "363346000"), extension=histology(code))
    assert possible(fact_of("disease", other)) != {"gist"}


@pytest.mark.parametrize(("system", "code"), [("urn:local", "C49.A2"), (SCT, "C49.A2"), (LOINC, "420120006")])
def test_a_gist_code_in_another_system_is_nothing(system: str, code: str) -> None:
    assert possible(fact_of("disease", gist(code, system))) == {"none"}


# --- variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"valueString": "Not detected"},
        {"valueString": "PDGFRA mutation not detected"},
        {"valueString": "Negative"},
        {"valueString": "No mutation"},
        {"valueBoolean": False},
        {"valueCodeableConcept": concept(text="Not detected")},
        {"valueCodeableConcept": concept(SCT, "260415000")},
        {"dataAbsentReason": concept("urn:d", "not-performed")},
        {"interpretation": [concept("urn:i", "NEG")]},
        {"valueCodeableConcept": concept(text="No call")},
    ],
    ids=["string", "string-named", "negative", "no", "false", "text", "coded", "not-done", "neg", "no-call"],
)
def test_a_variant_that_was_looked_for_and_not_found_is_no_mutation(said: Json) -> None:
    """The change is named because it was tested, not because it is there."""
    assert genotype(variant("v", gene("PDGFRA"), protein("p.Asp842Val"), value=None, **said)) == set()


@pytest.mark.parametrize("found", ["No mutation detected", "p.(=)", "wild type", "Not detected"])
@pytest.mark.parametrize("value", [None, concept(LOINC, "LA9633-4")], ids=["no-value", "present"])
def test_an_exon_without_a_change_is_no_mutation(found: str, value: Json | None) -> None:
    """The exon says where was looked; the change says that there is none."""
    where = region("Exon 11")
    result = component("48005-3", valueString=found)
    assert genotype(variant("v", gene("KIT"), where, result, value=value)) == set()


@pytest.mark.parametrize("found", ["D842V not detected", "p.Asp842Val not detected", "negative for D842V"])
def test_a_change_denied_in_its_own_component_is_no_mutation(found: str) -> None:
    denied = component("48005-3", valueString=found)
    assert genotype(variant("v", gene("PDGFRA"), denied, value=None)) == set()


def test_a_component_without_data_is_no_mutation() -> None:
    unread = component("48005-3", dataAbsentReason=concept("urn:d", "error"))
    assert genotype(variant("v", gene("KIT"), unread, value=None)) == set()


@pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error", "unknown"])
def test_a_variant_that_is_not_final_is_no_mutation(status: str) -> None:
    assert genotype(variant("v", gene("BRAF"), protein("p.Val600Glu"), status=status)) == set()


@pytest.mark.parametrize(
    "whose",
    [
        {"subject": OTHER},
        {"subject": {"reference": "Group/family"}},
        {"focus": refer("Patient/p2")},
        {"focus": refer("RelatedPerson/mother")},
        {"focus": refer("FamilyMemberHistory/mother")},
    ],
    ids=["subject", "group", "focus-patient", "focus-relative", "focus-history"],
)
def test_a_variant_of_somebody_else_is_no_mutation(whose: Json) -> None:
    """`focus` is whom an Observation is about when that is not the subject."""
    assert genotype(variant("v", gene("BRAF"), protein("p.Val600Glu"), **whose)) == set()


def test_a_modifier_that_is_not_understood_is_not_passed_over() -> None:
    """FHIR: a modifierExtension may negate the resource; one who does not know it must not use it."""
    turned = variant("v", gene("BRAF"), protein("p.Val600Glu"))
    turned["modifierExtension"] = [{"url": "http://example.org/negated", "valueBoolean": True}]
    assert genotype(turned) == set()


def test_a_condition_with_a_modifier_that_is_not_understood_is_no_gist() -> None:
    turned = gist(modifierExtension=[{"url": "http://example.org/negated", "valueBoolean": True}])
    assert possible(fact_of("disease", turned)) == {"none"}


def test_a_swapped_gene_id_is_flagged_not_dropped() -> None:
    swapped = component("48018-6", valueCodeableConcept=concept(HGNC, "HGNC:6342", display="PDGFRA"))
    fact = fact_of("genotype", gist(), variant("v", swapped, protein("p.Val559Asp")))
    assert fact.why == "uncodable"


# --- therapy for something else ------------------------------------------------------------------


@pytest.mark.parametrize(
    "why",
    [
        {"reasonReference": refer("Condition/cml")},
        {"reasonCode": [concept(ICD10CM, "C92.10", text="Chronic myeloid leukaemia")]},
        {"reasonCode": [concept(text="CML")]},
        {"reasonReference": refer("#c"), "contained": [condition("c", concept(ICD10CM, "C92.10"))]},
        {"reasonReference": [{"display": "Chronic myeloid leukaemia"}]},
    ],
    ids=["reference", "code", "text", "contained", "display"],
)
def test_imatinib_for_leukaemia_is_no_therapy_of_the_gist(why: Json) -> None:
    cml = condition("cml", concept(ICD10CM, "C92.10"))
    fact = fact_of("current-therapy", gist(), cml, request("im", "imatinib", "2025-01-01", **why))
    assert present(fact) == set()


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("MedicationRequest", "cancelled"),
        ("MedicationRequest", "entered-in-error"),
        ("MedicationRequest", "draft"),
        ("MedicationStatement", "not-taken"),
        ("MedicationStatement", "intended"),
        ("MedicationStatement", "entered-in-error"),
    ],
)
def test_a_drug_that_was_not_taken_is_no_therapy(kind: str, status: str) -> None:
    make = request if kind == "MedicationRequest" else statement
    case = case_of(gist(), make("im", "imatinib", "2025-01-01", status))
    assert present(case.facts["prior-therapies"]) == set()
    assert present(case.facts["current-therapy"]) == set()


def test_an_order_not_to_give_is_no_therapy() -> None:
    never = request("im", "imatinib", "2025-01-01", doNotPerform=True)
    assert present(fact_of("current-therapy", gist(), never)) == set()


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_proposed_drug_is_no_therapy(intent: str) -> None:
    proposed = request("im", "imatinib", "2025-01-01", intent=intent)
    assert present(fact_of("current-therapy", gist(), proposed)) == set()


def test_a_drug_not_administered_is_no_therapy() -> None:
    missed = {
        **statement("im", "imatinib", "2025-01-01", "not-done"),
        "resourceType": "MedicationAdministration",
    }
    assert present(fact_of("prior-therapies", gist(), missed)) == set()


# --- surgery -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        concept(text="Laparotomy, resection not possible"),
        concept(text="Exploratory laparotomy without resection"),
        concept(text="Consultation on resection"),
        concept(text="Planning of gastrectomy"),
        concept(text="Excision biopsy"),
        concept(SCT, "8889005", display="Excisional biopsy"),
    ],
    ids=["not-possible", "without", "consultation", "planning", "t-biopsy", "biopsy"],
)
def test_what_is_no_resection_does_not_remove_the_tumour(code: Json) -> None:
    done = procedure("op", code, "2025-03-01", reasonReference=refer(TUMOUR))
    assert possible(fact_of("tumour-resected", gist(), done)) == {False}


@pytest.mark.parametrize("status", ["not-done", "preparation", "in-progress", "stopped", "entered-in-error"])
def test_an_operation_that_was_not_completed_removes_nothing(status: str) -> None:
    assert possible(fact_of("tumour-resected", gist(), resection("2025-03-01", status=status))) == {False}


@pytest.mark.parametrize(
    "why",
    [
        {"reasonReference": refer("Condition/colon")},
        {"reasonCode": [concept(ICD10CM, "K57.30", text="Diverticulitis")]},
        {"reasonCode": [concept(text="Peptic ulcer bleeding")]},
    ],
    ids=["reference", "code", "text"],
)
def test_an_operation_for_something_else_does_not_remove_the_tumour(why: Json) -> None:
    done = procedure("op", concept(SCT, "53442002"), "2025-03-01", **why)
    assert possible(fact_of("tumour-resected", gist(), COLON, done)) == {False}


def test_an_operation_on_another_organ_does_not_remove_the_tumour() -> None:
    """A small bowel resection without a reason is not the removal of a gastric tumour."""
    done = procedure("op", concept(SCT, "107938000"), "2025-03-01")
    assert possible(fact_of("tumour-resected", gist("C49.A2"), done)) != {True}


def test_an_operation_years_before_the_diagnosis_does_not_remove_the_tumour() -> None:
    done = procedure("op", concept(SCT, "49209004"), "1998-03-01")
    assert possible(fact_of("tumour-resected", gist(recordedDate="2025-02-01"), done)) != {True}


@pytest.mark.parametrize("text", ["R0 not achieved", "not R0", "R0 resection not possible", "R0 unlikely"])
def test_a_margin_denied_in_words_is_no_r0(text: str) -> None:
    said = observation("m", concept(LOINC, "84892-9"), valueString=text)
    case = case_of(gist(), said)
    assert possible(case.facts["residual-tumour"]) != {"R0"}
    assert possible(case.facts["tumour-resected"]) != {True}


def test_rx_is_no_margin() -> None:
    assert possible(fact_of("residual-tumour", gist(), margin("RX"))) == {"R0", "R1", "R2"}


@pytest.mark.parametrize(
    "name", ["No tumour rupture", "No evidence of tumor rupture", "Absence of tumour rupture"]
)
def test_a_rupture_denied_by_the_name_of_the_question_is_none(name: str) -> None:
    said = observation("r", concept(text=name), valueBoolean=True)
    assert possible(fact_of("tumour-rupture", gist(), said)) != {True}


@pytest.mark.parametrize("value", ["No", "none", "not ruptured", "intact"])
def test_a_rupture_denied_in_words_is_none(value: str) -> None:
    said = observation("r", concept(text="Tumour rupture"), valueString=value)
    assert True not in possible(fact_of("tumour-rupture", gist(), said)) or possible(
        fact_of("tumour-rupture", gist(), said)
    ) == {True, False}


# --- values against which something is said ------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("tumour-rupture", stated("tumour-rupture", valueBoolean=True)),
        ("tumour-resected", stated("tumour-resected", valueBoolean=True)),
        ("genotype", stated("genotype", value="kit-exon-11")),
        ("resectability", stated("resectability", value="unresectable")),
    ],
)
@pytest.mark.parametrize(
    "against",
    [
        {"status": "entered-in-error"},
        {"status": "preliminary"},
        {"subject": OTHER},
        {"focus": refer("Condition/colon")},
        {"dataAbsentReason": concept("urn:d", "error")},
    ],
    ids=["in-error", "preliminary", "other-patient", "other-tumour", "data-absent"],
)
def test_a_stated_fact_with_something_against_it_is_none(name: str, found: Json, against: Json) -> None:
    fact = fact_of(name, gist(), COLON, {**found, **against})
    assert fact == fact_of(name, gist(), COLON) or fact.why is not None


# --- look-alikes of mitoses ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        concept(LOINC, "44695-5", display="Mitotic index skin melanoma"),
        concept(text="Ki-67 proliferation index"),
        concept(text="Ki-67 mitotic index"),
        concept(text="MIB-1 labelling index, mitoses"),
        concept(text="Nottingham mitotic rate"),
        concept(text="Breast mitotic count"),
        concept(text="Melanoma mitotic rate"),
        concept(text="Mitotic rate score"),
        concept(text="Mitotic count score (Nottingham)"),
    ],
    ids=lambda code: code.get("text", "loinc"),
)
def test_look_alikes_are_no_mitotic_count(code: Json) -> None:
    said = mitoses(code=code, valueQuantity=quantity(8, "/50 HPF"))
    assert point(fact_of("mitoses-per-50-hpf", gist(), said)) is None


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ("369784001", "Less than 10 mitoses per 10 high power fields (score = 1)"),
        ("369785000", "10-20 mitoses per 10 high power fields (score = 2)"),
        ("369786004", "Greater than 20 mitoses per 10 high power fields (score = 3)"),
    ],
)
def test_a_breast_score_is_no_mitotic_count(code: str, display: str) -> None:
    said = mitoses(valueCodeableConcept=concept(SCT, code, display=display))
    assert fact_of("mitoses-per-50-hpf", gist(), said).why == "uncodable"


# --- metastases ----------------------------------------------------------------------------------


def test_a_metastasis_of_another_primary_is_not_of_the_gist() -> None:
    """The core extension condition-related names the primary."""
    of_colon = condition(
        "met",
        concept(ICD10CM, "C78.7"),
        extension=[
            {
                "url": "http://hl7.org/fhir/StructureDefinition/condition-related",
                "valueReference": {"reference": "Condition/colon"},
            }
        ],
    )
    case = case_of(gist(), COLON, of_colon)
    assert possible(case.facts["m-category"]) != {"M1"}
    assert present(case.facts["metastatic-sites"]) == set()


@pytest.mark.parametrize("status", ["refuted", "unconfirmed", "entered-in-error"])
def test_a_doubted_metastasis_is_none(status: str) -> None:
    met = condition("met", concept(ICD10CM, "C78.7"), verificationStatus=concept("urn:v", status))
    assert possible(fact_of("m-category", gist(), met)) == {"M0"}

"""Whether a record says soft-tissue sarcoma."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    HISTOLOGY,
    ICD10CM,
    ICD10GM,
    ICDO,
    SARCOMA,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    gist,
    histology,
    possible,
    sarcoma,
)

from .sarcoma_codes import NCIT, ONCOTREE

GENERIC = concept(SCT, "363346000")
WHO_ICD10 = "http://hl7.org/fhir/sid/icd-10"


@pytest.mark.parametrize(
    "code",
    [
        concept(ICD10CM, "C49.21"),
        concept(ICD10CM, "C4921"),
        concept(ICD10CM, "C49.2"),
        concept(ICD10CM, "C49"),
        concept(ICD10CM, "C49.4"),
        concept("urn:oid:2.16.840.1.113883.6.90", "C49.11"),
        concept(WHO_ICD10, "C49.2"),
        concept(ICD10GM, "C49.1"),
        concept(ICD10CM, "C48.0"),
        concept(ICD10CM, "C22.4"),
        concept(SCT, "424952003"),
        concept(SCT, "254829001"),
        concept(SCT, "302851001"),
        concept(SCT, "443439001"),
        concept(ONCOTREE, "LMS"),
        concept(NCIT, "C3704"),
        concept(ICDO, "8890/3"),
        concept(text="Soft tissue sarcoma of the left thigh"),
        concept(text="Dedifferentiated liposarcoma"),
        concept(
            "urn:local", "78", text="Malignant neoplasm of connective and soft tissue of left lower limb"
        ),
        concept(text="MPNST arising in a neurofibroma"),
        concept("urn:local", "77", text="Undifferentiated pleomorphic sarcoma, right thigh"),
        {"coding": [{"system": "urn:local", "code": "1"}, {"system": ICD10CM, "code": "C49.22"}]},
    ],
)
def test_a_sarcoma_by_its_code(code: Json) -> None:
    assert possible(fact_of("disease", sarcoma(code))) == {"sts"}


@pytest.mark.parametrize(
    "code",
    ["269469005", "188001003", "404069006", "404072004", "448139005", "723076008", "404037002", "782827000",
     "722515001", "404079008", "447951009"],
)  # fmt: skip
def test_a_sarcoma_by_a_licensed_snomed_disorder(code: str) -> None:
    assert possible(fact_of("disease", sarcoma(code, SCT), affiliate=True)) == {"sts"}


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICDO, "8858/3"),
        (ICDO, "8858"),
        (ICDO, "9040/3"),
        (ICDO, "8800/3"),
        (SCT, "1162815008"),  # liposarcoma, the newer concept
        (SCT, "49430005"),  # and the older one
        (SCT, "1163022006"),
        (SCT, "51549004"),
        (SCT, "863926008"),
        (SCT, "39000009"),
        (SCT, "1187396000"),
        (SCT, "2424003"),
    ],
)
@pytest.mark.parametrize("generic", [GENERIC, concept(ICD10CM, "C80.1"), concept(ICD10GM, "C48.1")])
def test_a_generic_code_with_the_morphology_of_a_sarcoma(generic: Json, system: str, code: str) -> None:
    said = sarcoma(generic, extension=histology(code, system))
    assert possible(fact_of("disease", said, affiliate=True)) == {"sts"}


def test_the_text_of_the_morphology_counts_where_it_has_no_code() -> None:
    words = [{"url": HISTOLOGY, "valueCodeableConcept": {"text": "Myxofibrosarcoma, high grade"}}]
    assert possible(fact_of("disease", sarcoma(GENERIC, extension=words))) == {"sts"}


@pytest.mark.parametrize(
    "code",
    [
        GENERIC,
        concept(SCT, "55342001"),
        concept(ICD10CM, "C50.911", text="Malignant neoplasm of breast"),
        concept(ICD10CM, "D48.19"),  # uncertain behaviour
        concept(ICD10CM, "D17.24", text="Lipoma of left thigh"),
        concept(ICD10CM, "Z85.831", text="Personal history of soft tissue sarcoma"),
        concept(text="History of soft tissue sarcoma"),
        concept(text="Family history of liposarcoma"),
        concept(text="Rule out liposarcoma"),
        concept(text="No evidence of sarcoma"),
        concept(text="Lipoma"),
        concept(ICD10CM, "C48.0", text="Benign schwannoma of retroperitoneum"),
        concept(text="Uterine leiomyoma"),
        concept(text="Carcinosarcoma of uterus"),
        concept(text="Sarcomatoid carcinoma of lung"),
        concept(ICD10CM, "I89.0", text="Lymphoedema after resection of liposarcoma"),
    ],
)
def test_what_is_no_sarcoma(code: Json) -> None:
    assert possible(fact_of("disease", sarcoma(code))) == {"none"}


@pytest.mark.parametrize(
    "code",
    [
        concept(ICD10CM, "D48.114"),
        concept(ICD10CM, "C46.1"),
        concept(SCT, "109385007"),
        concept(ICD10CM, "C40.21", text="Osteosarcoma of femur"),
        concept(text="Osteosarcoma"),
        concept(text="Chondrosarcoma of pelvis"),
        concept(text="Desmoid tumour"),
        concept(text="Kaposi sarcoma"),
        concept(ICDO, "8821/1"),
    ],
)
def test_desmoid_kaposi_and_bone_sarcoma_are_none(code: Json) -> None:
    assert possible(fact_of("disease", sarcoma(code))) == {"none"}


@pytest.mark.parametrize(
    "members",
    [
        {"bodySite": [concept(ICDO, "C40.2")], "extension": histology("9260/3")},
        {"bodySite": [concept(text="Femur, bone")], "extension": histology("8890/3")},
        {"extension": histology("9140/3")},
        {"extension": histology("8821/1")},
        {"extension": histology("8890/0")},
        {"extension": histology("8850/0")},
    ],
)
def test_a_morphology_or_topography_that_speaks_against_it(members: Json) -> None:
    assert possible(fact_of("disease", sarcoma(GENERIC, **members))) == {"none"}


def test_ewing_sarcoma_of_soft_tissue_is_one_and_of_bone_is_none() -> None:
    said = histology("9260/3")
    assert possible(fact_of("disease", sarcoma("C49.21", extension=said))) == {"sts"}
    assert possible(fact_of("disease", sarcoma("C40.21", extension=said))) == {"none"}


def test_an_extraskeletal_chondrosarcoma_is_one() -> None:
    said = sarcoma(concept(text="Extraskeletal myxoid chondrosarcoma of thigh"))
    assert possible(fact_of("disease", said)) == {"sts"}


@pytest.mark.parametrize(
    "code",
    [
        concept(SCT, "424413001"),  # Sarcoma: of bone or of soft tissue
        concept(text="High grade sarcoma"),
        concept(ICD10CM, "C48.1"),  # a carcinoma of the peritoneum has the same code
        concept(ICD10CM, "C49.21", text="Desmoid tumour of thigh"),
    ],
)
def test_what_may_be_a_sarcoma_and_may_not_stays_unknown(code: Json) -> None:
    fact = fact_of("disease", sarcoma(code))
    assert possible(fact) == {"sts", "none"}
    assert not fact.known
    assert fact.evidence[0].resource == SARCOMA


def test_a_code_that_may_be_a_sarcoma_counts_with_a_named_one_beside_it() -> None:
    named = condition("named", concept(SCT, "254829001"))
    case = case_of(sarcoma("424413001", SCT), named)
    assert possible(case.facts["disease"]) == {"sts"}
    assert not case.other_malignancy


@pytest.mark.parametrize("text", ["Primary peritoneal carcinoma", "Mesothelioma of peritoneum"])
def test_a_peritoneal_code_whose_text_names_another_cancer_is_none(text: str) -> None:
    assert possible(fact_of("disease", sarcoma(concept(ICD10CM, "C48.2", text=text)))) == {"none"}


def test_a_retroperitoneal_cancer_of_no_recorded_kind_is_read_as_a_sarcoma_and_it_is_said() -> None:
    assert fact_of("disease", sarcoma("C48.0")).remarks == ("retroperitoneal-as-sarcoma",)
    named = sarcoma(concept(ICD10CM, "C48.0", text="Liposarcoma"))
    assert fact_of("disease", named).remarks == ()


@pytest.mark.parametrize("code", ["C49.4", "C48.0", "C49.9"])
def test_a_gist_also_coded_as_an_abdominal_sarcoma_is_a_gist(code: str) -> None:
    assert possible(fact_of("disease", sarcoma(code), gist())) == {"gist"}
    both = sarcoma({"coding": [{"system": ICD10CM, "code": code}, {"system": SCT, "code": "420120006"}]})
    assert possible(fact_of("disease", both)) == {"gist"}


def test_the_gist_category_of_icd_10_cm_is_no_sarcoma() -> None:
    assert possible(fact_of("disease", sarcoma("C49.A9"))) == {"gist"}


@pytest.mark.parametrize(
    "status", ["refuted", "entered-in-error", "provisional", "differential", "unconfirmed"]
)
def test_a_sarcoma_in_doubt_is_no_evidence(status: str) -> None:
    said = sarcoma(verificationStatus=concept("urn:v", status))
    assert possible(fact_of("disease", said)) == {"none"}


def test_a_secondary_cancer_with_the_morphology_of_a_sarcoma_names_what_it_came_from() -> None:
    met = condition("met", concept(ICD10CM, "C78.01"), extension=histology("8890/6"))
    case = case_of(met)
    assert possible(case.facts["disease"]) == {"sts"}
    assert possible(case.facts["m-category"]) == {"M1"}
    assert possible(case.facts["histology"]) == {"leiomyosarcoma"}
    assert not case.facts["primary-site"].known


def test_a_plain_secondary_cancer_names_no_sarcoma() -> None:
    assert possible(fact_of("disease", condition("met", concept(ICD10CM, "C78.01")))) == {"none"}


def test_no_conditions_at_all_is_unknown() -> None:
    assert not fact_of("disease", failed=("conditions",)).known


@pytest.mark.parametrize("code", ["C50.911", "C18.9", "C40.21", "C46.1"])
def test_another_cancer_beside_a_sarcoma(code: str) -> None:
    assert case_of(sarcoma(), condition("o", concept(ICD10CM, code))).other_malignancy


def test_the_tumour_is_named_for_the_cards() -> None:
    assert case_of(sarcoma()).condition == SARCOMA

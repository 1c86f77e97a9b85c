"""The diagnosis, its site, its metastases and recurrences, and the diseases beside it."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    CASE_FACTS,
    HISTOLOGY,
    ICD10CM,
    ICD10GM,
    ICDO,
    LOINC,
    OMOP,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    excluded,
    fact_of,
    gist,
    histology,
    observation,
    possible,
    present,
    stated,
)

GENERIC = concept(SCT, "363346000")


# --- disease -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        concept(SCT, "420120006"),
        concept(SCT + "|http://snomed.info/sct/731000124108/version/20250301", "420120006"),
        concept("urn:oid:2.16.840.1.113883.6.96", "420120006"),
        concept(ICD10CM, "C49.A2"),
        concept(ICD10CM, "C49A2"),
        concept("urn:oid:2.16.840.1.113883.6.90", "C49.A3"),
        concept(ICD10CM, "C49.A"),
        concept("http://data.mskcc.org/ontologies/oncotree", "GIST"),
        concept(text="Gastrointestinal stromal tumour"),
        concept("urn:local", "4711", text="GIST, spindle cell"),
        {"coding": [{"system": "urn:local", "code": "1"}, {"system": SCT, "code": "420120006"}]},
    ],
)
def test_a_gist_by_its_code(code: Json) -> None:
    assert possible(fact_of("disease", condition("c", code))) == {"gist"}


@pytest.mark.parametrize("code", ["8936/3", "8936/1", "8936/0", "8936"])
@pytest.mark.parametrize("generic", [GENERIC, concept(ICD10GM, "C16.9"), concept(ICD10CM, "C49.9")])
def test_a_gist_by_its_morphology(code: str, generic: Json) -> None:
    """mCODE's third style and ICD-10-GM, where the organ is coded and the morphology says GIST."""
    assert possible(fact_of("disease", condition("c", generic, extension=histology(code)))) == {"gist"}


@pytest.mark.parametrize("code", ["1187383001", "128756002"])
def test_a_gist_by_the_snomed_morphology_new_and_old(code: str) -> None:
    said = condition("c", GENERIC, extension=histology(code, SCT))
    assert possible(fact_of("disease", said, affiliate=True)) == {"gist"}


def test_the_text_of_the_morphology_counts_where_it_has_no_code() -> None:
    said = condition(
        "c", GENERIC, extension=[{"url": HISTOLOGY, "valueCodeableConcept": {"text": "GIST, spindle cell"}}]
    )
    assert possible(fact_of("disease", said)) == {"gist"}


def test_a_gist_also_coded_as_a_sarcoma_is_a_gist() -> None:
    sarcoma = condition("s", concept(ICD10CM, "C49.4"))
    assert possible(fact_of("disease", sarcoma, gist())) == {"gist"}


@pytest.mark.parametrize("status", ["inactive", "remission", "resolved"])
def test_remission(status: str) -> None:
    assert case_of(gist(clinicalStatus=concept("urn:s", status))).in_remission
    assert not case_of(gist()).in_remission


# --- site ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "site"),
    [("C49.A1", "oesophagus"), ("C49.A2", "stomach"), ("C49.A3", "small-intestine"), ("C49.A4", "colon"),
     ("C49.A5", "rectum"), ("C49.A9", "other")],
)  # fmt: skip
def test_the_site_in_the_diagnosis_code(code: str, site: str) -> None:
    assert possible(fact_of("primary-site", gist(code))) == {site}


def test_a_gist_of_unspecified_site_has_an_unknown_site() -> None:
    assert fact_of("primary-site", gist("C49.A0")).why == "missing"


@pytest.mark.parametrize(
    ("place", "site"),
    [
        (concept(SCT, "69695003"), "stomach"),
        (concept(SCT, "38848004"), "duodenum"),
        (concept(SCT, "21306003"), "jejunum"),
        (concept(ICDO, "C16.1"), "stomach"),
        (concept(ICDO, "C161"), "stomach"),
        (concept(ICDO, "C17.2"), "ileum"),
        (concept(text="Small bowel"), "small-intestine"),
    ],
)
def test_the_site_as_a_body_site(place: Json, site: str) -> None:
    assert possible(fact_of("primary-site", gist("420120006", SCT, bodySite=[place]))) == {site}


def test_the_organ_code_beside_the_morphology_is_the_site() -> None:
    said = condition("c", concept(ICD10GM, "C16.9"), extension=histology("8936/3"))
    assert possible(fact_of("primary-site", said)) == {"stomach"}


def test_a_diagnosis_code_and_a_body_site_that_disagree_are_both_possible() -> None:
    said = gist("C49.A3", bodySite=[concept(SCT, "69695003")])
    assert possible(fact_of("primary-site", said)) == {"small-intestine", "stomach"}


def test_two_body_sites_are_both_possible() -> None:
    said = gist("C49.A0", bodySite=[concept(SCT, "69695003"), concept(SCT, "21306003")])
    assert possible(fact_of("primary-site", said)) == {"stomach", "jejunum"}


@pytest.mark.parametrize("text", ["Gastric GIST", "GIST of the stomach"])
def test_the_site_in_words(text: str) -> None:
    assert possible(fact_of("primary-site", condition("c", concept(text=text)))) == {"stomach"}


# --- metastases ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "site"),
    [
        (concept(ICD10CM, "C78.7"), "liver"),
        (concept(ICD10CM, "C787"), "liver"),
        (concept(SCT, "94381002"), "liver"),
        (concept(ICD10GM, "C78.7"), "liver"),
        (concept(ICD10CM, "C78.6"), "peritoneum"),
        (concept(ICD10CM, "C78.01"), "lung"),
        (concept(SCT, "128462008"), "unspecified"),
    ],
)
def test_a_secondary_condition_is_m1(code: Json, site: str) -> None:
    case = case_of(gist(), condition("met", code))
    assert possible(case.facts["m-category"]) == {"M1"}
    assert present(case.facts["metastatic-sites"]) == {site}


@pytest.mark.parametrize("behaviour", ["8936/6", "8936/3"])
def test_a_secondary_condition_with_the_morphology_of_the_gist_is_m1(behaviour: str) -> None:
    """mCODE: a secondary cancer carries the histology too; it is no second primary in the liver."""
    met = condition("met", concept(ICD10CM, "C78.7"), extension=histology(behaviour))
    case = case_of(gist(), met)
    assert possible(case.facts["m-category"]) == {"M1"}
    assert possible(case.facts["primary-site"]) == {"stomach"}


@pytest.mark.parametrize("text", ["Liver metastasis of GIST", "Metastatic GIST", "Metastatic GIST to liver"])
def test_a_metastasis_in_words_is_not_m0(text: str) -> None:
    """Absence may be read as M0; here a record says otherwise."""
    assert possible(fact_of("m-category", gist(), condition("met", concept(text=text)))) != {"M0"}


@pytest.mark.parametrize("text", ["Liver metastases", "Hepatic metastasis", "Peritoneal metastases"])
def test_a_secondary_condition_in_words_is_not_m0(text: str) -> None:
    assert possible(fact_of("m-category", gist(), condition("met", concept(text=text)))) != {"M0"}


def test_nodes_are_n1_and_not_m1() -> None:
    case = case_of(gist(), condition("met", concept(ICD10CM, "C77.2")))
    assert possible(case.facts["n-category"]) == {"N1"}
    assert possible(case.facts["m-category"]) == {"M0"}


def test_a_secondary_condition_outranks_a_stated_m0_even_if_older() -> None:
    met = condition("met", concept(ICD10CM, "C78.7"), recordedDate="2024-01-01")
    said = stated("m-category", value="M0", effectiveDateTime="2025-01-01")
    assert possible(fact_of("m-category", gist(), met, said)) == {"M1"}


def test_a_stated_metastatic_site_is_not_m0() -> None:
    case = case_of(gist(), stated("metastatic-sites", value="liver"))
    assert present(case.facts["metastatic-sites"]) == {"liver"}
    assert possible(case.facts["m-category"]) != {"M0"}


UNPLACED = {
    "a secondary Condition": condition("met", concept(ICD10CM, "C79.9")),
    "the statement": stated("m-category", value="M1"),
    "the code": observation(
        "m", concept(LOINC, "21907-1"), valueCodeableConcept=concept("http://cancerstaging.org", "cM1")
    ),
}


@pytest.mark.parametrize("record", UNPLACED.values(), ids=UNPLACED)
def test_a_metastasis_without_its_organ_may_lie_in_any(record: Json) -> None:
    """What no record names is not free of it."""
    sites = fact_of("metastatic-sites", gist(), record)
    assert present(sites) == {"unspecified"}
    assert not excluded(sites, "liver")


def test_a_metastasis_with_its_organ_leaves_the_others_free() -> None:
    records = (condition("met", concept(ICD10CM, "C78.7")), condition("more", concept(ICD10CM, "C79.9")))
    sites = fact_of("metastatic-sites", gist(), *records)
    assert present(sites) == {"liver", "unspecified"}
    assert excluded(sites, "lung")


def test_without_a_record_m0_is_assumed_and_said() -> None:
    fact = fact_of("m-category", gist())
    assert possible(fact) == {"M0"}
    assert fact.remarks == ("m0-not-recorded",)


@pytest.mark.parametrize(
    ("code", "value", "fact", "expected"),
    [
        ("21907-1", concept(SCT, "14926007"), "m-category", "M1"),
        ("21901-4", concept("http://cancerstaging.org", "pM1"), "m-category", "M1"),
        ("21907-1", concept("https://cancerstaging.org", "cM0"), "m-category", "M0"),
        ("21906-3", concept(SCT, "53623008"), "n-category", "N1"),
        ("21900-6", concept("http://cancerstaging.org", "pN0"), "n-category", "N0"),
    ],
)
def test_m_and_n_as_observations(code: str, value: Json, fact: str, expected: str) -> None:
    said = observation("o", concept(LOINC, code), valueCodeableConcept=value)
    assert possible(fact_of(fact, gist(), said)) == {expected}


@pytest.mark.parametrize(("text", "expected"), [("M1", "M1"), ("cM0", "M0"), ("pM1", "M1")])
def test_m_in_words(text: str, expected: str) -> None:
    said = observation("o", concept(LOINC, "21907-1"), valueString=text)
    assert possible(fact_of("m-category", gist(), said)) == {expected}


@pytest.mark.parametrize(
    "value", [concept("http://cancerstaging.org", "cM1b"), concept(text="MX"), concept(text="?")]
)
def test_an_m_that_cannot_be_read_is_not_m0(value: Json) -> None:
    said = observation("o", concept(LOINC, "21907-1"), valueCodeableConcept=value)
    assert possible(fact_of("m-category", gist(), said)) != {"M0"}


# --- recurrence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["recurrence", "relapse"])
def test_a_clinical_status_of_recurrence(status: str) -> None:
    fact = fact_of("recurrence", gist(clinicalStatus=concept("urn:s", status)))
    assert possible(fact) == {"local", "regional", "distant"}


def test_no_recurrence_recorded_is_none() -> None:
    assert possible(fact_of("recurrence", gist())) == {"none"}


@pytest.mark.parametrize("code", ["1259237005", "314974009"])
def test_a_recurrence_as_a_condition_of_its_own(code: str) -> None:
    """README 3.1: local recurrence may be a new Condition."""
    again = condition("again", concept(SCT, code))
    assert "none" not in possible(fact_of("recurrence", gist(), again, affiliate=True))


# --- rupture -------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["4153220", "36768904"])
def test_a_rupture_as_an_observation(code: str) -> None:
    found = observation("r", concept(OMOP, code), valueBoolean=True)
    assert possible(fact_of("tumour-rupture", gist(), found)) == {True}


def test_a_rupture_absent() -> None:
    none = observation("r", concept(OMOP, "4153220"), valueCodeableConcept=concept(SCT, "2667000"))
    assert possible(fact_of("tumour-rupture", gist(), none)) == {False}


@pytest.mark.parametrize("code", [concept(OMOP, "36768904"), concept(text="Tumour rupture")])
def test_a_rupture_as_a_condition_is_not_read_as_none(code: Json) -> None:
    """`facts.yaml` names the Conditions among the queries that can hold a rupture."""
    assert possible(fact_of("tumour-rupture", gist(), condition("r", code))) != {False}


# --- beside it -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [concept(ICD10CM, "I50.9"), concept(SCT, "84114007"), concept(ICD10CM, "I5022")]
)
def test_heart_failure(code: Json) -> None:
    assert possible(fact_of("heart-failure", gist(), condition("hf", code))) == {True}


@pytest.mark.parametrize("code", ["C50.911", "C18.9", "C92.10"])
def test_another_cancer(code: str) -> None:
    assert case_of(gist(), condition("o", concept(ICD10CM, code))).other_malignancy


def test_the_same_tumour_coded_again_is_no_other_cancer() -> None:
    assert not case_of(gist(), condition("o", concept(ICD10CM, "C49.9"))).other_malignancy


def test_a_case_facts_code_in_a_condition_is_no_disease() -> None:
    assert possible(fact_of("disease", condition("c", concept(CASE_FACTS, "gist")))) == {"none"}

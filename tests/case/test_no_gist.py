"""What is no evidence of a GIST."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICD10CM,
    LOINC,
    OTHER_PATIENT,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    histology,
    possible,
)


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
        "Gastric mass concerning for GIST",
        "Gastric mass, concern for GIST",
        "Presumed GIST of stomach",
        "Presumptive GIST",
        "GIST, presumed",
        "GIST (probably)",
        "Submucosal lesion, suggestive of GIST",
        "Gastric spindle cell tumour, favour GIST",
        "Gastric spindle cell tumor favoring GIST",
        "Gastric spindle cell tumour, GIST favoured over leiomyoma",
        "Gastric submucosal tumour, probably GIST",
        "Gastric submucosal tumour, possibly a GIST",
        "Gastric mass consistent with GIST",
        "Gastric mass, imaging in keeping with GIST",
        "Gastric mass, working diagnosis GIST",
        "Increased risk for GIST",
        "Gastric mass thought to be a GIST",
        "GIST awaiting histology",
        "Imaging features of GIST",
        "Endoscopy to exclude GIST",
    ],
)
def test_a_gist_that_a_text_does_not_affirm_is_none(text: str) -> None:
    assert possible(fact_of("disease", condition("c", concept(text=text)))) == {"none"}


@pytest.mark.parametrize(
    "text",
    [
        "Gastric GIST, biopsy-proven",
        "Gastric GIST, biopsy consistent with GIST",
        "GIST, probably of gastric origin",
        "GIST, likely gastric primary",
        "GIST, high risk for recurrence",
        "GIST of uncertain malignant potential",
        "GIST with liver lesions concerning for metastases",
    ],
)
def test_a_gist_beside_words_that_doubt_something_else_is_one(text: str) -> None:
    assert possible(fact_of("disease", condition("c", concept(text=text)))) == {"gist"}


@pytest.mark.parametrize("text", ["Probably gastric GIST", "Gastric GIST, favour spindle cell type"])
def test_a_code_is_not_doubted_by_its_text(text: str) -> None:
    """The code is what was recorded as the diagnosis; whoever doubts it says so in its verification status."""
    assert possible(fact_of("disease", condition("c", concept(ICD10CM, "C49.A2", text=text)))) == {"gist"}


@pytest.mark.parametrize(
    ("text", "disease"),
    [
        ("Thigh mass concerning for soft tissue sarcoma", "none"),
        ("Probably liposarcoma of the thigh", "none"),
        ("Soft tissue sarcoma of the thigh, biopsy-proven", "sts"),
        ("Soft tissue sarcoma of the thigh, favour myxofibrosarcoma", "sts"),
    ],
)
def test_a_supposed_sarcoma_is_none(text: str, disease: str) -> None:
    assert possible(fact_of("disease", condition("c", concept(text=text)))) == {disease}


def test_a_supposed_histology_is_not_read() -> None:
    said = condition("c", concept(text="Soft tissue sarcoma of the thigh, favour myxofibrosarcoma"))
    assert not fact_of("histology", said).known


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
    assert possible(fact_of("disease", gist(subject=OTHER_PATIENT))) == {"none"}


@pytest.mark.parametrize("code", ["8935/3", "8930/3", "8890/0", "89360/3"])
def test_a_neighbouring_morphology_is_no_gist(code: str) -> None:
    other = condition("c", concept(SCT, "363346000"), extension=histology(code))
    assert possible(fact_of("disease", other)) != {"gist"}


@pytest.mark.parametrize(("system", "code"), [("urn:local", "C49.A2"), (SCT, "C49.A2"), (LOINC, "420120006")])
def test_a_gist_code_in_another_system_is_nothing(system: str, code: str) -> None:
    assert possible(fact_of("disease", gist(code, system))) == {"none"}

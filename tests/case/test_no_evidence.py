"""Records that must not become evidence: each test is a way in which the service could say a wrong yes."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    COLON,
    ICD10CM,
    LOINC,
    OTHER_PATIENT,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    gist,
    mitoses,
    point,
    possible,
    present,
    quantity,
    refer,
    stated,
)

# -- values against which something is said --------------------------------------------------------------


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
        {"subject": OTHER_PATIENT},
        {"focus": refer("Condition/colon")},
        {"dataAbsentReason": concept("urn:d", "error")},
    ],
    ids=["in-error", "preliminary", "other-patient", "other-tumour", "data-absent"],
)
def test_a_stated_fact_with_something_against_it_is_none(name: str, found: Json, against: Json) -> None:
    fact = fact_of(name, gist(), COLON, {**found, **against})
    assert fact == fact_of(name, gist(), COLON) or fact.why is not None


# -- look-alikes of mitoses ------------------------------------------------------------------------------


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


# -- metastases ------------------------------------------------------------------------------------------


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

"""A finding or an operation of another tumour, or of none that is named, says nothing of the GIST."""

from __future__ import annotations

import msgspec
import pytest

from tests.case.chart import (
    COLON,
    ICD10CM,
    ICD10GM,
    LOINC,
    SCT,
    TUMOUR,
    Json,
    case_of,
    concept,
    condition,
    fact_of,
    gene,
    gist,
    observation,
    point,
    possible,
    present,
    protein,
    quantity,
    read_sent,
    refer,
    searchset,
    service,
    size,
    statement,
    variant,
)

V600E = variant("v", gene("BRAF"), protein("p.Val600Glu"))


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


MELANOMA = condition("melanoma", concept(ICD10CM, "C43.9"))


def test_a_variant_of_the_other_tumour_is_no_mutation_of_this_one() -> None:
    there = variant("v", gene("BRAF"), protein("p.Val600Glu"), focus=refer("Condition/melanoma"))
    assert genotype(MELANOMA, there) == set()


def test_a_variant_that_names_no_tumour_beside_two_is_not_given_to_the_gist() -> None:
    """As for size and mitoses: BRAF V600E is far likelier of the melanoma."""
    assert genotype(MELANOMA, V600E) == set()


@pytest.mark.parametrize(
    ("name", "question", "value", "invented"),
    [
        ("m-category", "21907-1", "14926007", {"M1"}),
        ("progression", "97509-4", "271299001", {"limited", "generalised"}),
    ],
)
def test_a_finding_that_names_no_tumour_beside_two_is_not_given_to_the_gist(
    name: str, question: str, value: str, invented: set[str]
) -> None:
    found = observation("o", concept(LOINC, question), valueCodeableConcept=concept(SCT, value))
    assert not possible(fact_of(name, gist(), COLON, found)) <= invented


@pytest.mark.parametrize(
    "other",
    [
        COLON,
        condition("other", concept(ICD10GM, "C18.9")),
        condition("other", concept("urn:oid:2.16.840.1.113883.6.90", "C18.9")),
        condition("other", concept(text="Adenocarcinoma of colon")),
        condition("other", concept(SCT, "363406005", display="Malignant tumor of colon")),
        condition("other", concept(SCT, "254837009", display="Malignant neoplasm of breast")),
        condition("other", concept(SCT, "363346000", display="Malignant neoplastic disease")),
    ],
    ids=["icd-10-cm", "icd-10-gm", "oid", "text", "sct-colon", "sct-breast", "sct-generic"],
)
def test_a_size_that_names_no_tumour_beside_two_is_unknown(other: Json) -> None:
    assert point(fact_of("tumour-size-cm", gist(), other, size(cm=12))) is None


def test_a_size_that_names_the_gist_counts_beside_another_tumour() -> None:
    assert point(fact_of("tumour-size-cm", gist(), COLON, size(cm=12, focus=refer(TUMOUR)))) == 12


@pytest.mark.parametrize("site", ["39607008", "10200004"], ids=["lung", "liver"])
def test_a_size_at_another_body_site_is_not_the_tumours(site: str) -> None:
    """A nodule of the lung is not the gastric tumour."""
    nodule = size(cm=12, bodySite=concept(SCT, site))
    assert point(fact_of("tumour-size-cm", gist(), nodule)) is None


def test_a_size_whose_body_structure_is_elsewhere_is_not_the_tumours() -> None:
    """mCODE: the focus of a size is the BodyStructure that was measured."""
    lung = {
        "resourceType": "BodyStructure",
        "id": "nodule",
        "patient": {"reference": "Patient/p1"},
        "location": concept(SCT, "39607008"),
    }
    nodule = size(cm=12, focus=refer("BodyStructure/nodule"))
    assert point(fact_of("tumour-size-cm", gist(), lung, nodule)) is None


@pytest.mark.parametrize("name", ["Tumor size of liver metastasis", "Breast tumor size", "Tumor size change"])
def test_a_size_of_something_else_in_words_is_not_the_tumours(name: str) -> None:
    named = observation("s", concept(text=name), valueQuantity=quantity(12, "cm"))
    assert point(fact_of("tumour-size-cm", gist(), named)) is None


def test_a_focus_given_by_the_url_of_its_entry_is_followed() -> None:
    """A `urn:uuid` that stands for another cancer is no focus on the GIST."""
    urn = "urn:uuid:9f6c1a52-0f5e-4b0f-8a3c-3c2d1e0b7a11"
    sent = {key: searchset() for key in service().prefetch}
    sent["conditions"] = _entries((None, gist()), (urn, condition("melanoma", concept(text="Melanoma"))))
    sent["observations-laboratory"] = searchset({**V600E, "focus": refer(urn)})
    assert present(read_sent(sent)[0].facts["genotype"]) == set()


def test_a_reason_given_by_the_url_of_its_entry_is_followed() -> None:
    urn = "urn:uuid:9f6c1a52-0f5e-4b0f-8a3c-3c2d1e0b7a11"
    sent = {key: searchset() for key in service().prefetch}
    sent["conditions"] = _entries((None, gist()), (urn, condition("cml", concept(ICD10CM, "C92.10"))))
    sent["medication-statements"] = searchset(
        statement("im", "imatinib", "2020-01-01", reasonReference=refer(urn))
    )
    assert present(read_sent(sent)[0].facts["prior-therapies"]) == set()


def _entries(*found: tuple[str | None, Json]) -> msgspec.Raw:
    entries = [{"resource": r, **({"fullUrl": url} if url else {})} for url, r in found]
    return msgspec.Raw(msgspec.json.encode({"resourceType": "Bundle", "entry": entries}))


def test_a_sarcoma_of_a_limb_beside_a_gist_is_another_cancer() -> None:
    """The same tumour is coded as a sarcoma of the abdomen at times, never as one of the thigh."""
    assert case_of(gist(), condition("limb", concept(ICD10CM, "C49.21"))).other_malignancy
    assert not case_of(gist(), condition("again", concept(ICD10CM, "C48.0"))).other_malignancy

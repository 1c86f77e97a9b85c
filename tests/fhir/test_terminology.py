"""A coding is recognised in every spelling of its system and code, and in no other."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.resources import CodeableConcept, Coding
from cds_service.fhir.terminology import Terminology
from tests.shipped import shipped

SCT = "http://snomed.info/sct"
CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICDO = "http://terminology.hl7.org/CodeSystem/icd-o-3"
HGNC = "http://www.genenames.org"


@cache
def terminology() -> Terminology:
    return shipped().terminology


def of(system: str | None, code: str | None) -> frozenset[str]:
    return terminology().concepts_of(Coding(system=system, code=code))


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        (SCT, "420120006", "dx.gist"),
        (SCT + "/", "420120006", "dx.gist"),
        (f" {SCT} ", "420120006", "dx.gist"),
        (SCT, " 420120006 ", "dx.gist"),
        (f"{SCT}|http://snomed.info/sct/731000124108/version/20250301", "420120006", "dx.gist"),
        ("urn:oid:2.16.840.1.113883.6.96", "420120006", "dx.gist"),
        ("http://loinc.org", "69548-6", "gen.obs.variant"),
        ("http://loinc.org/", "69548-6", "gen.obs.variant"),
        ("http://loinc.org|2.71", "69548-6", "gen.obs.variant"),
        ("urn:oid:2.16.840.1.113883.6.1", "69548-6", "gen.obs.variant"),
        (CM, "C49.A2", "dx.gist.stomach"),
        (CM, "C49A2", "dx.gist.stomach"),
        (CM, "c49.a2", "dx.gist.stomach"),
        ("urn:oid:2.16.840.1.113883.6.90", "C49.A2", "dx.gist.stomach"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "C16.9", "site.stomach"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm|2025", "C169", "site.stomach"),
        ("urn:oid:2.16.840.1.113883.6.88", "282388", "drug.imatinib"),
        (ICDO, "8936/3", "morph.gist"),
        (ICDO, "8936", "morph.gist"),
        (ICDO, "C16.9", "site.stomach"),
        (ICDO, "C169", "site.stomach"),
        (HGNC, "HGNC:6342", "gene.KIT"),
        (HGNC, "hgnc:6342", "gene.KIT"),
        (HGNC, "6342", "gene.KIT"),
        (HGNC, "KIT", "gene.KIT"),
        (f"{HGNC}/", "HGNC:8803", "gene.PDGFRA"),
        (f"{HGNC}/geneId", "HGNC:8803", "gene.PDGFRA"),
        (f"{HGNC}/geneId/", "PDGFRA", "gene.PDGFRA"),
        ("http://varnomen.hgvs.org/", "NM_006206.6:c.2525A>T", "variant.PDGFRA.D842V"),
        ("http://www.sequenceontology.org/", "SO:0001565", "gen.value.fusion"),
        ("http://sequenceontology.org", "SO:0001565", "gen.value.fusion"),
        ("https://cancerstaging.org", "cM1", "stage.M.1"),
    ],
)
def test_a_coding_in_every_spelling(system: str, code: str, concept: str) -> None:
    assert concept in of(system, code)


@pytest.mark.parametrize(
    ("code", "concepts"), [("8936/0", True), ("8936/1", True), ("8936/6", True), ("8936/3", True)]
)
def test_any_behaviour_of_a_gist_is_a_gist(code: str, concepts: bool) -> None:
    assert any(c.startswith("morph.gist") for c in of(ICDO, code)) is concepts


@pytest.mark.parametrize("code", ["8935/3", "8930/3", "893/3", "89360/3", "936/3", "8936x"])
def test_another_morphology_is_no_gist(code: str) -> None:
    assert not any(c.startswith("morph.gist") for c in of(ICDO, code))


@pytest.mark.parametrize(
    ("code", "concept"),
    [("C49.A21", "dx.gist.stomach"), ("C78.01", "dx.metastasis.lung"), ("C78.09", "dx.metastasis.lung"),
     ("I50.814", "comorbid.heart-failure"), ("C77.2", "dx.metastasis.lymph-node")],
)  # fmt: skip
def test_a_longer_icd_code_belongs_to_its_category(code: str, concept: str) -> None:
    assert concept in of(CM, code)


@pytest.mark.parametrize("code", ["C4", "C49", "C", "", "XC49.A2", "I5", "I51.0", "C79"])
def test_a_shorter_or_neighbouring_icd_code_does_not(code: str) -> None:
    assert not any(c.startswith(("dx.gist", "dx.metastasis", "comorbid")) for c in of(CM, code))


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (SCT, "C49.A2"),
        (CM, "420120006"),
        ("urn:local", "420120006"),
        ("http://snomed.info", "420120006"),
        ("http://www.genenames.org.evil.example", "HGNC:6342"),
        (SCT, "42012000"),
        (SCT, "4201200066"),
        ("http://loinc.org", "69548"),
        (HGNC, "16342"),
        (None, "420120006"),
        (SCT, None),
        ("", ""),
    ],
)
def test_an_unknown_system_or_code_is_nothing(system: str | None, code: str | None) -> None:
    assert of(system, code) == frozenset()


@pytest.mark.parametrize("position", [0, 1, 2])
def test_the_standard_coding_may_stand_anywhere(position: int) -> None:
    codings = [Coding(system="urn:oid:1.2.840.114350.1", code="1"), Coding(display="GIST")]
    codings.insert(position, Coding(system=SCT, code="420120006"))
    assert terminology().concepts(CodeableConcept(coding=codings)) == {"dx.gist"}


def test_a_concept_without_codings_is_nothing() -> None:
    assert terminology().concepts(None) == frozenset()
    assert terminology().concepts(CodeableConcept(text="GIST")) == frozenset()
    assert terminology().concepts(CodeableConcept(coding=[])) == frozenset()


@pytest.mark.parametrize(
    ("system", "code", "forbidden"),
    [
        ("http://loinc.org", "44695-5", {"mitoses.obs", "mitoses.obs.per-10hpf", "mitoses.obs.index"}),
        (SCT, "369784001", {"mitoses.obs", "mitoses.obs.per-10hpf", "mitoses.obs.index"}),
        ("http://loinc.org", "78220-1", {"gene.PDGFRA", "gen.obs.variant"}),
        ("http://loinc.org", "40552-2", {"gene.KIT", "gen.obs.variant"}),
    ],
)
def test_look_alikes_have_only_their_own_concept(system: str, code: str, forbidden: set[str]) -> None:
    assert not of(system, code) & forbidden


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_looked_up_without_harm(system: str, code: str) -> None:
    """Most is nothing; the same question has the same answer the second time."""
    assert of(system, code) == of(system, code)


@given(
    st.sampled_from(["420120006", "94381002", "128462008"]),
    st.text(alphabet="0123456789", min_size=1, max_size=3),
)
def test_a_snomed_code_with_digits_added_is_another_code(code: str, more: str) -> None:
    assert of(SCT, code + more) == frozenset()


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("0KBQ0ZZ", "procedure.resection.soft-tissue"),
        ("0kbp0zz", "procedure.resection.soft-tissue"),
        ("0Y6F0Z1", "procedure.amputation"),
        ("0KBQ0ZX", "procedure.biopsy"),
    ],
)
def test_icd_10_pcs_by_its_tables(code: str, concept: str) -> None:
    """No list holds every code of a table; one that is listed as something else stays that."""
    assert of("http://www.cms.gov/Medicare/Coding/ICD10", code) == {concept}


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("C49", "dx.sts"),
        ("C49.7", "dx.sts"),
        ("C49.23", "dx.sts.lower-limb"),
        ("C49.A", "dx.gist"),
        ("C49A6", "dx.gist"),
    ],
)
def test_icd_10_cm_by_its_categories(code: str, concept: str) -> None:
    assert of(CM, code) == {concept}


@pytest.mark.parametrize("code", ["8890/0", "8890/1", "8890"])
def test_a_morphology_of_another_behaviour_is_another_tumour(code: str) -> None:
    """8890/0 is a leiomyoma; only the GIST's counts whatever its behaviour."""
    assert of(ICDO, code) == set()


@pytest.mark.parametrize("system", ["http://loinc.org", CM, "http://ehr.example.org/codes"])
@pytest.mark.parametrize(
    "text", ["Jane Doe born 1950 has GIST", "C49.A2 Jane Doe", "Doe", "C49.A2JANEDOE" * 3]
)
def test_what_is_written_in_place_of_a_code_is_not_kept(system: str, text: str) -> None:
    own = shipped().terminology
    of(system, text)
    own.concepts(CodeableConcept(coding=[Coding(system=system, code=text)]))
    assert not any(text in kept for kept in own._memo)


@pytest.mark.parametrize("code", ["718-7", "69548-6"])
def test_a_code_of_a_public_system_is_looked_up_once(code: str) -> None:
    of("http://loinc.org", code)
    assert ("http://loinc.org", code) in terminology()._memo

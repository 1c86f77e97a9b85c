"""What is no evidence of a mutation."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    HGNC,
    LOINC,
    OTHER_PATIENT,
    SCT,
    Json,
    component,
    concept,
    fact_of,
    gene,
    gist,
    possible,
    present,
    protein,
    refer,
    region,
    variant,
)


def genotype(*resources: Json) -> set[str]:
    return present(fact_of("genotype", gist(), *resources))


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
        {"subject": OTHER_PATIENT},
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

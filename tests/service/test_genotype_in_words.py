"""What imatinib and avapritinib are judged to be where the genotype stands in words (decisions 15, 18 and 28)."""

from __future__ import annotations

import pytest

from .asking import Ask
from .charts import Json, avapritinib, call, coded, d842v, gist, observation, of_patient, size, stated

IMATINIB, AVAPRITINIB = "MedicationRequest/rx-1", "MedicationRequest/rx-ava"


def report(conclusion: str) -> Json:
    return of_patient(
        resourceType="DiagnosticReport",
        id="report-1",
        status="final",
        code={"text": "Molecular pathology"},
        issued="2026-06-01T08:00:00Z",
        conclusion=conclusion,
    )


def unresectable(*more: Json) -> list[Json]:
    return [gist(), size(9.0), stated("resectability", "unresectable"), *more]


@pytest.mark.parametrize(
    "conclusion",
    [
        "No evidence of KIT exon 9 mutation, KIT exon 11 mutation, or PDGFRA mutation.",
        "RESULTS: NEGATIVE\nKIT exon 11 mutation\nPDGFRA exon 18 mutation",
        "KIT mutation status: to follow.",
        "Comment: approximately 70% of GISTs harbor a KIT exon 11 mutation.",
        "KIT exon 11 mutation has been ruled out.",
        "In her father a KIT exon 11 mutation was found.",
    ],
)
def test_imatinib_is_a_caution_where_a_mutation_is_only_named(ask: Ask, conclusion: str) -> None:
    answer = ask(call(unresectable(report(conclusion))))
    assert answer.verdicts == {IMATINIB: "caution"}
    assert answer.why("genotype") == "uncodable"
    assert answer.fact("genotype")["evidence"] == ["DiagnosticReport/report-1"]
    assert any("mutation" in name.lower() for name in answer.created)


def test_imatinib_is_on_the_pathway_where_a_mutation_is_reported(ask: Ask) -> None:
    answer = ask(call(unresectable(report("KIT exon 11 mutation detected; no mutation in PDGFRA"))))
    assert answer.verdicts == {IMATINIB: "on-pathway"}


def test_avapritinib_is_not_on_the_pathway_for_a_variant_that_was_not_found(ask: Ask) -> None:
    denied = report("Variants tested and not found: PDGFRA exon 12, PDGFRA D842V mutation.")
    answer = ask(call(unresectable(denied), [avapritinib()], selections=[AVAPRITINIB]))
    assert answer.verdicts == {AVAPRITINIB: "undetermined"}


@pytest.mark.parametrize(
    "said", [{"valueString": "Detected"}, {"valueCodeableConcept": {"text": "Positive"}}], ids=str
)
def test_imatinib_is_contraindicated_by_a_named_test_in_words(ask: Ask, said: Json) -> None:
    named = observation("named-1", {"text": "PDGFRA D842V"}, **said)
    assert ask(call(unresectable(named))).verdicts == {IMATINIB: "contraindicated"}


@pytest.mark.parametrize("words", ["Oncogenic", "Tier I - Strong clinical significance", "Actionable"])
def test_imatinib_is_contraindicated_by_d842v_whatever_words_rate_it(ask: Ask, words: str) -> None:
    rated = d842v()
    significance = {"code": coded("http://loinc.org", "53037-8"), "valueCodeableConcept": {"text": words}}
    rated["component"] = [*rated["component"], significance]
    awaited = report("KIT mutation status: see addendum")
    assert ask(call(unresectable(rated, awaited))).verdicts == {IMATINIB: "contraindicated"}

"""Facts and places in words: nothing reads as complete of which something is not known, and nothing as an id."""

from __future__ import annotations

import pytest

from cds_service.cards.render import members_words, value_words
from cds_service.case.fact import Choice, Fact, Members
from cds_service.pathway.assessment import Assessment
from cds_service.smart.advice_shown import AdviceView
from cds_service.smart.facts_shown import FactsView
from tests.map.patients import assessed
from tests.shipped import patients, shipped

GENOTYPES = shipped(affiliate=True).knowledge.vocabulary["genotype"].values
_PLACED = ("placed", "several", "not-addressed")


def _assessed() -> list[Assessment]:
    return [assessed(f.name) for f in patients() if f.expected.get("placement") in _PLACED]


@pytest.mark.parametrize(
    ("fixture", "fact", "told"),
    [
        (
            "genotype/kit-negative-alone",
            "genotype",
            "not KIT exon 9 mutation, KIT exon 11 mutation or other KIT mutation; of others it is not known",
        ),
        (
            "genotype/wild-type-absent-over-a-panel",
            "genotype",
            "KIT and PDGFRA tested negative; not known: NTRK fusion, SDH-deficient and NF1",
        ),
        (
            "sts-abdominal-resectable/excision-after-neoadjuvant-radiotherapy-procedures-partial",
            "prior-radiotherapy",
            "neoadjuvant; of others it is not known",
        ),
        (
            "gist-recurrent-or-metastatic/organs-not-recorded-embolisation",
            "metastatic-sites",
            "unspecified; of others it is not known",
        ),
    ],
)
def test_a_set_that_is_known_in_part_says_so(fixture: str, fact: str, told: str) -> None:
    assert FactsView(shipped(affiliate=True)).words(assessed(fixture).facts[fact]) == told


def test_a_set_of_which_all_is_known_stands_alone() -> None:
    wording = shipped(affiliate=True).wording
    assert members_words(Members(frozenset()), GENOTYPES, wording) == "none"
    assert members_words(Members(frozenset({"nf1"})), GENOTYPES, wording) == wording.short("values", "nf1")
    assert members_words(Members(frozenset(), frozenset(GENOTYPES)), GENOTYPES, wording) == "still open"


@pytest.mark.slow
def test_no_fact_of_any_patient_is_told_by_an_id() -> None:
    """A fact whose values are patient groups is told by their labels."""
    loaded = shipped(affiliate=True)
    view, groups = FactsView(loaded), loaded.knowledge.groups
    raw = {name.replace("-", " ") for name in (*groups, *loaded.knowledge.not_addressed)}
    seen = 0
    for assessment in _assessed():
        for name in ("sts-primary-group", "patient-group"):
            fact = assessment.facts.get(name)
            if fact is not None and fact.why is None and isinstance(fact.value, Choice):
                told = view.words(fact)
                assert not [r for r in raw if r in told], told
                seen += len(fact.value.possible) > 1
    assert seen


def test_labels_that_hold_commas_are_told_apart() -> None:
    loaded = shipped(affiliate=True)
    groups = ("gist-unresectable", "gist-resectable-minimal-morbidity", "gist-small-observation")
    told = value_words(Fact("patient-group", Choice(frozenset(groups))), None, loaded.wording)
    assert all(loaded.wording.short("groups", g) in told for g in groups) and ";" in told


def test_every_situation_that_is_not_addressed_is_named() -> None:
    loaded = shipped(affiliate=True)
    view, several = AdviceView(loaded, ""), 0
    for assessment in _assessed():
        if assessment.placement == "not-addressed":
            heading = view.placed(assessment).heading.lower()
            names = [loaded.wording.short("groups", n).lower() for n in assessment.not_addressed]
            assert all(name in heading for name in names), heading
            assert "addressed by the sources" in heading
            several += len(names) > 1
    assert several

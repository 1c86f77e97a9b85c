"""Ids of options, groups, concepts and therapies are those of the contract and of each other's files."""

from __future__ import annotations

from .authoring import KNOWLEDGE
from .shipped_files import contracted, knowledge, value_sets, yaml_of


def test_every_option_is_one_of_the_contract() -> None:
    assert set(knowledge().judge.options) <= contracted("options.csv")


def test_every_group_is_one_of_the_contract() -> None:
    assert set(knowledge().groups) <= contracted("patient-groups.csv")


def test_what_a_reading_names_is_a_concept_of_the_value_sets() -> None:
    """A misspelt concept would be read by nobody and missed by nobody. Some have words alone: no code is known."""
    concepts = {concept for _, concept, _ in value_sets()}
    readings = yaml_of(KNOWLEDGE / "readings.yaml")
    named = {c for by_concept in readings["values"].values() for c in by_concept}
    named |= {c for concepts_ in readings["sarcomas"].values() for c in concepts_}

    assert named <= concepts | set(readings["words"])


def test_what_an_order_is_read_as_is_an_option_of_the_contract() -> None:
    readings = yaml_of(KNOWLEDGE / "readings.yaml")
    named = {
        *readings["items"].values(),
        *(i for t in readings["items-by-disease"].values() for i in t.values()),
    }
    named |= {
        o for t in readings["intents"].values() for rows in t.values() for os in rows.values() for o in os
    }

    # radiotherapy becomes one by its intent, in every disease
    assert named - {"radiotherapy"} <= contracted("options.csv")
    assert all("unstated" in table["radiotherapy"] for table in readings["intents"].values())


def test_the_vocabulary_of_therapies_names_every_drug_of_the_options() -> None:
    drugs = {i for o in knowledge().judge.options.values() if o.kind in ("drug", "regimen") for i in o.items}

    for fact in ("prior-therapies", "current-therapy", "neoadjuvant-therapy"):
        assert drugs <= set(knowledge().vocabulary[fact].values), fact

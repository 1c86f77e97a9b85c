"""Conditions in the words of clinicians."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.export.condition_words import Words, condition_words
from cds_service.loading import Loaded
from tests.shipped import shipped


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return shipped()


def told(words: Words) -> Any:
    return [words.text, [told(w) for w in words.inside]] if words.inside else words.text


SIZE = {"fact": "tumour-size-cm", "above": 5, "up-to": 10}
SMALL = {"fact": "tumour-size-cm", "below": 2}
FREE = {"fact": "genotype", "has-none": ["kit-exon-9", "kit-exon-11"]}
SICK = {"fact": "symptomatic", "is": True}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (SIZE, "tumour size: more than 5 and at most 10 cm"),
        ({"not": SIZE}, "tumour size: not more than 5 and at most 10 cm"),
        ({"not": SMALL}, "tumour size: at least 2 cm"),
        (SICK, "symptoms: yes"),
        ({"not": SICK}, "symptoms: no"),
        (FREE, "tumour genotype: not KIT exon 9 mutation or KIT exon 11 mutation"),
        ({"not": FREE}, "tumour genotype: KIT exon 9 mutation or KIT exon 11 mutation"),
        (
            {"fact": "sts-primary-group", "is": "sts-extremity-stage-1-unresectable"},
            "group of a primary tumour of this stage: Extremity soft-tissue sarcoma, stage I, unresectable",
        ),
        ({"always": True}, "always"),
        ({"not": {"known": "genotype"}}, "tumour genotype is not known"),
        ({"stated": SICK}, "on record: symptoms: yes"),
        ({"not": {"stated": SICK}}, "not on record: symptoms: yes"),
        ({"all": [SICK]}, "symptoms: yes"),
        ({"all": [SICK, SMALL]}, ["all of these:", ["symptoms: yes", "tumour size: less than 2 cm"]]),
        # neither both nor: the denial of all is any of the denials
        ({"not": {"all": [SICK, SMALL]}}, ["any of these:", ["symptoms: no", "tumour size: at least 2 cm"]]),
        ({"not": {"any": [SICK, SMALL]}}, ["all of these:", ["symptoms: no", "tumour size: at least 2 cm"]]),
    ],
)
def test_a_condition_reads_as_a_sentence_would(loaded: Loaded, tree: Any, words: Any) -> None:
    assert told(condition_words(tree, loaded.knowledge.vocabulary, loaded.wording)) == words

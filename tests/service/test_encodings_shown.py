"""Every encoding style shows every fact that it can carry, and what a card says where two encodings disagree.

A style shows a fact where a patient of that style expects it, and the answer rests it on a record that bears the
style's own mark.
"""

from __future__ import annotations

import re

import pytest

from cds_service.loading import Loaded

from .shown import FIXTURES, Shown, expected_facts

SPREAD = ["m-category", "n-category", "metastatic-sites"]
BESIDE = ["heart-failure", "decompensated-liver-failure"]
CHART = ["primary-site", "tumour-size-cm", "mitoses-per-50-hpf", "genotype", "m-category", "metastatic-sites"]
LOCAL = [*CHART, "tumour-resected", "residual-tumour", "performance-status-ecog", "heart-failure"]

# style -> what marks a record of it, and the facts that such records can carry
STYLES: dict[str, tuple[str, list[str]]] = {
    "icd-10-cm": (
        r"sid/icd-10-cm",
        ["primary-site", *SPREAD, *BESIDE, "coagulopathy", "active-infection", "genotype"],
    ),
    "who-icd-10-organ": (r'sid/icd-10"', ["primary-site", *SPREAD, *BESIDE]),
    "mii-icd-10-gm": (r"bfarm/icd-10-gm", ["primary-site", *SPREAD, *BESIDE]),
    "icd-o-3": (r"CodeSystem/icd-o-3", ["primary-site"]),
    "snomed": (
        r"snomed\.info/sct",
        [
            "primary-site", "mitoses-per-50-hpf", *SPREAD, *BESIDE, "coagulopathy", "active-infection", "genotype",
            "tumour-resected", "residual-tumour", "tumour-rupture", "resectability", "recurrence", "progression",
            "treatment-response", "prior-therapies", "current-therapy", "neoadjuvant-therapy", "not-tolerated",
            "performance-status-ecog",
        ],
    ),
    "snomed-old-morphology": (r'"128756002"|"49430005"|morphology', ["primary-site"]),
    "mcode-stu4-snomed": (
        r"snomed\.info/sct|loinc\.org|rxnorm",
        [
            "primary-site", "tumour-size-cm", "m-category", "n-category", "metastatic-sites", *BESIDE, "coagulopathy",
            "active-infection", "genotype", "tumour-resected", "residual-tumour", "progression",
            "treatment-response", "prior-therapies", "current-therapy", "neoadjuvant-therapy", "not-tolerated",
            "performance-status-ecog",
        ],
    ),
    "oncotree": (r"ontologies/oncotree", ["primary-site"]),
    "ncit": (r"Thesaurus\.owl", ["primary-site"]),
    "epic-like": (r"urn:oid:1\.2\.840\.114350", [*LOCAL, "current-therapy"]),
    "oracle-like": (r"ehr-local/codeSet", [*LOCAL, "current-therapy"]),
    "oid-systems": (
        r"urn:oid:2\.16\.840\.1\.113883\.6",
        [*CHART, "performance-status-ecog", "heart-failure", "current-therapy"],
    ),
    # in words: the concept that says it has a text and no coding
    "text-only": (
        r'"(code|medicationCodeableConcept)": \{"text"',
        [
            *CHART, "tumour-resected", "residual-tumour", "tumour-rupture", "recurrence", "prior-therapies",
            "current-therapy", "neoadjuvant-therapy",
        ],
    ),
    "text-diagnosis": (r'"code": \{"text"', ["primary-site"]),
    "report-conclusion": (r'"conclusion"', ["genotype"]),
    "mii-separate-observations": (r'"hasMember"', ["genotype"]),
    "case-facts": (r"CodeSystem/case-facts", []),
}  # fmt: skip
# not to be stated: the diagnosis is always a Condition, the age a date of birth, and these are always worked out
DERIVED = {"gist-site", "inhibitor-given", "recurrence-risk", "gist-course", "patient-group"}
NEVER_STATED = {"disease", "age-years", *DERIVED}


def carried() -> list[tuple[str, str]]:
    return [(style, fact) for style, (_, facts) in STYLES.items() for fact in facts]


def assert_shown(shown: Shown, style: str, fact: str) -> None:
    mark = re.compile(STYLES[style][0])
    candidates = [
        name
        for name, fixture in FIXTURES.items()
        if fixture.expected.get("encoding") == style
        and {"known", "possible"}.intersection(expected_facts(fixture).get(fact, {}))
    ]
    for name in candidates:
        if any(mark.search(record) for record in shown.records(name, fact)):
            return
    raise AssertionError(f"no patient shows {fact} as {style}; expected without its mark in {candidates}")


def test_every_fixture_names_a_style_of_the_table() -> None:
    named = {name: fixture.expected.get("encoding") for name, fixture in FIXTURES.items()}
    assert {name: style for name, style in named.items() if style not in STYLES} == {}
    assert set(named.values()) == set(STYLES)


@pytest.mark.parametrize(("style", "fact"), carried())
def test_the_style_carries_the_fact(shown: Shown, style: str, fact: str) -> None:
    assert_shown(shown, style, fact)


def test_every_fact_can_be_stated_outright(loaded: Loaded, shown: Shown) -> None:
    """The contract: every fact can be stated with our own CodeSystem; here those on which a GIST's pathway rests.

    That any fact of the vocabulary is read so holds `tests/case/test_stated.py`.
    """
    gist = loaded.knowledge.of("gist")
    criteria = [o.criterion for g in gist.groups.values() for o in g.offers]
    criteria += [
        r.criterion for rules in gist.judge.rules.values() for r in (*rules.contraindicated, *rules.caution)
    ]
    asked = frozenset().union(*(t.facts for t in gist.tables), *(c.facts for c in criteria))
    for fact in sorted(asked - NEVER_STATED):
        assert_shown(shown, "case-facts", fact)


@pytest.mark.parametrize(
    ("name", "fact", "lost", "told"),
    [
        (
            "precedence/coded-margin-over-text",
            "residual-tumour",
            "Observation/margin-text",
            "margin status: R0 (2026-08-20; another record of 2026-08-14 says otherwise)",
        ),
        (
            "precedence/code-over-text-site",
            "primary-site",
            "Condition/gist-1",
            "primary site: small intestine (2026-05-12; another record of 2026-05-12 says otherwise)",
        ),
    ],
)
def test_where_a_code_and_a_text_disagree_the_card_says_that_one_lost(
    shown: Shown, name: str, fact: str, lost: str, told: str
) -> None:
    """Decision 12: precedence decides, and the losing record is shown."""
    assert shown.fact(name, fact)["overruled"] == [lost]
    (card,) = shown.answer(name)["cards"]
    assert told in card["detail"]

"""Every offer and rule cites a source, and what is cited stands there; nothing is copied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ..beside import shared
from .authoring import CARDS, KNOWLEDGE
from .shipped_files import contracted, knowledge, loaded, yaml_of

# what a citation calls a section, and the heading under which it stands in the source
PROSE = "Gastrointestinal stromal tumours (GIST): "

ALGORITHM = "gastrointestinal stromal tumours: "

SECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "000": {
        "Approach": ("Approach",),
        "Patient groups of soft-tissue sarcoma": (
            "Extremity: stage I STS",
            "Retroperitoneal/abdominal STS: disseminated metastases",
        ),
        "Extremity: stage I": ("Extremity: stage I STS",),
        "Extremity: stage II, resectable": ("Extremity: stage II STS, resectable",),
        "Extremity: stage III or N1, resectable": (
            "Extremity: stage III or select stage IV (any T, NI, M0) STS, resectable",
        ),
        "Extremity: unresectable": (
            "Extremity: stage II-III STS or select stage IV (any T, NI, M0) STS, unresectable",
        ),
        "Extremity: stage IV, oligometastatic": (
            "Extremity: stage IV STS, oligometastases with limited tumour bulk or regional nodes",
        ),
        "Extremity: stage IV, disseminated": ("Extremity: stage IV STS, disseminated metastases",),
        "Extremity: recurrent": ("Extremity: recurrent disease",),
        "Retroperitoneal or abdominal: resectable": (
            "Retroperitoneal/abdominal STS: resectable (primary or recurrent)",
        ),
        "Retroperitoneal or abdominal: unresectable": (
            "Retroperitoneal/abdominal STS: unresectable (primary or recurrent)",
        ),
        "Retroperitoneal or abdominal: single organ": (
            "Retroperitoneal/abdominal STS: metastatic disease, single organ and "
            "limited tumour bulk amendable to local therapy",
        ),
        "Retroperitoneal or abdominal: disseminated": (
            "Retroperitoneal/abdominal STS: disseminated metastases",
        ),
        "GIST: resectable with minimal morbidity": (f"{PROSE}resectable with minimal morbidity",),
        "GIST, resectable with minimal morbidity: adjuvant systemic therapy": ("Adjuvant systemic therapy",),
        "GIST, resectable with minimal morbidity: risk levels": (
            "Risk levels for gastric GIST:[41]",
            "Risk levels for non-gastric GIST (includes small bowel and colorectal GIST):",
        ),
        "GIST: resectable with significant morbidity": (f"{PROSE}resectable with significant morbidity",),
        "GIST: unresectable": (f"{PROSE}unresectable",),
        "GIST: progressive": (f"{PROSE}progressive",),
        "GIST: recurrent or metastatic": (f"{PROSE}recurrent or metastatic",),
        "GIST: progressive; GIST: recurrent or metastatic": (
            f"{PROSE}progressive",
            f"{PROSE}recurrent or metastatic",
        ),
        "GIST: resectable with minimal morbidity to recurrent or metastatic": (
            f"{PROSE}resectable with minimal morbidity",
            f"{PROSE}recurrent or metastatic",
        ),
    },
    "001": {
        "Patient groups of soft-tissue sarcoma": (
            "extremity: stage I",
            "retroperitoneal/intra-abdominal: disseminated metastases",
        ),
        "Extremity: stage I": ("extremity: stage I",),
        "Extremity: stage II, resectable": ("extremity: stage II resectable",),
        "Extremity: stage III or N1, resectable": (
            "extremity: stage III or select stage IV (any T, N1, M0), resectable",
        ),
        "Extremity: unresectable": ("extremity: stage III or select stage IV (any T, N1, M0), unresectable",),
        "Extremity: stage IV, oligometastatic": (
            "extremity: stage IV, oligometastases with limited tumour bulk or regional nodes",
        ),
        "Extremity: stage IV, disseminated": ("extremity: stage IV, disseminated metastases",),
        "Extremity: recurrent": ("extremity: recurrent",),
        "Retroperitoneal or abdominal: resectable": (
            "retroperitoneal/intra-abdominal: resectable (primary or recurrent)",
        ),
        "Retroperitoneal or abdominal: unresectable": ("retroperitoneal/intra-abdominal: unresectable",),
        "Retroperitoneal or abdominal: single organ": (
            "retroperitoneal/intra-abdominal: metastatic disease, single organ and "
            "limited tumour bulk amenable to local therapy",
        ),
        "Retroperitoneal or abdominal: disseminated": (
            "retroperitoneal/intra-abdominal: disseminated metastases",
        ),
        "GIST: resectable with minimal morbidity": (f"{ALGORITHM}resectable with minimal morbidity",),
        "GIST: resectable with significant morbidity": (f"{ALGORITHM}resectable with significant morbidity",),
        "GIST: unresectable": (f"{ALGORITHM}unresectable",),
        "GIST: progressive": (f"{ALGORITHM}progressive",),
        "GIST: recurrent or metastatic": (f"{ALGORITHM}recurrent or metastatic",),
        "GIST patient groups": tuple(
            f"{ALGORITHM}{group}"
            for group in (
                "resectable with minimal morbidity",
                "resectable with significant morbidity",
                "unresectable",
                "progressive",
                "recurrent or metastatic",
            )
        ),
    },
    "002": {
        "Localized, smaller (resectable) tumors": ("Localized, smaller (resectable) tumors",),
        "Localized, larger (marginally resectable) tumors": (
            "Localized, larger (marginally resectable) tumors",
        ),
        "Tumors that are not removable or have spread": (
            "Tumors that are not removable or have spread to distant sites (unresectable tumors)",
        ),
        "Recurrent tumors": ("Recurrent tumors",),
    },
    "003": {
        "Role of surgery in recurrent or metastatic disease": (
            "What is the role of surgery in the treatment of recurrent or metastatic soft-tissue sarcomas?",
        ),
    },
    "004": {
        "arms": ("Arm && Interventions",),
        "Inclusion Criteria": ("Inclusion Criteria",),
        "Exclusion Criteria": ("Exclusion Criteria",),
        "Recruitment & Eligibility": ("Recruitment & Eligibility",),
    },
}

# published literature beside each variant: no text of it is kept here
ELSEWHERE = {"variants"}


def seed(source: str) -> str:
    (path,) = shared("seeds").glob(f"{source}_*.txt")
    return path.read_text(encoding="utf-8")


def test_every_offer_and_every_rule_cites_a_source() -> None:
    for group in knowledge().groups.values():
        assert group.sources, group.id
        for offer in group.offers:
            assert offer.sources, offer.id
            assert offer.option in contracted("options.csv"), offer.id
    for option, rules in knowledge().judge.rules.items():
        assert option in contracted("options.csv")
        for rule in (*rules.contraindicated, *rules.caution):
            assert rule.sources, rule.id
    for table in knowledge().tables:
        assert table.sources, table.id


def test_every_cited_section_stands_in_its_source() -> None:
    """A reader finds the heading in the source under the words of the citation."""
    unknown = {
        (c["source"], c["section"])
        for c in loaded().citations
        if c["source"] not in ELSEWHERE and c["section"] not in SECTIONS.get(c["source"], {})
    }

    assert unknown == set()


@pytest.mark.parametrize(
    ("source", "heading"),
    [(source, h) for source, named in SECTIONS.items() for headings in named.values() for h in headings],
)
def test_the_headings_stand_in_the_sources(source: str, heading: str) -> None:
    lines = {line.strip() for line in seed(source).splitlines()}

    assert heading in lines


@pytest.mark.parametrize(
    ("option", "source"),
    [
        # who states what, by hand: ripretinib is named by 002, while 000 and 001 ask for another inhibitor
        ("endoscopic-surveillance", {"002"}),
        ("ripretinib", {"000", "001", "002"}),
        ("imatinib-high-dose", {"000", "001", "002"}),
        ("larotrectinib", {"000", "001"}),
        # of every patient by 000, of limited metastases by both
        ("expert-centre-referral", {"000", "001"}),
        ("doxorubicin+dacarbazine", {"001"}),
        ("regional-lymph-node-dissection", {"000", "001", "003"}),
    ],
)
def test_sources_of_an_option(option: str, source: set[str]) -> None:
    found = {
        s for g in knowledge().groups.values() for o in g.offers if o.option == option for s in o.sources
    }

    assert found == source


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def sentences(content: Any) -> Iterator[str]:
    """Every text inside authored YAML; titles and headings of sources are names and stay as they are."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            if key not in ("title", "section", "display"):
                yield from sentences(value)
    elif isinstance(content, list):
        for value in content:
            yield from sentences(value)


def authored_texts() -> Iterator[tuple[str, str]]:
    for path in sorted(KNOWLEDGE.rglob("*.yaml")):
        for text in sentences(yaml_of(path)):
            yield path.name, text
        comments = [
            line.strip(" #\n") for line in path.open(encoding="utf-8") if line.lstrip().startswith("#")
        ]
        yield path.name, " ".join(comments)
    for path in sorted(CARDS.rglob("*.md")):
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            yield path.name, paragraph


def test_no_eight_words_in_a_row_are_copied_from_a_source() -> None:
    """The sources are others' text: we say what they say in our own words."""
    theirs: set[tuple[str, ...]] = set()
    for path in sorted(shared("seeds").glob("*.txt")):
        theirs |= runs(path.read_text(encoding="utf-8"))
    assert theirs

    copied = [(name, " ".join(run)) for name, text in authored_texts() for run in runs(text) & theirs]
    assert copied == []

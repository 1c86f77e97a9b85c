"""What is shipped: codes that were read somewhere, licences kept, sources cited, nothing copied from them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.cli.ground import settings_of
from cds_service.loading import Loaded
from cds_service.pathway.knowledge import Knowledge
from tests.shipped import shipped

from ..beside import shared
from .authoring import CARDS, KNOWLEDGE

SNOMED = "http://snomed.info/sct"
FREE = "SNOMED Global Patient Set"
AFFILIATE = "snomed-affiliate"
# ICD categories: every code below the category means the concept, and a national edition adds codes that no
# list has; the terminology's notes ask for prefixes here. Not in codes.csv, which lists codes, not categories.
CATEGORIES = {
    ("comorbid.heart-failure", "icd-10-cm", "I50"),
    ("comorbid.heart-failure", "icd-10", "I50"),
    ("comorbid.liver-failure", "icd-10-cm", "K72"),
    ("comorbid.liver-failure", "icd-10", "K72"),
    ("morph.gist", "icd-o-3", "8936"),  # morphology without its behaviour digit
    ("dx.metastasis.lung", "icd-10-cm", "C78.0"),  # the side is the fifth character
    ("dx.metastasis.bone", "icd-10-cm", "C79.5"),  # bone or bone marrow
    ("dx.metastasis.adrenal", "icd-10-cm", "C79.7"),  # the side
    ("site.esophagus", "icd-10", "C15"),
    ("site.esophagus", "icd-o-3", "C15"),
    ("site.stomach", "icd-10", "C16"),
    ("site.stomach", "icd-o-3", "C16"),
    ("site.colon", "icd-10", "C18"),
    ("site.colon", "icd-o-3", "C18"),
    ("dx.sts", "icd-10-cm", "C49"),
    ("dx.sts", "icd-10", "C49"),
    ("procedure.amputation", "icd-10-pcs", "0Y6"),  # detachment of a part of the lower extremity
    ("procedure.amputation", "icd-10-pcs", "0X6"),  # and of the upper one
    ("procedure.resection.soft-tissue", "icd-10-pcs", "0JB"),  # subcutaneous tissue and fascia
    ("procedure.resection.soft-tissue", "icd-10-pcs", "0KB"),  # muscle
    ("procedure.resection.soft-tissue", "icd-10-pcs", "0KT"),
    ("procedure.resection.retroperitoneum", "icd-10-pcs", "0WBH"),
}
# Codes that name the place and the kind at once, which the terminology lists under the place alone.
ALSO = {
    ("dx.liposarcoma", "sct", "722515001"),  # primary liposarcoma of the retroperitoneum
    ("dx.leiomyosarcoma", "sct", "722513008"),  # primary leiomyosarcoma of the retroperitoneum
}
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


def loaded() -> Loaded:
    return shipped(affiliate=True)


def knowledge() -> Knowledge:
    return loaded().knowledge


def yaml_of(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def systems() -> dict[str, str]:
    return {row["system"]: row["uri"] for row in yaml_of(KNOWLEDGE / "systems.yaml")["systems"]}


@cache
def codes() -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of the shared terminology by system and code."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with shared("terminology", "codes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found.setdefault((row["system"], row["code"]), []).append(row)
    return found


def value_sets() -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Every code of every value set, with its file and its concept."""
    for path in sorted((KNOWLEDGE / "value_sets").rglob("*.yaml")):
        for concept, rows in yaml_of(path)["concepts"].items():
            for row in rows:
                yield path, concept, row


def contracted(name: str) -> set[str]:
    with shared("contract", name).open(encoding="utf-8") as lines:
        return {row["id"] for row in csv.DictReader(lines)}


def seed(source: str) -> str:
    (path,) = shared("seeds").glob(f"{source}_*.txt")
    return path.read_text(encoding="utf-8")


def test_every_code_is_one_of_the_terminology_with_the_same_concept() -> None:
    strange = [
        (path.name, concept, row["system"], row["code"])
        for path, concept, row in value_sets()
        if concept not in {r["concept"] for r in codes().get((systems()[row["system"]], row["code"]), [])}
        and (concept, row["system"], row["code"]) not in CATEGORIES | ALSO
    ]

    assert strange == []


def test_every_allowed_category_is_used_as_a_prefix_of_listed_codes() -> None:
    """An exception that nobody needs any more goes."""
    used = {
        (concept, row["system"], row["code"]) for _, concept, row in value_sets() if row.get("prefix") is True
    }
    assert used >= CATEGORIES

    for concept, system, code in CATEGORIES:
        below = [
            r
            for (uri, other), rows in codes().items()
            for r in rows
            if uri in (systems()[system], systems()["icd-10-cm"]) and other.startswith(code)
        ]
        assert concept in {r["concept"] for r in below}, (concept, code)


def test_snomed_ids_outside_the_free_set_are_in_the_affiliate_pack_alone_and_without_display() -> None:
    for path, concept, row in value_sets():
        if systems()[row["system"]] != SNOMED:
            continue
        free = any(FREE in r["evidence"] for r in codes()[SNOMED, row["code"]])
        in_pack = path.parent.name == AFFILIATE
        assert free is not in_pack, (path.name, concept, row["code"])
        assert not (in_pack and "display" in row), (path.name, concept, row["code"])


def test_the_affiliate_pack_holds_nothing_but_snomed_ids() -> None:
    for path, concept, row in value_sets():
        if path.parent.name == AFFILIATE:
            assert (row["system"], set(row) - {"prefix"}) == ("sct", {"system", "code"}), (path.name, concept)


def test_the_affiliate_pack_is_read_only_when_asked_for() -> None:
    in_pack = {row["code"] for path, _, row in value_sets() if path.parent.name == AFFILIATE}
    plain = {code for rows in shipped().terminology.codings.values() for _, code, _ in rows}
    whole = {code for rows in loaded().terminology.codings.values() for _, code, _ in rows}

    assert in_pack
    assert not plain & in_pack
    assert whole >= in_pack


@pytest.mark.parametrize("environment", [{}, {"CDS_SERVICE_SNOMED_AFFILIATE": ""}])
def test_nobody_gets_the_affiliate_pack_without_accepting_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CDS_SERVICE_SNOMED_AFFILIATE", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert settings_of().snomed_affiliate is False


@pytest.mark.parametrize("word", ["ama-assn.org", "/cpt", "cap.org", "oncokb"])
def test_no_terminology_that_may_not_be_shipped(word: str) -> None:
    """CPT, CAP and OncoKB ask for licences that users of this service do not have."""
    for root in (KNOWLEDGE, CARDS):
        for path in root.rglob("*.*"):
            assert word not in path.read_text(encoding="utf-8").lower(), path.name


def test_every_option_is_one_of_the_contract() -> None:
    assert set(knowledge().judge.options) <= contracted("options.csv")


def test_every_group_is_one_of_the_contract() -> None:
    assert set(knowledge().groups) <= contracted("patient-groups.csv")


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


def test_every_drug_that_can_be_ordered_has_codes_and_words() -> None:
    """A draft of it must be recognised, coded or not."""
    readings = yaml_of(KNOWLEDGE / "readings.yaml")["words"]
    concepts = {concept for _, concept, _ in value_sets()}
    for option in knowledge().judge.options.values():
        if option.kind in ("drug", "regimen"):
            for item in option.items:
                assert f"drug.{item}" in concepts, item
                assert item in readings[f"drug.{item}"], item


def test_the_vocabulary_of_therapies_names_every_drug_of_the_options() -> None:
    drugs = {i for o in knowledge().judge.options.values() if o.kind in ("drug", "regimen") for i in o.items}

    for fact in ("prior-therapies", "current-therapy", "neoadjuvant-therapy"):
        assert drugs <= set(knowledge().vocabulary[fact].values), fact

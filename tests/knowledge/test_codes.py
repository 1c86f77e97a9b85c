"""Every shipped code is one of the terminology notes', and SNOMED ids keep to their licence."""

from __future__ import annotations

import csv
from functools import cache

import pytest

from cds_service.cli.ground import settings_of
from tests.shipped import shipped

from ..beside import shared
from .authoring import CARDS, KNOWLEDGE
from .shipped_files import knowledge, loaded, value_sets, yaml_of

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

# Codes that the terminology does not list, each confirmed by public pages.
CONFIRMED = {
    # loinc.org/53037-8, answer list LL4034-6
    ("gen.value.likely-benign", "loinc", "LA26334-5"),
    # sequenceontology.org; 0001019 and 0001742 stand in HL7's examples of genomics reporting too
    ("gen.value.copy-number-change", "so", "SO:0001019"),
    ("gen.value.copy-number-change", "so", "SO:0001742"),
    ("gen.value.copy-number-change", "so", "SO:0001743"),
    ("gen.value.copy-number-change", "so", "SO:0001880"),
}


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


def test_every_code_is_one_of_the_terminology_with_the_same_concept() -> None:
    strange = [
        (path.name, concept, row["system"], row["code"])
        for path, concept, row in value_sets()
        if concept not in {r["concept"] for r in codes().get((systems()[row["system"]], row["code"]), [])}
        and (concept, row["system"], row["code"]) not in CATEGORIES | ALSO | CONFIRMED
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


def test_every_drug_that_can_be_ordered_has_codes_and_words() -> None:
    """A draft of it must be recognised, coded or not."""
    readings = yaml_of(KNOWLEDGE / "readings.yaml")["words"]
    concepts = {concept for _, concept, _ in value_sets()}
    for option in knowledge().judge.options.values():
        if option.kind in ("drug", "regimen"):
            for item in option.items:
                assert f"drug.{item}" in concepts, item
                assert item in readings[f"drug.{item}"], item

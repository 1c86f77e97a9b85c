"""The site of a soft-tissue sarcoma, as the record says it."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICD10GM,
    ICDO,
    SARCOMA,
    SCT,
    Json,
    case_of,
    concept,
    fact_of,
    histology,
    possible,
    refer,
    sarcoma,
    stated,
    strictly,
)


@pytest.mark.parametrize(
    ("code", "site"),
    [
        ("C49.0", "head-neck"),
        ("C49.10", "upper-limb"),
        ("C49.22", "lower-limb"),
        ("C49.3", "trunk"),
        ("C49.4", "abdominal-wall"),
        ("C49.5", "pelvis"),
        ("C49.6", "trunk"),
        ("C48.0", "retroperitoneum"),
        ("C22.4", "liver"),
    ],
)
def test_the_site_in_the_diagnosis_code(code: str, site: str) -> None:
    assert possible(fact_of("primary-site", sarcoma(code))) == {site}


def test_c48_1_holds_mesentery_and_omentum() -> None:
    said = sarcoma("C48.1", extension=histology("8850/3"))
    assert possible(fact_of("primary-site", said)) == {"peritoneum", "mesentery", "omentum"}


@pytest.mark.parametrize("code", ["C49.8", "C49.9"])
def test_a_sarcoma_of_unspecified_site(code: str) -> None:
    assert not fact_of("primary-site", sarcoma(code)).known


@pytest.mark.parametrize(
    ("code", "place", "site"),
    [
        ("C49.21", concept(SCT, "68367000"), "thigh"),
        ("C49.22", concept(SCT, "30021000"), "lower-leg"),
        ("C49.22", concept(SCT, "32361000"), "knee"),
        ("C49.11", concept(SCT, "14975008"), "forearm"),
        ("C49.11", concept(SCT, "26444007"), "shoulder"),
        ("C49.5", concept(SCT, "46862004"), "buttock"),
        ("C49.5", concept(SCT, "26893007"), "groin"),
        ("C49.5", concept(text="Right buttock"), "buttock"),
        ("C49.3", concept(SCT, "91470000"), "axilla"),
        ("C49.3", concept(SCT, "78904004"), "chest-wall"),
        ("C49.6", concept(SCT, "77568009"), "back"),
        ("C49.9", concept(SCT, "818983003"), "abdomen"),
        ("C49.4", concept(SCT, "818983003"), "abdominal-wall"),
        ("C49.9", concept(SCT, "12921003"), "pelvis"),
        ("C48.1", concept(SCT, "27398004"), "omentum"),
        ("C49.9", concept(ICDO, "C49.2"), "lower-limb"),
        ("C49.9", concept(ICDO, "C76.4"), "upper-limb"),
        ("C49.9", concept(ICDO, "C492"), "lower-limb"),
        ("C49.9", concept(ICDO, "C48.0"), "retroperitoneum"),
        ("C49.9", concept(text="Spermatic cord"), "paratesticular"),
        ("C49.9", concept(text="Left breast"), "breast"),
    ],
)
def test_an_explicit_body_site_decides_within_the_code(code: str, place: Json, site: str) -> None:
    said = sarcoma(code, bodySite=[place], extension=histology("8850/3"))
    assert possible(strictly("primary-site", said)) == {site}


def test_a_code_and_a_body_site_elsewhere_are_both_possible() -> None:
    fact = strictly("primary-site", sarcoma("C49.4", bodySite=[concept(SCT, "82849001")]))
    assert fact.why == "conflicting"
    assert possible(fact) == {"abdominal-wall", "retroperitoneum"}


def test_the_side_does_not_matter() -> None:
    sided = [{"coding": [{"system": SCT, "code": "68367000"}, {"system": SCT, "code": "7771000"}]}]
    assert possible(strictly("primary-site", sarcoma("C49.22", bodySite=sided))) == {"thigh"}


def test_a_licensed_site_and_disorder() -> None:
    side = [concept(SCT, "62175007")]
    assert possible(fact_of("primary-site", sarcoma("C49.9", bodySite=side), affiliate=True)) == {
        "lower-limb"
    }
    assert possible(fact_of("primary-site", sarcoma("188020001", SCT), affiliate=True)) == {"buttock"}
    assert possible(fact_of("primary-site", sarcoma("307219002", SCT), affiliate=True)) == {"retroperitoneum"}
    limb = sarcoma("C49.9", bodySite=[concept(SCT, "430636002")])
    assert possible(fact_of("primary-site", limb, affiliate=True)) == {"upper-limb", "lower-limb"}


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("Soft tissue sarcoma of the left thigh", "thigh"),
        ("Retroperitoneal liposarcoma", "retroperitoneum"),
        ("Leiomyosarcoma of uterus", "uterus"),
        ("Angiosarcoma of scalp", "head-neck"),
        ("Liposarcoma of abdominal wall", "abdominal-wall"),
    ],
)
def test_the_site_in_words(text: str, site: str) -> None:
    assert possible(fact_of("primary-site", sarcoma(concept(text=text)))) == {site}


def test_the_organ_code_of_the_who_beside_the_morphology() -> None:
    said = sarcoma(concept(ICD10GM, "C16.9"), extension=histology("8890/3"))
    case = case_of(said)
    assert possible(case.facts["disease"]) == {"sts"}
    assert possible(case.facts["primary-site"]) == {"stomach"}


def test_a_stated_site_wins() -> None:
    said = stated("primary-site", value="thigh", focus=refer(SARCOMA))
    assert possible(fact_of("primary-site", sarcoma("C49.5"), said)) == {"thigh"}

"""The histology of a soft-tissue sarcoma, as the record says it."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    ICDO,
    LOINC,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    histology,
    observation,
    possible,
    sarcoma,
    stated,
    strictly,
)

from .sarcoma_codes import NCIT, ONCOTREE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("8850/3", "liposarcoma"),
        ("8851/3", "liposarcoma-well-differentiated"),
        ("8858/3", "liposarcoma-dedifferentiated"),
        ("8852/3", "liposarcoma-myxoid"),
        ("8853/3", "liposarcoma-myxoid"),  # round cell
        ("8854/3", "liposarcoma-pleomorphic"),
        ("8890/3", "leiomyosarcoma"),
        ("8891/3", "leiomyosarcoma"),
        ("8896/3", "leiomyosarcoma"),
        ("9040/3", "synovial-sarcoma"),
        ("9043/3", "synovial-sarcoma"),
        ("8830/3", "undifferentiated-pleomorphic-sarcoma"),
        ("8802/3", "undifferentiated-pleomorphic-sarcoma"),
        ("8805/3", "undifferentiated-pleomorphic-sarcoma"),
        ("8811/3", "myxofibrosarcoma"),
        ("8810/3", "fibrosarcoma"),
        ("9120/3", "angiosarcoma"),
        ("9540/3", "malignant-peripheral-nerve-sheath-tumour"),
        ("9561/3", "malignant-peripheral-nerve-sheath-tumour"),
        ("8804/3", "epithelioid-sarcoma"),
        ("9044/3", "clear-cell-sarcoma"),
        ("9581/3", "alveolar-soft-part-sarcoma"),
        ("9231/3", "extraskeletal-myxoid-chondrosarcoma"),
        ("8900/3", "rhabdomyosarcoma"),
        ("8920/3", "rhabdomyosarcoma"),
        ("9260/3", "ewing-sarcoma"),
        ("8832/3", "dermatofibrosarcoma"),
        ("8890/6", "leiomyosarcoma"),
        ("8890", "leiomyosarcoma"),
    ],
)
def test_the_histology_by_its_morphology(code: str, expected: str) -> None:
    assert possible(fact_of("histology", sarcoma("C49.21", extension=histology(code)))) == {expected}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(SCT, "254829001"), "liposarcoma"),
        (concept(SCT, "443719001"), "leiomyosarcoma"),
        (concept(SCT, "443439001"), "undifferentiated-pleomorphic-sarcoma"),
        (concept(SCT, "302847003"), "rhabdomyosarcoma"),
        (concept(ONCOTREE, "WDLS"), "liposarcoma-well-differentiated"),
        (concept(ONCOTREE, "LGFMS"), "low-grade-fibromyxoid-sarcoma"),
        (concept(ONCOTREE, "ESST"), "ewing-sarcoma"),
        (concept(NCIT, "C3750"), "alveolar-soft-part-sarcoma"),
        (concept(text="Desmoplastic small round cell tumour"), "desmoplastic-small-round-cell-tumour"),
        (concept(text="Myxoid/round cell liposarcoma of thigh"), "liposarcoma-myxoid"),
        (concept(text="Low-grade fibromyxoid sarcoma"), "low-grade-fibromyxoid-sarcoma"),
        (concept(text="MPNST of the forearm"), "malignant-peripheral-nerve-sheath-tumour"),
    ],
)
def test_the_histology_by_the_diagnosis(code: Json, expected: str) -> None:
    assert possible(fact_of("histology", sarcoma(code))) == {expected}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("404068003", "liposarcoma-well-differentiated"),  # sclerosing
        ("404070007", "liposarcoma-myxoid"),  # round cell
        ("404072004", "liposarcoma-dedifferentiated"),
        ("404056007", "alveolar-soft-part-sarcoma"),
        ("402876004", "malignant-peripheral-nerve-sheath-tumour"),
        ("404088004", "low-grade-fibromyxoid-sarcoma"),
    ],
)
def test_the_histology_by_a_licensed_disorder(code: str, expected: str) -> None:
    assert possible(fact_of("histology", sarcoma(code, SCT), affiliate=True)) == {expected}


@pytest.mark.parametrize("code", ["8800/3", "8801/3"])
def test_a_sarcoma_of_no_specified_kind_has_an_unknown_histology(code: str) -> None:
    assert not fact_of("histology", sarcoma("C49.21", extension=histology(code))).known
    assert not fact_of("histology", sarcoma()).known


def test_the_kind_counts_and_not_the_family_beside_it() -> None:
    said = sarcoma("254829001", SCT, extension=histology("8858/3"))
    assert possible(strictly("histology", said)) == {"liposarcoma-dedifferentiated"}
    elsewhere = condition("again", concept(SCT, "254829001"))
    assert possible(strictly("histology", sarcoma(extension=histology("8852/3")), elsewhere)) == {
        "liposarcoma-myxoid"
    }


def test_a_kind_in_the_text_of_a_family_code_counts() -> None:
    said = sarcoma(concept(SCT, "254829001", text="Dedifferentiated liposarcoma"))
    assert possible(fact_of("histology", said)) == {"liposarcoma-dedifferentiated"}


def test_a_code_and_a_morphology_that_disagree_are_both_possible() -> None:
    fact = strictly("histology", sarcoma("254829001", SCT, extension=histology("8890/3")))
    assert fact.why == "conflicting"
    assert possible(fact) == {"liposarcoma", "leiomyosarcoma"}


def test_the_pathologists_own_observation() -> None:
    coded = observation("h", concept(LOINC, "31206-6"), valueCodeableConcept=concept(ICDO, "9040/3"))
    assert possible(fact_of("histology", sarcoma(), coded)) == {"synovial-sarcoma"}
    words = observation("h", concept(text="Histologic type"), valueString="Epithelioid sarcoma")
    assert possible(fact_of("histology", sarcoma(), words)) == {"epithelioid-sarcoma"}
    denied = observation("h", concept(text="Histologic type"), valueString="Not a synovial sarcoma")
    assert not fact_of("histology", sarcoma(), denied).known


def test_a_stated_histology_takes_public_codes_and_wins() -> None:
    said = stated("histology", valueCodeableConcept=concept(ICDO, "8854/3"))
    assert possible(strictly("histology", sarcoma(extension=histology("8852/3")), said)) == {
        "liposarcoma-pleomorphic"
    }

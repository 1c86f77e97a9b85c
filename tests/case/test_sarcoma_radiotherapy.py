"""How a soft-tissue sarcoma was irradiated, as the record says it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.case.chart import (
    ICD10CM,
    SARCOMA,
    SCT,
    Json,
    concept,
    condition,
    fact_of,
    in_doubt,
    present,
    procedure,
    refer,
    sarcoma,
)

from .sarcoma_treatments import excised, intended

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
COURSE = f"{MCODE}mcode-radiotherapy-modality-and-technique"
RT = concept(SCT, "108290001")


def irradiated(
    code: Json | None = None, id_: str = "rt", period: tuple[str, str] | None = None, **members: Any
) -> Json:
    if period:
        members["performedPeriod"] = {"start": period[0], "end": period[1]}
    return procedure(id_, code or RT, None, **members)


@pytest.mark.parametrize("word", ["neoadjuvant", "adjuvant", "palliative"])
def test_radiotherapy_by_its_intent(word: str) -> None:
    given = irradiated(extension=intended(word), reasonReference=refer(SARCOMA))
    assert present(fact_of("prior-radiotherapy", sarcoma(), given)) == {word}


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("Preoperative radiotherapy", "neoadjuvant"),
        ("Adjuvant radiotherapy, left thigh", "adjuvant"),
        ("Definitive radiotherapy", "definitive"),
        ("Palliative radiation therapy", "palliative"),
        ("SBRT", "sbrt"),
        ("Stereotactic body radiotherapy", "sbrt"),
        ("Intraoperative radiotherapy", "intraoperative"),
        ("Radiotherapy boost", "boost"),
        ("Adjuvant brachytherapy", "adjuvant"),
    ],
)
def test_radiotherapy_in_words(text: str, member: str) -> None:
    assert present(fact_of("prior-radiotherapy", sarcoma(), irradiated(concept(text=text)))) == {member}


@pytest.mark.parametrize(
    ("period", "member"),
    [(("2025-01-10", "2025-02-14"), "neoadjuvant"), (("2025-05-01", "2025-06-12"), "adjuvant")],
)
def test_radiotherapy_by_its_date_against_the_resection(period: tuple[str, str], member: str) -> None:
    given = irradiated(period=period)
    assert present(fact_of("prior-radiotherapy", sarcoma(), excised("2025-03-20"), given)) == {member}


@pytest.mark.parametrize(
    "records",
    [
        [irradiated()],  # no resection, no date, no intent
        [irradiated(period=("2025-01-10", "2025-02-14"))],
        [irradiated(), excised("2025-03-20")],
        [irradiated(period=("2025-01-10", "2025-02-14")), excised()],
        [irradiated(period=("2025-03-10", "2025-04-14")), excised("2025-03-20")],
        [
            irradiated(period=("2027-01-10", "2027-02-14")),
            excised("2025-03-20"),
        ],  # years later: for something else
        [irradiated(extension=intended("curative"))],
    ],
)
def test_radiotherapy_that_may_have_been_before_or_after_stays_open(records: list[Json]) -> None:
    fact = fact_of("prior-radiotherapy", sarcoma(), *records)
    assert present(fact) == set()
    assert in_doubt(fact, "neoadjuvant")
    assert in_doubt(fact, "adjuvant")


def _course(technique: str, short: bool) -> Json:
    names = (
        ("modality", "technique")
        if short
        else (f"{MCODE}mcode-radiotherapy-modality", f"{MCODE}mcode-radiotherapy-technique")
    )
    parts = [
        {"url": names[0], "valueCodeableConcept": concept(SCT, "1156506007")},
        {"url": names[1], "valueCodeableConcept": concept(SCT, technique)},
    ]
    return {"url": COURSE, "extension": parts}


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize(
    ("technique", "member"), [("168524008", "intraoperative"), ("115959002", "sbrt"), ("445232009", "boost")]
)
def test_a_course_by_its_technique(technique: str, member: str, short: bool) -> None:
    given = irradiated(concept(SCT, "1217123003"), extension=[_course(technique, short)])
    assert present(fact_of("prior-radiotherapy", sarcoma(), given, affiliate=True)) == {member}


@pytest.mark.parametrize("affiliate", [True, False])
def test_a_course_is_known_by_its_extension_without_the_licensed_codes(affiliate: bool) -> None:
    given = irradiated(
        concept(SCT, "1217123003"), extension=[_course("441799006", True), *intended("neoadjuvant")]
    )
    assert present(fact_of("prior-radiotherapy", sarcoma(), given, affiliate=affiliate)) == {"neoadjuvant"}


@pytest.mark.parametrize(
    "given",
    [
        irradiated(reasonCode=[concept(ICD10CM, "C50.911")], extension=intended("adjuvant")),
        irradiated(bodySite=[concept(text="Left breast")], extension=intended("adjuvant")),
        irradiated(extension=intended("adjuvant"), status="not-done"),
        irradiated(concept(text="No radiotherapy given")),
        irradiated(reasonReference=refer("Condition/met"), extension=intended("palliative")),
        irradiated(concept(ICD10CM, "Z92.3")),
    ],
)
def test_what_is_no_radiotherapy_of_the_tumour(given: Json) -> None:
    met = condition("met", concept(ICD10CM, "C79.51"))
    fact = fact_of("prior-radiotherapy", sarcoma(), met, given)
    assert present(fact) == set()
    assert not in_doubt(fact, "adjuvant")


def test_no_radiotherapy_recorded_is_none_and_a_failed_query_leaves_it_open() -> None:
    assert not in_doubt(fact_of("prior-radiotherapy", sarcoma()), "neoadjuvant")
    assert in_doubt(fact_of("prior-radiotherapy", sarcoma(), failed=("procedures",)), "neoadjuvant")

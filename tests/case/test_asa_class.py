"""ASA classes in the record."""

from __future__ import annotations

import pytest

from tests.case.chart import (
    SCT,
    Json,
    concept,
    fact_of,
    gist,
    observation,
    point,
    stated,
)

from .eligibility_records import undecided


@pytest.mark.parametrize(
    ("code", "asa"),
    [("413495001", 1), ("413496000", 2), ("413497009", 3), ("413498004", 4), ("413499007", 5)],
)
def test_asa_class_by_its_snomed_codes(code: str, asa: int) -> None:
    said = observation("asa", concept(SCT, "413347006"), valueCodeableConcept=concept(SCT, code))

    assert point(fact_of("asa-class", gist(), said, affiliate=True)) == asa
    # licensed ids are not read unless the licence is stated
    assert undecided("asa-class", said)


@pytest.mark.parametrize(
    ("value", "asa"),
    [
        ({"valueInteger": 2}, 2),
        ({"valueQuantity": {"value": 3}}, 3),
        ({"valueString": "ASA II"}, 2),
        ({"valueString": "III"}, 3),
        ({"valueString": "asa class 4E"}, 4),
        ({"valueCodeableConcept": {"text": "ASA 1"}}, 1),
    ],
)
def test_asa_class_by_its_name(value: Json, asa: int) -> None:
    assert point(fact_of("asa-class", gist(), observation("asa", concept(text="ASA class"), **value))) == asa


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 0},
        {"valueInteger": 7},
        {"valueQuantity": {"value": 2.5}},
        {"valueQuantity": {"value": 3, "comparator": "<"}},
        {"valueString": "ASA II-III"},
        {"valueString": "IIII"},
        {"valueString": "unknown"},
        {},
    ],
)
def test_an_asa_class_that_is_none_stays_unknown(value: Json) -> None:
    found = fact_of("asa-class", gist(), observation("asa", concept(text="ASA score"), **value))

    assert (point(found), found.why) == (None, "uncodable")


def test_acetylsalicylic_acid_is_no_asa_class() -> None:
    assert (
        fact_of("asa-class", gist(), observation("asa", concept(text="ASA"), valueInteger=2)).why == "missing"
    )


def test_two_asa_classes_of_one_day_on_either_side_of_the_limit_are_conflicting() -> None:
    both = [
        observation(f"asa-{n}", concept(text="ASA class"), valueInteger=n, effectiveDateTime="2025-11-01")
        for n in (2, 3)
    ]

    assert fact_of("asa-class", gist(), *both).why == "conflicting"


@pytest.mark.parametrize("value", [0, 7])
def test_a_stated_asa_class_outside_the_scale_is_not_used(value: int) -> None:
    assert undecided("asa-class", stated("asa-class", valueInteger=value))

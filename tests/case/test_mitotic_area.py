"""The area of a mitotic count: beside the number, in the name of the question, or in both."""

from __future__ import annotations

from typing import Any

import pytest

from .chart import SCT, Json, concept, fact_of, gist, mitoses, point, quantity


def count_of(said: Json, *, affiliate: bool = False) -> Any:
    return fact_of("mitoses-per-50-hpf", gist(), said, affiliate=affiliate)


def named(name: str, **value: Any) -> Json:
    return mitoses(code=concept(text=name), **value)


def ratio(area: float, unit: str) -> Json:
    return {"numerator": {"value": 3}, "denominator": quantity(area, unit)}


@pytest.mark.parametrize(
    "said",
    [
        named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "/mm2")),
        named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "/2 mm2")),
        named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "/10 HPF")),
        named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "%")),
        named("Mitotic rate per 50 HPF", valueQuantity={"value": 3, "unit": "/50 HPF", "code": "/mm2"}),
        named("Mitotic rate per mm2", valueQuantity=quantity(3, "/50 HPF")),
        named("Mitotic rate per 50 HPF", valueRatio=ratio(1, "mm2")),
        named("Mitotic rate per 50 HPF", valueString="3/mm2"),
        named("Mitotic rate per 50 HPF", valueString="3/10 HPF"),
        named(
            "Mitotic rate per 50 HPF", valueRange={"low": quantity(1, "/50 HPF"), "high": quantity(3, "/mm2")}
        ),
    ],
)
def test_an_area_other_than_that_of_the_name_leaves_the_count_unknown(said: Json) -> None:
    """13: a count per mm2 that is read as one per 50 HPF is five times too low."""
    found = count_of(said)
    assert (point(found), found.why) == (None, "uncodable")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "/50 HPF")), 3),
        (named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "{mitoses}")), 3),
        (named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "mitotic figures")), 3),
        (named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "1")), 3),
        (named("Mitotic rate per 50 HPF", valueQuantity={"value": 3}), 3),
        (named("Mitotic rate per 50 HPF", valueQuantity={"value": 3, "unit": "/50 HPF", "code": "1"}), 3),
        # 13: 5 mm2 are 50 fields
        (named("Mitotic rate per 50 HPF", valueQuantity=quantity(3, "/5 mm2")), 3),
        (named("Mitotic rate (10 HPF)", valueQuantity=quantity(3, "/10 HPF")), 15),
        (named("Mitotic rate", valueQuantity=quantity(3, "/10 HPF")), 15),
        (named("Mitotic rate per 50 HPF", valueString="3"), 3),
        (named("Mitotic rate per 50 HPF", valueString="3/5 mm2"), 3),
        (named("Mitotic rate per 50 HPF", valueRatio=ratio(50, "[HPF]")), 3),
        (
            named(
                "Mitotic rate per 50 HPF", valueRatio={"numerator": {"value": 3}, "denominator": {"value": 1}}
            ),
            3,
        ),
    ],
)
def test_the_area_of_the_number_or_else_of_the_name(said: Json, expected: float) -> None:
    assert point(count_of(said)) == expected


@pytest.mark.parametrize(("unit", "expected"), [("/50 HPF", 3), ("{mitoses}", 15), ("/2mm2", None)])
def test_the_unit_counts_before_the_area_that_a_code_implies(unit: str, expected: float | None) -> None:
    said = mitoses(code=concept(SCT, "406094009"), valueQuantity=quantity(3, unit))
    assert point(count_of(said, affiliate=True)) == expected

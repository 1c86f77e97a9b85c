"""Tumour size and mitotic count in the shapes in which records carry them."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from cds_service.case.fact import Interval
from tests.case.chart import (
    LOINC,
    OMOP,
    SCT,
    Json,
    component,
    concept,
    fact_of,
    gist,
    mitoses,
    observation,
    point,
    quantity,
    size,
    stated,
    statement,
)


def size_of(*resources: Json) -> Any:
    return fact_of("tumour-size-cm", gist(), *resources)


def count_of(*resources: Json, affiliate: bool = False) -> Any:
    return fact_of("mitoses-per-50-hpf", gist(), *resources, affiliate=affiliate)


# --- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["21889-1", "33728-7"])
@pytest.mark.parametrize(("value", "unit"), [(6.2, "cm"), (62, "mm")])
def test_size_directly_on_the_observation(code: str, value: float, unit: str) -> None:
    said = observation("s", concept(LOINC, code), valueQuantity=quantity(value, unit))
    assert point(size_of(said)) == 6.2


def test_size_in_a_component_is_the_longest_dimension() -> None:
    longest = component("33728-7", valueQuantity=quantity(62, "mm"))
    other = component("33729-5", valueQuantity=quantity(9, "cm"))
    assert point(size_of(size(component=[other, longest]))) == 6.2


def test_a_lesser_dimension_alone_is_no_size() -> None:
    """The longest may be longer."""
    fact = size_of(size(component=[component("33729-5", valueQuantity=quantity(4, "cm"))]))
    assert point(fact) is None


@pytest.mark.parametrize(
    ("text", "cm"),
    [("6.2 x 4 x 3 cm", 6.2), ("62 mm", 6.2), ("4 × 6,2 cm", 6.2), ("6.2 by 4 cm", 6.2), ("4x3x6.2cm", 6.2)],
)
def test_size_in_words(text: str, cm: float) -> None:
    assert point(size_of(size(valueString=text))) == cm


@pytest.mark.parametrize(
    "said",
    [
        concept(text="Tumor size"),
        concept(text="Tumour size"),
        concept("urn:local", "77", text="Size of tumour"),
    ],
)
def test_the_question_in_words(said: Json) -> None:
    assert point(size_of(observation("s", said, valueQuantity=quantity(6, "cm")))) == 6


@pytest.mark.parametrize(
    ("text", "wrong"),
    [(">10 cm", 10.0), ("> 10 cm", 10.0), ("<2 cm", 2.0), ("less than 2 cm", 2.0), ("more than 10 cm", 10.0),
     ("at least 5 cm", 5.0), ("5-6 cm", 6.0), ("5 to 6 cm", 6.0)],
)  # fmt: skip
def test_an_inexact_size_in_words_is_no_exact_size(text: str, wrong: float) -> None:
    """More than 10 cm is another cell of the risk table than 10 cm, less than 2 cm another group than 2 cm."""
    assert size_of(size(valueString=text)).value != Interval(wrong, wrong)


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        (">", Interval(10, inf, low_open=True)),
        (">=", Interval(10, inf)),
        ("<", Interval(0, 10, high_open=True)),
        ("<=", Interval(0, 10)),
    ],
)
def test_a_size_with_a_comparator_is_an_interval(comparator: str, expected: Interval) -> None:
    assert size_of(size(valueQuantity=quantity(10, "cm", comparator))).value == expected


@pytest.mark.parametrize(
    "value",
    [{"value": 6}, {"value": 6, "unit": "kg"}, {"value": 6, "unit": "cm2", "code": "cm2"}, {"value": -6, "unit": "cm"},
     {"unit": "cm"}, {"value": 6, "unit": "cm", "comparator": "~"}],
    ids=["no-unit", "kg", "area", "negative", "no-number", "comparator"],
)  # fmt: skip
def test_a_size_without_a_usable_number_or_unit_is_unknown(value: Json) -> None:
    fact = size_of(size(valueQuantity=value))
    assert point(fact) is None
    assert fact.why == "uncodable"


def test_two_sizes_in_one_text_are_not_chosen_between() -> None:
    assert point(size_of(size(valueString="two nodules, 3 cm and 7 cm"))) is None


# --- size: which record wins ---------------------------------------------------------------------


IMAGE: Json = {"category": [concept("urn:c", "imaging")]}
SPECIMEN: Json = {"specimen": {"reference": "Specimen/s"}}


@pytest.mark.parametrize("image_on", ["2024-01-01", "2025-01-01", None])
def test_pathology_outranks_imaging_whatever_the_dates(image_on: str | None) -> None:
    dated = {"effectiveDateTime": image_on} if image_on else {}
    image = size("a", 7, **IMAGE, **dated)
    specimen = size("b", 4, **SPECIMEN, effectiveDateTime="2024-06-01")
    fact = size_of(image, specimen)
    assert point(fact) == 4
    assert [e.resource for e in fact.overruled] == ["Observation/a"]


@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
def test_the_later_of_two_images_wins(ids: tuple[str, str]) -> None:
    old = size(ids[0], 4, **IMAGE, effectiveDateTime="2024-01-01")
    new = size(ids[1], 7, **IMAGE, effectiveDateTime="2025-01-01")
    assert point(size_of(old, new)) == 7


@pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize("second", ["2025-01-01", "2025-01", "2025", None])
def test_equals_of_one_day_that_the_table_tells_apart_conflict(
    ids: tuple[str, str], second: str | None
) -> None:
    """Neither is known to be the later one, so both stay possible."""
    dated = {"effectiveDateTime": second} if second else {}
    one = size(ids[0], 4, **SPECIMEN, effectiveDateTime="2025-01-01")
    two = size(ids[1], 7, **SPECIMEN, **dated)
    fact = size_of(one, two)
    assert fact.why == "conflicting"
    assert fact.value == Interval(4, 7)


def test_equals_that_no_table_tells_apart_do_not_conflict() -> None:
    one = size("a", 6.0, **SPECIMEN, effectiveDateTime="2025-01-01")
    two = size("b", 6.2, **SPECIMEN, effectiveDateTime="2025-01-01")
    assert size_of(one, two).why is None


def test_a_specimen_counts_from_its_collection() -> None:
    """The report of an old specimen may be younger than a new one's."""
    old = {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": "2024-01-01"}}
    report = size("a", 4, **SPECIMEN, effectiveDateTime="2025-03-01")
    newer = size("b", 7, method=concept(SCT, "787377000"), effectiveDateTime="2025-01-01")
    fact = fact_of("tumour-size-cm", gist(), old, report, newer, affiliate=True)
    assert point(fact) == 7


# --- mitoses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    ["/50.[HPF]", "/(50.[HPF])", "{mitoses}/(50.[HPF])", "/50[HPF]", "mitoses/50 HPF", "/50 HPF", "/50HPF",
     "{#}/5mm2", "/(5.mm2)", "/5mm²", "per 5 mm2", "per 50 high power fields", "per 50 high-power fields"],
)  # fmt: skip
def test_the_area_in_the_unit(unit: str) -> None:
    assert point(count_of(mitoses(valueQuantity=quantity(3, unit)))) == 3


@pytest.mark.parametrize("unit", ["/10.[HPF]", "/(10.[HPF])", "/10 HPF", "mitoses/10HPF"])
def test_a_count_per_ten_fields_is_multiplied_and_said(unit: str) -> None:
    fact = count_of(mitoses(valueQuantity=quantity(3, unit)))
    assert point(fact) == 15
    assert fact.remarks == ("per-10-hpf",)


@pytest.mark.parametrize(
    "unit",
    [
        "/[HPF]",
        "/mm2",
        "/2.mm2",
        "/20 HPF",
        "/100 HPF",
        "/150 HPF",
        "/2.5 mm2",
        "/0.5 mm2",
        "/25mm2",
        "%",
        "1",
    ],
)
def test_another_or_no_area_is_unknown(unit: str) -> None:
    fact = count_of(mitoses(valueQuantity=quantity(3, unit)))
    assert point(fact) is None
    assert fact.why == "uncodable"


def test_a_decimal_point_before_the_area_is_seen() -> None:
    assert point(count_of(mitoses(valueQuantity=quantity(3, "/.5 mm2")))) is None


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        (50, "[HPF]", 3),
        (50, "HPF", 3),
        (5, "mm2", 3),
        (10, "[HPF]", 15),
        (1, "mm2", None),
        (100, "[HPF]", None),
    ],
)
def test_a_ratio(number: float, unit: str, expected: float | None) -> None:
    ratio = {"numerator": {"value": 3}, "denominator": quantity(number, unit)}
    assert point(count_of(mitoses(valueRatio=ratio))) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Mitoses per 50 HPF", 3), ("Mitotic rate per 5 mm2", 3), ("Mitotic count (10 HPF)", 15)],
)
def test_an_integer_with_the_area_in_the_question(name: str, expected: float) -> None:
    assert point(count_of(mitoses(code=concept(text=name), valueInteger=3))) == expected


def test_an_integer_without_an_area_is_unknown() -> None:
    fact = count_of(mitoses(valueInteger=3))
    assert point(fact) is None
    assert "mitoses-without-area" in fact.remarks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 mitoses/50 HPF", 3),
        ("3/50 HPF", 3),
        ("3 mitoses per 50 HPFs", 3),
        ("3 per 50 high power fields", 3),
        ("3 per 50 high-power fields", 3),
        ("2/5mm²", 2),
        ("2 mitotic figures per 5 mm2", 2),
        ("1/10 HPF", 5),
        ("0/50 HPF", 0),
    ],
)
def test_a_count_in_words(text: str, expected: float) -> None:
    assert point(count_of(mitoses(valueString=text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<5 per 5 mm2", Interval(0, 5, high_open=True)),
        ("≤5/50 HPF", Interval(0, 5)),
        (">5/50 HPF", Interval(5, inf, low_open=True)),
        (">=10/50 HPF", Interval(10, inf)),
        ("2-4/50 HPF", Interval(2, 4)),
        ("4-8 per 50 HPF", Interval(4, 8)),
    ],
)
def test_a_range_in_words_is_an_interval(text: str, expected: Interval) -> None:
    assert count_of(mitoses(valueString=text)).value == expected


@pytest.mark.parametrize("text", ["3/50", "3 mitoses", "few", "low", "3/HPF", "brisk", "score 1", "5/20 HPF"])
def test_a_text_without_a_count_or_area_is_unknown(text: str) -> None:
    fact = count_of(mitoses(valueString=text))
    assert point(fact) is None
    assert fact.why == "uncodable"


def test_a_text_in_a_codeable_concept() -> None:
    assert point(count_of(mitoses(valueCodeableConcept=concept(text="8/50 HPF")))) == 8


def test_a_fhir_range() -> None:
    both = {"low": quantity(6, "/50 HPF"), "high": quantity(9, "/50 HPF")}
    assert count_of(mitoses(valueRange=both)).value == Interval(6, 9)


def test_a_comparator_on_the_quantity() -> None:
    fact = count_of(mitoses(valueQuantity=quantity(5, "/50 HPF", ">")))
    assert fact.value == Interval(5, inf, low_open=True)


def test_the_code_that_means_per_ten_fields() -> None:
    assert point(count_of(mitoses(code=concept(OMOP, "4227243"), valueInteger=2))) == 10
    coded = mitoses(code=concept(SCT, "406094009"), valueInteger=2)
    assert point(count_of(coded, affiliate=True)) == 10


def test_a_negative_count_is_no_count() -> None:
    assert point(count_of(mitoses(code=concept(text="Mitoses per 50 HPF"), valueInteger=-3))) is None


# --- after systemic therapy ----------------------------------------------------------------------

GIVEN = statement("im", "imatinib", "2025-03-10")


@pytest.mark.parametrize(
    "measured",
    [
        size("x", 6, effectiveDateTime="2025-06-01"),
        mitoses("x", valueString="3/50 HPF", effectiveDateTime="2025-06-01"),
    ],
    ids=["size", "mitoses"],
)
def test_what_was_measured_after_therapy_is_left_out(measured: Json) -> None:
    name = "tumour-size-cm" if "valueQuantity" in measured else "mitoses-per-50-hpf"
    fact = fact_of(name, gist(), GIVEN, measured)
    assert point(fact) is None
    assert fact.why == "missing"


def test_the_older_size_counts_beside_one_after_therapy() -> None:
    before = size("a", 9, effectiveDateTime="2025-02-01")
    after = size("b", 3, **SPECIMEN, effectiveDateTime="2025-09-01")
    assert point(size_of(GIVEN, before, after)) == 9


@pytest.mark.parametrize("when", [None, "2025", "2025-03"])
def test_what_may_have_been_measured_after_therapy_is_left_out(when: str | None) -> None:
    """A partial date that holds the day on which therapy began may lie on either side of it."""
    dated = {"effectiveDateTime": when} if when else {}
    assert point(size_of(GIVEN, size(cm=6, **dated))) is None


def test_an_undated_drug_may_have_been_the_first() -> None:
    """Sunitinib is dated; the imatinib before it is not, so the size may be from after imatinib."""
    undated = statement("im", "imatinib")
    later = statement("su", "sunitinib", "2025-06-01")
    assert point(size_of(undated, later, size(cm=6, effectiveDateTime="2025-02-01"))) is None


def test_a_drug_stated_outright_counts_as_therapy() -> None:
    given = stated("prior-therapies", value="imatinib", effectiveDateTime="2025-03-10")
    assert point(size_of(given, size(cm=6, effectiveDateTime="2025-06-01"))) is None


def test_a_stated_size_after_therapy_is_left_out_too() -> None:
    said = stated("tumour-size-cm", valueQuantity=quantity(6, "cm"), effectiveDateTime="2025-06-01")
    assert point(size_of(GIVEN, said)) is None

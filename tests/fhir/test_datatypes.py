"""Units, comparators, partial dates and references as records spell them."""

from __future__ import annotations

from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Interval
from cds_service.fhir.datatypes import (
    _REFERENCE,
    _partial,
    between,
    centimetres,
    day,
    first_day,
    last_day,
    number,
    start_of,
    surely_before,
    target,
)
from cds_service.fhir.resources import Period, Quantity, Range, Reference


@pytest.mark.parametrize(
    ("value", "unit", "cm"),
    [(6.2, "cm", 6.2), (62, "mm", 6.2), (50, "mm", 5), (6.2, "CM", 6.2), (62, "millimeters", 6.2), (6.2, "cm.", 6.2),
     (6.2, " cm ", 6.2), (6.2, "centimetres", 6.2)],
)  # fmt: skip
@pytest.mark.parametrize("element", ["unit", "code"])
def test_lengths(value: float, unit: str, cm: float, element: str) -> None:
    assert centimetres(Quantity(value=value, **{element: unit})) == Interval(cm, cm)


@pytest.mark.parametrize("unit", [None, "", "kg", "cm2", "mm3", "1", "%", "m/s", "[in_i]"])
def test_what_is_no_length_we_know(unit: str | None) -> None:
    """Least of all a bare number: nothing is assumed."""
    assert centimetres(Quantity(value=6, unit=unit)) is None


@pytest.mark.parametrize("unit", ["µm", "um", "μm", "micrometre"])
def test_micrometres_are_never_taken_for_a_larger_unit(unit: str) -> None:
    """Both micro signs exist in Unicode."""
    assert centimetres(Quantity(value=62000, unit=unit)) in (None, Interval(6.2, 6.2))


def test_the_code_decides_where_the_unit_is_a_local_word() -> None:
    assert centimetres(Quantity(value=62, unit="Millimeter (lang)", code="mm")) == Interval(6.2, 6.2)


def test_a_unit_and_a_code_that_disagree_are_no_length() -> None:
    """Tenfold apart: nobody can tell which was meant."""
    assert centimetres(Quantity(value=62, unit="mm", code="cm")) is None


@given(st.integers(min_value=0, max_value=5000))
def test_millimetres_are_tenths_exactly(mm: int) -> None:
    """50 mm must fall on the cut point of 5 cm, not beside it."""
    assert centimetres(Quantity(value=float(mm), code="mm")) == centimetres(
        Quantity(value=mm / 10, code="cm")
    )


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        (None, Interval(5, 5)),
        ("<", Interval(0, 5, high_open=True)),
        ("<=", Interval(0, 5)),
        (">", Interval(5, inf, low_open=True)),
        (">=", Interval(5, inf)),
        ("ad", None),
        ("~", None),
    ],
)
def test_comparators(comparator: str | None, expected: Interval | None) -> None:
    assert number(Quantity(value=5, comparator=comparator)) == expected


@pytest.mark.parametrize("value", [None, -1.0, inf, float("nan")])
def test_what_is_no_count(value: float | None) -> None:
    assert number(Quantity(value=value)) is None


def test_half_a_range_is_none() -> None:
    assert between(Range(low=Quantity(value=1))) is None
    assert between(Range(high=Quantity(value=1))) is None
    assert between(None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", "2025"),
        ("2025-05", "2025-05"),
        ("2025-05-02", "2025-05-02"),
        ("2025-05-02T23:59:59+02:00", "2025-05-02"),
        ("2025-05-02T08:00:00.123Z", "2025-05-02"),
        ("2025-13", None),
        ("2025-02-30", None),
        ("02.05.2025", None),
        ("20250502", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text: str | None, expected: str | None) -> None:
    assert day(text) == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("2025-05-02", date(2025, 5, 2), date(2025, 5, 2)),
    ],
)
def test_what_a_partial_date_can_mean(text: str, first: date, last: date) -> None:
    assert (first_day(text), last_day(text)) == (first, last)


@given(st.dates())
def test_a_partial_date_spans_its_days(when: date) -> None:
    for text in (f"{when.year:04}", f"{when.year:04}-{when.month:02}", when.isoformat()):
        assert first_day(text) <= when <= last_day(text)


_DAYS = st.dates().map(date.isoformat)
_PARTIAL = st.one_of(
    _DAYS, _DAYS.map(lambda d: d[:7]), _DAYS.map(lambda d: d[:4]), st.just("\u0662\u0660\u0662\u0665-01-02")
)


@given(_PARTIAL, _PARTIAL)
def test_a_date_is_before_another_if_all_its_days_are(one: str, other: str) -> None:
    assert surely_before(one, other) == (last_day(one) < first_day(other))
    year, *rest = (int(part) for part in one.split("-"))
    assert first_day(one) == date(year, *rest, *[1] * (2 - len(rest)))


_REFERENCES = st.lists(
    st.sampled_from(
        [
            "Patient",
            "patient",
            "P",
            "/",
            "a-1",
            "#",
            "|2",
            " ",
            "\n",
            "_history",
            "http://x.org",
            "?",
            "\u00e9",
        ]
    ),
    max_size=6,
).map("".join)


@given(_REFERENCES)
def test_a_reference_points_to_what_the_pattern_finds(text: str) -> None:
    found = _REFERENCE.search(text) if text else None
    assert target(text) == (found.group(1) if found else None)


def test_the_start_of_something() -> None:
    assert start_of("2025-05-02", Period(start="2024")) == "2025-05-02"
    assert start_of(None, Period(start="2024", end="2025")) == "2024"
    assert start_of(None, Period(end="2025-01")) == "2025-01"
    assert start_of(None, None) is None


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Condition/gist", "Condition/gist"),
        ("https://ehr.example/fhir/r4/Condition/gist", "Condition/gist"),
        ("Condition/gist/_history/3", "Condition/gist"),
        ("https://ehr.example/fhir/Condition/gist/_history/3", "Condition/gist"),
        ("Condition/" + "a" * 200, "Condition/" + "a" * 200),
        ("urn:uuid:0b1f3c5e-0000-4000-8000-000000000001", None),
        ("urn:oid:1.2.3", None),
        ("#contained", None),
        ("Condition?identifier=x|1", None),
        ("gist", None),
        ("", None),
        (None, None),
    ],
)
def test_references(reference: str | None, expected: str | None) -> None:
    assert target(reference) == expected
    assert target(Reference(reference=reference)) == expected


@given(st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    found = day(text)
    assert found is None or text.startswith(found)
    pointed = target(text)
    assert pointed is None or pointed in text
    assert centimetres(Quantity(value=1, unit=text)) in (None, Interval(0.1, 0.1), Interval(1, 1))


@given(
    st.from_regex(r"\A[0-9]{4}(-[0-9W]{2}(-[0-9٣]{2})?)?(T[0-9:]{0,3}Z?)?[\n ]?\Z")
    | st.datetimes().map(lambda when: when.isoformat())
    | st.text(alphabet="0129-TW\n", max_size=12)
)
def test_a_whole_date_is_read_like_a_partial_one(text: str) -> None:
    """The plain form knows every length of date; whole ones take a shorter way."""
    assert day(text) == (_partial(text) if text else None)

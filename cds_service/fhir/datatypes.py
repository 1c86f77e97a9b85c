"""Readers of FHIR datatypes: units, comparators, dates, references."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from math import inf, isfinite

from ..case.fact import Interval
from .resources import Period, Quantity, Range, Reference

# UCUM and the spellings that records use, in centimetres
CENTIMETRES = {
    "mm": 0.1,
    "millimeter": 0.1,
    "millimetre": 0.1,
    "cm": 1.0,
    "centimeter": 1.0,
    "centimetre": 1.0,
}
# beyond this a size, a count or a dose is a slip of the pen
LARGEST = 1e6
_FHIR_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?$")
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[^/?#\s|]+")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+/[^/?#\s|]+)(?:/_history/[^/]+)?$")


def centimetres(quantity: Quantity | None) -> Interval | None:
    """A length in cm, or None if there is no usable number or the unit is not a length we know.

    A quantity without any unit is no length: nothing is assumed.
    """
    if quantity is None:
        return None
    factors = {CENTIMETRES[u] for u in (_unit(quantity.code), _unit(quantity.unit)) if u in CENTIMETRES}
    value = number(quantity)
    # a code and a unit that name different lengths name none
    if len(factors) != 1 or value is None:
        return None
    return scaled(value, factors.pop())


def _unit(unit: str | None) -> str:
    return (unit or "").strip().lower().rstrip("s.")


def real(text: str | int | float) -> float | None:
    """A finite, non-negative number of plausible size, or None."""
    try:
        value = float(str(text)[:20].replace(",", "."))
    except ValueError:
        return None
    return value if 0 <= value <= LARGEST else None


def scaled(value: Interval, factor: float) -> Interval:
    """An interval in another unit, rounded past what a record states so that 50 mm is 5 cm exactly."""
    low = round(value.low * factor, 9) if isfinite(value.low) else value.low
    high = round(value.high * factor, 9) if isfinite(value.high) else value.high
    return Interval(low, high, value.low_open, value.high_open)


def number(quantity: Quantity | None) -> Interval | None:
    """A non-negative number with its comparator as an interval, or None."""
    if quantity is None or quantity.value is None or not 0 <= quantity.value <= LARGEST:
        return None
    return compared(quantity.value, quantity.comparator)


def compared(value: float, comparator: str | None) -> Interval | None:
    """`< 5` is [0, 5), `>= 5` is [5, inf); an unknown comparator is no number."""
    match comparator:
        case None | "":
            return Interval(value, value)
        case "<":
            return Interval(0.0, value, high_open=True)
        case "<=":
            return Interval(0.0, value)
        case ">":
            return Interval(value, inf, low_open=True)
        case ">=":
            return Interval(value, inf)
        case _:
            return None


def between(range_: Range | None) -> tuple[Quantity, Quantity] | None:
    """Both ends of a range, or None if one is missing."""
    if range_ is None or range_.low is None or range_.high is None:
        return None
    return range_.low, range_.high


def day(text: str | None) -> str | None:
    """The date part of a FHIR date, dateTime or instant (`2025`, `2025-05` or `2025-05-02`), None if invalid."""
    if not text:
        return None
    head = text[:10]
    if (
        len(head) == 10
        and head[4] == head[7] == "-"
        and (len(text) == 10 or text[10] == "T")
        and "\n" not in text
    ):
        # nearly all dates of a record are whole ones
        try:
            date.fromisoformat(head)
        except ValueError:
            return _partial(text)
        return head
    return _partial(text)


def _partial(text: str) -> str | None:
    match = _FHIR_DATE.match(text)
    if match is None:
        return None
    parts = [p for p in match.groups() if p]
    try:
        date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1)
    except ValueError:
        return None
    return "-".join(parts)


def surely_before(one: str, other: str) -> bool:
    """Whether a partial date is before another whatever days the two mean."""
    if _whole(one) and _whole(other):
        return one < other
    return last_day(one) < first_day(other)


def first_day(text: str) -> date:
    """The first day that a partial date can mean."""
    if _whole(text):
        return date.fromisoformat(text)
    parts = [int(p) for p in text.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def last_day(text: str) -> date:
    """The last day that a partial date can mean."""
    if _whole(text):
        return date.fromisoformat(text)
    parts = [int(p) for p in text.split("-")]
    month = parts[1] if len(parts) > 1 else 12
    return date(parts[0], month, parts[2] if len(parts) > 2 else monthrange(parts[0], month)[1])


def _whole(text: str) -> bool:
    """Whether a date is one day, as nearly all are, in digits that sort as days do."""
    return len(text) == 10 and text.isascii()


def start_of(moment: str | None, period: Period | None) -> str | None:
    """The day of a dateTime, or the first day of a period."""
    return day(moment) or day(period.start if period else None) or day(period.end if period else None)


def target(reference: Reference | str | None) -> str | None:
    """`Type/id` of a relative or absolute reference; None for anything else (logical, contained, urn)."""
    text = reference.reference if isinstance(reference, Reference) else reference
    if not text:
        return None
    # nearly all are relative, and nothing but what is looked for
    if _RELATIVE.fullmatch(text):
        return text
    match = _REFERENCE.search(text)
    return match.group(1) if match else None

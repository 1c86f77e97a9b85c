"""Mitotic counts and the area over which they were counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...fhir.datatypes import between, compared, number, real
from ...fhir.resources import Observation, Quantity
from ...fhir.terminology import readable, texts_of
from ..fact import Interval

NUMBER = r"(\d{1,6}(?:[.,]\d{1,4})?)"
_COUNT = re.compile(
    rf"[ ]{{0,3}}(<=|>=|<|>|≤|≥)?[ ]{{0,3}}{NUMBER}(?:[ ]{{0,3}}(?:-|–|to)[ ]{{0,3}}{NUMBER})?[ ]{{0,3}}"
    r"(?:mitos[ei]s|mitotic figures|mitotic)?[ ]{0,3}(?:/|per|in)[ ]{0,3}(.{1,60})",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"[ ]{{0,3}}(<=|>=|<|>|≤|≥)?[ ]{{0,3}}{NUMBER}[ ]{{0,3}}(?:mitos[ei]s)?[ ]{{0,3}}", re.IGNORECASE
)
SIGNS = {
    "≤": "<=", "≥": ">=", "less than": "<", "more than": ">", "greater than": ">", "at least": ">=",
    "up to": "<=", "at most": "<=", "about": "", "approximately": "", "ca": "", "ca.": "",
}  # fmt: skip
# area -> what a count over it is multiplied by to be per 50 high-power fields
AREAS = {"50hpf": 1, "5mm2": 1, "10hpf": 5}
# an area that we do not know, and that of ten fields which a code implies without saying so
OTHER, IMPLIED = "other", "implied"
_SOME_AREA = re.compile(r"hpf|mm|cm|field|power", re.IGNORECASE)
_NO_AREA = re.compile(r"\s*\{?(?:1|#|n|mitos[ei]s|mitotic figures?|counts?)?\}?\s*", re.IGNORECASE)


def counts_in(
    observation: Observation, *, per_10_fields: bool
) -> Iterator[tuple[str, tuple[Interval, str] | None]]:
    """The count with its area by element, None where there is a count but no area that we know. `per_10_fields`: the
    code implies that area, which gives way to one that is written."""
    named = _area_of([" ".join(texts_of(observation.code))]) or (IMPLIED if per_10_fields else None)
    quantity = observation.value_quantity
    if quantity is not None and (value := number(quantity)):
        yield "valueQuantity", _with_area(value, area_of_unit(quantity), named)
    ratio = observation.value_ratio
    if ratio is not None and (value := number(ratio.numerator)):
        yield "valueRatio", _with_area(value, _area_of_denominator(ratio.denominator), named)
    if observation.value_integer is not None:
        whole = real(observation.value_integer)
        yield "valueInteger", _with_area(Interval(whole, whole), None, named) if whole is not None else None
    if (ends := between(observation.value_range)) and (low := number(ends[0])) and (high := number(ends[1])):
        of_ends = area_of_unit(ends[0])
        if of_ends != area_of_unit(ends[1]):
            of_ends = OTHER
        yield "valueRange", _with_area(low.hull(high), of_ends, named)
    text = readable(observation.value_string) or next(
        iter(texts_of(observation.value_codeable_concept)), None
    )
    if text:
        yield "valueString", mitoses_in(text, named)


def mitoses_in(text: str, named: str | None = None) -> tuple[Interval, str] | None:
    """`3 mitoses/50 HPF`, `<5 per 5 mm2`, `2-4/10 HPF`: the count and its area; None if it is not clear."""
    match = _COUNT.fullmatch(text)
    if match:
        sign, low, high, area_text = match.groups()
        stated = _area_in(area_text) or OTHER
    elif bare := _BARE.fullmatch(text):
        sign, low, high, stated = bare.group(1), bare.group(2), None, None
    else:
        return None
    lowest, highest = real(low), real(high) if high else None
    if lowest is None:
        return None
    count = compared(lowest, SIGNS.get(sign, sign))
    if highest is not None and count and not sign:
        count = count.hull(Interval(highest, highest))
    return _with_area(count, stated, named) if count else None


def _with_area(count: Interval, stated: str | None, named: str | None) -> tuple[Interval, str] | None:
    """The count with the area that stands beside it, or else the one in the name; None if there is none that we know,
    or the two differ."""
    area = stated or ("10hpf" if named == IMPLIED else named)
    if area not in AREAS or (named in {*AREAS, OTHER} and AREAS.get(named or "") != AREAS[area]):
        return None
    return count, area


def _area_in(text: str | None) -> str | None:
    """`50hpf`, `10hpf` or `5mm2` for an area in any spelling, None for another or no area."""
    plain = re.sub(r"(?<!\d)\.(?=\d)", "0.", (text or "")[:100].lower())
    plain = re.sub(r"[\s{}\[\]()#-]|(?<!\d)\.|\.(?!\d)", "", plain).replace("²", "2").replace("^2", "2")
    plain = plain.replace("squaremm", "mm2").replace("sqmm", "mm2").replace("highpowerfields", "hpf")
    plain = plain.replace("highpowerfield", "hpf").replace("hpfs", "hpf").replace("mitoses", "")
    match = re.search(r"(?<![\d.,])(50hpf|10hpf|5mm2)(?![\w])", plain)
    return match.group(1) if match else None


def area_of_unit(quantity: Quantity) -> str | None:
    """As `_area_of`; a unit that names no area and is none of a bare count is another one too."""
    units = [u for u in (quantity.code, quantity.unit) if u and not _NO_AREA.fullmatch(u)]
    return _area_of(units) or (OTHER if units else None)


def _area_of_denominator(denominator: Quantity | None) -> str | None:
    if denominator is None or denominator.value is None:
        return None
    units = [u for u in (denominator.code, denominator.unit) if u]
    if not units and denominator.value == 1:
        # a count over one is a bare count
        return None
    return _area_of([f"{denominator.value:g}{u}" for u in units]) or OTHER


def _area_of(texts: list[str]) -> str | None:
    """The area that texts name, `OTHER` if it is one that we do not know or they name two, None if they name none."""
    known = {area for t in texts if (area := _area_in(t))}
    if any(_SOME_AREA.search(t) and not _area_in(t) for t in texts) or len({AREAS[k] for k in known}) > 1:
        return OTHER
    return min(known, default=None)

"""The daily dose that a drafted or recorded prescription states."""

from __future__ import annotations

import re

from ...fhir.datatypes import real
from ...fhir.resources import CodeableConcept, Dosage, MedicationRequest, Quantity
from ...fhir.terminology import readable
from .sources import Sources

_DAYS = {"d": 1.0, "h": 1 / 24, "wk": 7.0}
_MG = {"mg": 1.0, "g": 1000.0}
_PIECES = ("tablet", "{tablet}", "tab", "tbl", "capsule", "{capsule}", "cap", "1")
_TIMES = {"QD": 1.0, "DAILY": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0}
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,5}(?:[.,]\d{1,3})?)[ ]{0,3}(mg|g)\b([ ]{0,2}total)?", re.IGNORECASE)
_TABLETS = re.compile(
    r"(?<![\d.,])(\d{1,2}|two|three|four)[ ]{0,3}(?:x[ ]{0,3})?(?:tab\w{0,5}|cap\w{0,6})\b", re.IGNORECASE
)
_WORDS = {"two": 2.0, "three": 3.0, "four": 4.0}
_TWICE = re.compile(r"\b(twice|bid|b\.i\.d\.?|two times|2[ ]{0,2}(?:x|times))\b", re.IGNORECASE)
_STRENGTH = re.compile(r"\b(\d{1,5}(?:\.\d{1,3})?) MG\b", re.IGNORECASE)


def daily_dose(sources: Sources, order: MedicationRequest) -> float | None:
    """The daily dose in mg of an order, or None if it states none."""
    if not order.dosage_instruction:
        return None
    return daily_mg(order.dosage_instruction, strength_of(sources, order.medication_codeable_concept))


def daily_mg(dosages: list[Dosage] | None, strength: float | None) -> float | None:
    """The daily dose in mg, or None if it is not stated.

    Lines that follow one another (`sequence`) are not added: the highest counts. `strength` is the mg in one
    tablet or capsule of the product ordered.
    """
    by_step: dict[int | None, float] = {}
    for dosage in dosages or ():
        by_step[dosage.sequence] = by_step.get(dosage.sequence, 0.0) + _daily(dosage, strength)
    return max(by_step.values(), default=0.0) or None


def strength_of(sources: Sources, concept: CodeableConcept | None) -> float | None:
    """The mg in one piece of a product that we know by its code."""
    for coding in (concept.coding or ()) if concept else ():
        match = _STRENGTH.search(sources.terminology.display_of(coding) or "")
        if match:
            return real(match.group(1))
    return None


def _daily(dosage: Dosage, strength: float | None) -> float:
    text = readable(dosage.text)
    often = _per_day(dosage) or (2.0 if _TWICE.search(text) else 1.0)
    for part in dosage.dose_and_rate or ():
        quantity = part.dose_quantity or (part.dose_range.high if part.dose_range else None)
        if (amount := _amount(quantity, strength)) is not None:
            return amount * often
    amounts = _AMOUNT.findall(text)
    pieces = _TABLETS.findall(text)
    count = (_WORDS.get(pieces[0].lower()) or real(pieces[0])) if len(pieces) == 1 else None
    if len(amounts) == 1:
        number, unit, total = amounts[0]
        return (real(number) or 0.0) * _MG[unit.lower()] * (1.0 if total else count or 1.0) * often
    return (count or 0.0) * (strength or 0.0) * often if not amounts else 0.0


def _amount(quantity: Quantity | None, strength: float | None) -> float | None:
    if quantity is None or quantity.value is None or (value := real(quantity.value)) is None:
        return None
    unit = (quantity.code or quantity.unit or "").strip().lower()
    if unit in _MG:
        return value * _MG[unit]
    return value * strength if strength and (unit.rstrip("s") in _PIECES or unit in _PIECES) else None


def _per_day(dosage: Dosage) -> float | None:
    """How often a day the timing says, None if it does not."""
    timing = dosage.timing
    repeat = timing.repeat if timing else None
    if repeat and repeat.frequency and repeat.period and (unit := _DAYS.get(repeat.period_unit or "")):
        per_day = repeat.frequency / max(repeat.period * unit, 1e-3)
        return per_day if per_day <= 100 else None
    if timing and timing.code:
        names = [c.code for c in timing.code.coding or () if c.code] + [timing.code.text or ""]
        return next((_TIMES[n.strip().upper()] for n in names if n.strip().upper() in _TIMES), None)
    return None

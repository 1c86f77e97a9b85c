"""The daily dose that a drafted or recorded prescription states."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ...fhir.datatypes import real
from ...fhir.resources import CodeableConcept, Dosage, MedicationRequest, Quantity, Timing
from ...fhir.terminology import readable, texts_of
from .frequency import often_in, repeated
from .medication import medications_of
from .sources import Sources

_MG = {"mg": 1.0, "g": 1000.0}
_PIECES = ("tablet", "{tablet}", "tab", "tbl", "capsule", "{capsule}", "cap", "1")
_NUMBER = r"(?<![\d.,/-])(\d{1,5}(?:[.,]\d{1,3})?)"
_AMOUNT = re.compile(
    rf"(?:\b(\d|one|two|three|four)[ ]{{0,3}}[x×][ ]{{0,3}})?{_NUMBER}[ ]{{0,3}}(mg|g)\b"
    r"(?!/(?! ?d(?:ay)?\b))([ ]{0,2}total)?",
    re.IGNORECASE,
)
_TABLETS = re.compile(
    r"(?<![\d.,/-])(\d{1,2}|one|two|three|four)(?: ?\(\w{1,6}\))?[ ]{0,3}(?:x[ ]{0,3})?"
    r"(?:film-coated |imatinib )?(?:tab\w{0,5}|cap\w{0,6})\b",
    re.IGNORECASE,
)
# what of a tablet of known strength is taken in the morning, at noon, in the evening, at night
_SCHEME = re.compile(r"(?<![\d-])(\d)-(\d)-(\d)(?:-(\d))?(?![\d-])")
_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}
_DIVIDED = re.compile(r"\bdivided(?= doses)\b|\bsplit in(?:to)?\b", re.IGNORECASE)
# what may mean more than the amount that stands there: a dose that changes, several tablets, two times of day
_MAY_BE_MORE = re.compile(
    r"\b(?:titrat\w*|increas\w*|escalat\w*|doubl\w*|then|repeat\w*|add|additional|extra|second|start\w*|"
    r"initial\w*|reduc\w*|taper\w*|at least|tolerated|per m2|with meals|a half)\b|"
    r"\b(?:[2-9]|two|three|four|five|six|eight|ten)(?: ?\(\w{1,6}\))? (?:of the )?\d{2,4} ?mg\b|"
    r"\btake (?:[2-9]|two|three|four)\b(?! ?(?:x|×|mg|g\b|tab|cap|times|\())|"
    r"\b(?:two|three|four) to be taken\b|\bq?am\b.{0,12}\bq?(?:pm|hs)\b|\d,\d{3}\b",
    re.IGNORECASE,
)
_PART_OF_DAY = r"(?:morning|breakfast|mane|noon|lunch|afternoon|evening|dinner|supper|night|bedtime|nocte)"
# one amount for each part of the day
_EACH_PART = re.compile(rf"(mg|g)\b[^\d]{{0,20}}?\b({_PART_OF_DAY}|am|pm)\b", re.IGNORECASE)
_STRENGTH = re.compile(rf"{_NUMBER} ?MG\b(?!/)", re.IGNORECASE)
_SOME_DOSE = re.compile(r"\d[ ]{0,3}(?:mg|g|tab\w{0,5}|cap\w{0,6})\b|½|\bhalf\b", re.IGNORECASE)
# beside an amount these words tell no frequency; others may
_NEUTRAL = re.compile(
    r"\b(?:take|give|oral|orally|po|p\.o|by mouth|total|tab\w{0,5}|cap\w{0,6}|film[- ]coated|of|the|with|food|"
    r"(?:a )?meals?|and|water|imatinib|x|dose|mg|g)\b|[\W\d_]",
    re.IGNORECASE,
)


class Dose(NamedTuple):
    """The daily dose in mg, None if none is stated; `unread`: there is one, or a higher one, that cannot be read."""

    mg: float | None = None
    unread: bool = False


def daily_dose(sources: Sources, order: MedicationRequest) -> Dose:
    """The daily dose of an order."""
    if not order.dosage_instruction:
        return Dose()
    return daily_mg(order.dosage_instruction, strength_of(sources, medications_of(sources, order)))


def daily_mg(dosages: list[Dosage], strength: float | None) -> Dose:
    """Lines that follow one another (`sequence`) are not added: the highest counts. `strength` is the mg in one
    tablet or capsule of the product ordered."""
    by_step: dict[int | None, float] = {}
    unread = False
    for dosage in dosages:
        mg, lost = _daily(dosage, strength)
        by_step[dosage.sequence] = by_step.get(dosage.sequence, 0.0) + (mg or 0.0)
        unread |= lost
    return Dose(max(by_step.values(), default=0.0) or None, unread)


def strength_of(sources: Sources, medications: Iterable[CodeableConcept]) -> float | None:
    """The mg in one piece of a product, by its code or its name; None if they name several."""
    for concept in medications:
        known = [sources.terminology.display_of(c) or "" for c in concept.coding or ()]
        for texts in (known, texts_of(concept)):
            found = {real(n.replace(",", ".")) for text in texts for n in _STRENGTH.findall(text)}
            if found:
                return found.pop() if len(found) == 1 else None
    return None


def _daily(dosage: Dosage, strength: float | None) -> Dose:
    """One line. Its numbers and its words must not say two things."""
    text = readable(dosage.text)
    timed, timing_lost = _timed(dosage.timing)
    words = often_in(text)
    often = timed or words
    quantities = [
        part.dose_quantity or (part.dose_range.high if part.dose_range else None)
        for part in dosage.dose_and_rate or ()
    ]
    amounts = [mg for q in quantities if (mg := _amount(q, strength)) is not None]
    by_number = amounts[0] * (often or 1.0) if amounts else None
    by_words = _in_words(text, words, strength, timed)
    clear_words = by_words.mg is not None and not by_words.unread
    if words is None or by_words.unread or (timing_lost and timed is None and not (words or clear_words)):
        return Dose(None, unread=True)
    if by_number is not None:
        agree = by_words.mg in (None, by_number) and not (
            by_words.mg is None and timed and words and words != timed
        )
        return Dose(by_number) if agree else Dose(None, unread=True)
    if by_words.mg is not None or by_words.unread:
        return by_words
    # an amount without its unit or its strength, or several times a day what is not said
    return Dose(None, unread=bool(quantities) or (often or 1.0) > 1)


def _in_words(text: str, words: float | None, strength: float | None, timed: float | None) -> Dose:
    """The daily dose that a text states by itself; `words` is how often a day it says."""
    if not text:
        return Dose()
    amounts = _AMOUNT.findall(text)
    pieces = [_count(n) for n in _TABLETS.findall(text)]
    scheme = _SCHEME.findall(text)
    if scheme:
        words = often_in(_SCHEME.sub(" ", text))
    if words is None or len(scheme) > 1 or len(pieces) > 1 or _MAY_BE_MORE.search(text):
        return Dose(None, unread=True)
    if len(amounts) > 1:
        parts = [p.lower() for _, p in _EACH_PART.findall(text)]
        if len(parts) == len(amounts) == len(set(parts)):
            return Dose(
                sum((real(n.replace(",", ".")) or 0.0) * _MG[unit.lower()] for _, n, unit, _ in amounts)
            )
        return Dose(None, unread=True)
    if scheme:
        each = _mg(amounts[0]) if amounts else strength
        return Dose(each * sum(float(n or 0) for n in scheme[0])) if each else Dose(None, unread=True)
    often = words or timed
    if not amounts:
        if not pieces:
            return Dose(None, unread=bool(_SOME_DOSE.search(text)))
        return Dose(pieces[0] * strength * (often or 1.0)) if strength else Dose(None, unread=True)
    mg, total = _mg(amounts[0]), bool(amounts[0][3])
    if not often and _NEUTRAL.sub("", text):
        return Dose(None, unread=True)
    if pieces and not total:
        if strength and mg == strength * pieces[0]:
            # four tablets (400 mg)
            pass
        elif strength in (None, mg) and re.search(r"\b(?:of|x|×)\b", text):
            mg *= pieces[0]
        elif pieces[0] != 1:
            return Dose(None, unread=True)
    return Dose(mg * (1.0 if _DIVIDED.search(text) else often or 1.0))


def _mg(amount: tuple[str, ...]) -> float:
    times, number, unit, _ = amount
    return (real(number.replace(",", ".")) or 0.0) * _MG[unit.lower()] * (_count(times) if times else 1.0)


def _count(number: str) -> float:
    return _WORDS.get(number.lower()) or real(number) or 0.0


def _amount(quantity: Quantity | None, strength: float | None) -> float | None:
    if quantity is None or quantity.value is None or (value := real(quantity.value)) is None:
        return None
    unit = (quantity.code or quantity.unit or "").strip().lower()
    if unit in _MG:
        return value * _MG[unit]
    return value * strength if strength and (unit.rstrip("s") in _PIECES or unit in _PIECES) else None


def _timed(timing: Timing | None) -> tuple[float | None, bool]:
    """How often a day the timing says, None if it does not, and whether it says something that cannot be read."""
    if timing is None:
        return None, False
    if timing.repeat is not None:
        often = repeated(timing.repeat)
        if often:
            return often, False
        if often is None:
            return None, True
    if timing.code is None:
        return None, False
    names = [c.code for c in timing.code.coding or () if c.code] + texts_of(timing.code)
    found = {often for name in names if (often := often_in(name.strip()))}
    return (found.pop(), False) if len(found) == 1 else (None, bool(names))

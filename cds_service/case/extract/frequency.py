"""How often a day something is taken, in a structured timing or in words."""

from __future__ import annotations

import re

from ...fhir.datatypes import real
from ...fhir.resources import Repeat

_DAYS = {"d": 1.0, "h": 1 / 24, "min": 1 / 1440, "wk": 7.0}
# FHIR's event-timing: the parts of the day; a meal of which nobody says which (C, AC, PC) is none
_PARTS = {
    "morning": frozenset({"MORN", "MORN.early", "MORN.late", "WAKE", "CM", "ACM", "PCM"}),
    "noon": frozenset({"NOON", "CD", "ACD", "PCD"}),
    "afternoon": frozenset({"AFT", "AFT.early", "AFT.late"}),
    "evening": frozenset({"EVE", "EVE.early", "EVE.late", "CV", "ACV", "PCV"}),
    "night": frozenset({"NIGHT", "HS", "PHS"}),
}
_ANY_MEAL = frozenset({"C", "AC", "PC"})
_NUMBERS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}
_ONCE = re.compile(r"\bonce\b|\b(?:qd|od|q\.d\.?|o\.d\.?|q24h)(?!\w)", re.IGNORECASE)
_DAILY = re.compile(
    r"\b(?:daily|(?:a|per|each|every) day|qam|qpm|am|pm|bed|at bedtime)\b|/ ?d(?:ay)?\b", re.IGNORECASE
)
_NAMED = {
    2.0: re.compile(r"\btwice\b|\b(?:bid|b\.i\.d|bd|b\.d|bds|b\.d\.s)(?!\w)", re.IGNORECASE),
    3.0: re.compile(r"\bthrice\b|\b(?:tid|t\.i\.d|td|tds|t\.d\.s)(?!\w)", re.IGNORECASE),
    4.0: re.compile(r"\b(?:qid|q\.i\.d|qds|q\.d\.s)(?!\w)", re.IGNORECASE),
    0.5: re.compile(
        r"\b(?:qod|q\.o\.d|every other day|every second day|(?:on )?alternate days)\b", re.IGNORECASE
    ),
}
# `3 times`, `2 (two) times`, `2 x daily`, `x2`; not the number of tablets or of days
_COUNTED = re.compile(
    r"(?<![\w.,])(\d|one|two|three|four) ?(?:\(\w{1,6}\) ?)?(?:times\b|time\b|[x×](?! ?\d)(?! ?(?:tab|cap)))|"
    r"(?<!\w)[x×] ?(\d)\b(?! ?(?:\d|/|d\b|days?|w\b|weeks?|months?|tab|cap))",
    re.IGNORECASE,
)
_HOURLY = re.compile(
    r"\b(?:q\.?|every |each )(\d{1,2}|six|eight|twelve)[ -]?(?:\(\w{1,6}\) ?)?(?:h|hr|hrs|hours?|hourly)\b|"
    r"\b(\d{1,2})[ -]?hourly\b",
    re.IGNORECASE,
)
_HOURS = {"six": 6.0, "eight": 8.0, "twelve": 12.0}
_IN_WORDS = {
    "morning": re.compile(r"\b(?:mornings?|breakfast|mane)\b", re.IGNORECASE),
    "noon": re.compile(r"\b(?:noon|midday|lunch)\b", re.IGNORECASE),
    "afternoon": re.compile(r"\bafternoons?\b", re.IGNORECASE),
    "evening": re.compile(r"\b(?:evenings?|dinner|supper)\b", re.IGNORECASE),
    "night": re.compile(r"\b(?:nights?|nightly|bedtime|nocte)\b", re.IGNORECASE),
}


def repeated(repeat: Repeat) -> float | None:
    """How often a day; 0 if it does not say, None if what it says cannot be read."""
    named = set(repeat.when or ())
    parts = [part for part, codes in _PARTS.items() if named & codes]
    if named - frozenset().union(*_PARTS.values()) - _ANY_MEAL:
        return None
    at = max(len(set(repeat.time_of_day or ())), len(parts))
    frequency = max(repeat.frequency or 0.0, repeat.frequency_max or 0.0)
    if named & _ANY_MEAL and not (at or frequency):
        return None
    if not repeat.period:
        # times and parts of a day are of every day
        return float(at) if at or not frequency else None
    unit = _DAYS.get(repeat.period_unit or "")
    if unit is None:
        return None
    per_day = max(frequency, float(at), 1.0) / max(repeat.period * unit, 1e-3)
    return per_day if per_day <= 100 else None


def often_in(text: str) -> float | None:
    """How often a day by the words of a text; 0 if they do not say, None if they say two things."""
    found = {often for often, words in _NAMED.items() if words.search(text)}
    for before, after in _COUNTED.findall(text):
        number = before or after
        found.add(_NUMBERS.get(number.lower()) or real(number) or 0.0)
    for named, plain in _HOURLY.findall(text):
        hours = _HOURS.get(named.lower()) or real(named or plain) or 0.0
        if not hours:
            return None
        found.add(24 / hours)
    if _ONCE.search(text):
        found.add(1.0)
    parts = [part for part, words in _IN_WORDS.items() if words.search(text)]
    if len(parts) > 1:
        if re.search(r"\bor\b", text, re.IGNORECASE):
            return None
        found.add(float(len(parts)))
    if len(found) > 1:
        return None
    if found:
        return found.pop()
    return 1.0 if parts or _DAILY.search(text) else 0.0

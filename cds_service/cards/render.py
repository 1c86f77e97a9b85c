"""From what is to be said to the words of a card; nothing a client sent is printed as it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf

from ..case.fact import Choice, Fact, Interval, Members, Value
from .wording import Template, Wording

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
WHY_UNKNOWN = {
    "missing": "not recorded",
    "conflicting": "records disagree",
    "uncodable": "recorded, but not in a form that can be read",
    "failed-query": "could not be looked up",
}
"""Why a fact is not known, in words."""
UNITS = {"cm": "cm", "a": "years", "/(50.[HPF])": "per 50 HPF", "1": ""}
# so many members of a set of which nothing is known are told by name
_FEW = 4


def summary_of(template: Template, situation: str, words: Mapping[str, str]) -> str:
    """The summary with its placeholders filled, its first letter a capital."""
    parts = _parts(template.summaries[situation])
    filled = "".join([words[part] if place % 2 else part for place, part in enumerate(parts)])
    return filled[:1].upper() + filled[1:]


def detail_of(template: Template, words: Mapping[str, str]) -> str:
    """The paragraphs whose placeholders all have content, as Markdown."""
    kept = []
    for paragraph in template.paragraphs:
        filled = []
        for place, part in enumerate(_parts(paragraph)):
            told = words.get(part) if place % 2 else part
            if not told and place % 2:
                break
            filled.append(told or "")
        else:
            kept.append("".join(filled))
    return "\n\n".join(kept)


# the texts of the wording, never those of a record
@lru_cache(maxsize=1024)
def _parts(text: str) -> tuple[str, ...]:
    """What stands around the placeholders of a text, and their names between."""
    return tuple(_PLACEHOLDER.split(text))


def listed(items: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def alternatives(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a; b or c`: labels that may hold commas of their own."""
    if len(items) < 3:
        return listed(items, "or")
    return f"{'; '.join(items[:-1])} or {items[-1]}"


def bullets(items: Sequence[str]) -> str:
    """A Markdown list that follows a lead-in line."""
    return "".join(f"\n- {item}" for item in items)


def fact_words(fact: Fact, unit: str | None, wording: Wording) -> str:
    """A fact in words: label, value, date of the newest record behind it, and whether a record says otherwise."""
    dates = [e.date for e in fact.evidence if e.date]
    told = [max(dates)] if dates else []
    if fact.overruled:
        lost = sorted({e.date for e in fact.overruled if e.date})
        told.append(f"another record{f' of {lost[-1]}' if lost else ''} says otherwise")
    beside = f" ({'; '.join(told)})" if told else ""
    return f"{wording.short('facts', fact.id)}: {value_words(fact, unit, wording)}{beside}"


def value_words(fact: Fact, unit: str | None, wording: Wording) -> str:
    """The value or the values left, in words."""
    value = fact.value
    if isinstance(value, Choice):
        if len(value.possible) == 1:
            (only,) = value.possible
            return wording.value(only) if isinstance(only, str) else "yes" if only else "no"
        words = [wording.value(str(v)) for v in sorted(value.possible, key=str)]
        return alternatives(words) if any("," in word for word in words) else listed(words, "or")
    if isinstance(value, Members):
        return listed([wording.short("values", m) for m in sorted(value.present)]) or "none recorded"
    return f"{_interval_words(value)} {UNITS.get(unit or '', '')}".strip()


def members_words(value: Members, values: Sequence[str], wording: Wording) -> str:
    """A set with what is not known of it: what is in it, or else what is not, then the rest of its possible `values`.

    `wild type; not known: NF1 and SDH deficient`, `liver; of others it is not known`, `none`; `still open` where
    nothing at all is known.
    """

    def named(members: Iterable[str], word: str) -> str:
        found = set(members)
        return listed([wording.short("values", m) for m in values if m in found], word)

    present = named(value.present, "and")
    if not value.unknown:
        return present or "none"
    absent = set(values) - value.present - value.unknown
    if not present and not absent:
        return "still open"
    told = present or f"not {named(absent, 'or')}"
    few = len(value.unknown) <= _FEW
    return f"{told}; {'not known: ' + named(value.unknown, 'and') if few else 'of others it is not known'}"


def _interval_words(value: Interval) -> str:
    if value.low == value.high:
        return f"{value.low:g}"
    if value.high == inf:
        return f"{'more than' if value.low_open else 'at least'} {value.low:g}"
    if value.low <= 0:
        return f"{'less than' if value.high_open else 'at most'} {value.high:g}"
    return f"{value.low:g} to {value.high:g}"


def leads_words(leads: Sequence[tuple[Value, str]], unit: str | None, wording: Wording) -> str:
    """What each value of a missing fact leads to: `up to 5 per 50 HPF: off the pathway; more than 5: ...`.

    Empty for set facts, whose values are too many to list, and where every value leads to the same.
    """
    if len({word for _, word in leads}) < 2:
        return ""
    if all(isinstance(value, Choice) for value, _ in leads):
        by_word: dict[str, list[str]] = {}
        for value, word in leads:
            assert isinstance(value, Choice)
            by_word.setdefault(word, []).extend(_choice_words(value, wording))
        return "; ".join(f"{listed(v, 'or')}: {wording.short('values', w)}" for w, v in by_word.items())
    spans = [(value, word) for value, word in leads if isinstance(value, Interval)]
    return _ranges(spans, UNITS.get(unit or "", ""), wording) if len(spans) == len(leads) else ""


def _choice_words(value: Choice, wording: Wording) -> list[str]:
    if value.possible <= {True, False}:
        return ["yes" if v else "no" for v in value.possible]
    return [wording.value(str(v)) for v in sorted(value.possible, key=str)]


def _ranges(spans: Sequence[tuple[Interval, str]], unit: str, wording: Wording) -> str:
    """Neighbouring regions that lead to the same, joined."""
    joined: list[tuple[Interval, str]] = []
    for span, word in spans:
        if joined and joined[-1][1] == word:
            joined[-1] = (joined[-1][0].hull(span), word)
        else:
            joined.append((span, word))
    return "; ".join(f"{_span_words(span)} {unit}: {wording.short('values', word)}" for span, word in joined)


def _span_words(span: Interval) -> str:
    if span.low == span.high:
        return f"{span.low:g}"
    low = "" if span.low <= 0 else f"{'more than' if span.low_open else 'from'} {span.low:g}"
    high = "" if span.high == inf else f"{'below' if span.high_open else 'up to'} {span.high:g}"
    return " ".join(part for part in (low, high) if part)

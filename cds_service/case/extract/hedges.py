"""What the words of a text stand for where the text only supposes it, says that it may come, or means something else.

A word counts mention by mention: a recurrence whose risk is named is none, one beside it that is told is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...fhir.words import Words

# begin a concept that a text leaves open, and one that it says is past
OPEN = "open."
PAST = "past."
NEGATION = "negation"
_PHRASES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_PHRASES_BY_CONCEPT: dict[str, Any] = {"type": "object", "additionalProperties": _PHRASES}
# parts that list concepts, and parts that list phrases by concept; the others list phrases
OF_CONCEPTS = ("coming", "of-tumour", "past")
BY_CONCEPT = ("left-open", "other-meaning")
_LISTS = (*OF_CONCEPTS, "supposed", "supposed-next", "coming-next", "coming-before", "past-next")

HEDGES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [*_LISTS, *BY_CONCEPT],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(_LISTS, _PHRASES),
        **dict.fromkeys(BY_CONCEPT, _PHRASES_BY_CONCEPT),
    },
}
# as many words may stand between `risk of` and what is risked: `risk of a late local recurrence`
_BETWEEN = r"(?:[\s:/]+[\w'-]+){0,3}?[\s:/]+"
_CLAUSE = re.compile(r"[^,;.()\n]+")
_WORD = re.compile(r"\w")


class Hedges:
    """The part `hedges` of `readings.yaml`, over its `words`."""

    def __init__(self, document: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> None:
        meanings: Mapping[str, Sequence[str]] = document["other-meaning"]
        several = {kind: document[kind] for kind in _LISTS if kind not in OF_CONCEPTS}
        for kind in BY_CONCEPT:
            several[kind] = [phrase for phrases in document[kind].values() for phrase in phrases]
        self._kinds = Words(several)
        self._supposed = _any_of(document["supposed"])
        self._supposed_next = _any_of(document["supposed-next"])
        self._mentions = {concept: _any_of(phrases) for concept, phrases in words.items()}
        self._left_open = {concept: _any_of(beside) for concept, beside in document["left-open"].items()}
        tumours = _either(phrase for concept in document["of-tumour"] for phrase in words[concept])
        self._of_tumour = {
            concept: re.compile(
                rf"(?<![\w-]){_either(words[concept])}{_BETWEEN}{tumours}(?![\w-])", re.IGNORECASE
            )
            for concept in document["left-open"]
        }
        past = _either(document["past-next"])
        self._past = {
            concept: re.compile(
                rf"(?<![\w-]){past}{_BETWEEN}{_either(words[concept])}(?![\w-])", re.IGNORECASE
            )
            for concept in document["past"]
        }
        self._discounted: dict[str, list[re.Pattern[str]]] = {
            concept: [_any_of(phrases)] for concept, phrases in meanings.items()
        }
        nexts, befores = _either(document["coming-next"]), _either(document["coming-before"])
        for concept in document["coming"]:
            name = _either(words[concept])
            self._discounted.setdefault(concept, []).append(
                re.compile(
                    rf"(?<![\w-])(?:{nexts}){_BETWEEN}{name}(?![\w-])|(?<![\w-]){name}\s+{befores}(?![\w-])",
                    re.IGNORECASE,
                )
            )

    def in_text(self, text: str) -> bool:
        """Whether a text holds words that qualify others; most hold none."""
        return bool(self._kinds.concepts_in(text))

    def sure(self, text: str, words: Iterable[str]) -> frozenset[str]:
        """The concepts of `words` that the text says, those that it leaves open (`open.`) and that are past (`past.`).

        Where it denies anything, `negation` is among them.
        """
        concepts = frozenset(words)
        spans = {concept: self._spans(concept, text) for concept in concepts}
        every = [span for found in spans.values() for span in found]
        # `risk of` denies what it speaks of, and nothing before it
        spans[NEGATION] = every + [m.span() for m in self._supposed_next.finditer(text)]
        supposed_from = self._supposed_from(text)
        said: set[str] = set()
        for concept in concepts:
            kept = _outside(spans[concept], [m.start() for m in self._mentions[concept].finditer(text)])
            if concept == NEGATION and kept:
                return frozenset({NEGATION})
            past = self._past.get(concept)
            if past is not None:
                now = _outside([m.span() for m in past.finditer(text)], kept)
                if len(now) < len(kept):
                    said.add(PAST + concept)
                kept = now
            sure = [at for at in kept if at < supposed_from]
            beside = self._left_open.get(concept)
            if beside is not None:
                hedges = _outside(every, [m.start() for m in beside.finditer(text)])
                named = [m.span() for m in self._of_tumour[concept].finditer(text)]
                hedged = {at for at in _outside(named, sure) if _in_clause_of(hedges, text, at)}
                sure = [at for at in sure if at not in hedged]
            if sure:
                said.add(concept)
            elif kept and beside is not None:
                said.add(OPEN + concept)
        return frozenset(said)

    def _spans(self, concept: str, text: str) -> list[tuple[int, int]]:
        return [m.span() for pattern in self._discounted.get(concept, ()) for m in pattern.finditer(text)]

    def _supposed_from(self, text: str) -> int:
        """Where what is only supposed begins in a text; its end if nothing is."""
        if "?" in text or self._supposed.search(text):
            return 0
        found = self._supposed_next.search(text)
        if found is None:
            return len(text)
        # `GIST, probably`: with nothing behind it speaks of what stands before it
        clause = _CLAUSE.match(text, found.end())
        return found.start() if clause and _WORD.search(clause[0]) else 0


def _in_clause_of(hedges: Iterable[int], text: str, at: int) -> bool:
    """Whether the clause of a mention leaves open if there is what it names: `recurrent GIST surveillance`."""
    for clause in _CLAUSE.finditer(text):
        if clause.start() <= at < clause.end():
            return any(clause.start() <= hedge < clause.end() for hedge in hedges)
    return False


def _outside(spans: Sequence[tuple[int, int]], mentions: Iterable[int]) -> list[int]:
    return [at for at in mentions if not any(start <= at < end for start, end in spans)]


def _either(phrases: Iterable[str]) -> str:
    longest_first = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){_either(phrases)}(?![\w-])", re.IGNORECASE)

"""Free text: which concept of ours its words stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_WORD = re.compile(r"[\w-]+")


class Words:
    """Whole words in free text that stand for a concept: the last resort, after every coding."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        """`phrases` are those that stand for a concept, in any case."""
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        # A text can only hold a phrase whose first word is one of its own: most patterns need not be tried.
        self._starting_with: dict[str, set[int]] = {}
        for number, (concept, several) in enumerate(phrases.items()):
            joined = "|".join(re.escape(p) for p in sorted(several, key=len, reverse=True))
            pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE)
            self._patterns.append((pattern, concept))
            for phrase in several:
                first = _WORD.match(phrase)
                self._starting_with.setdefault(first[0].lower() if first else "", set()).add(number)

    def concepts(self, texts: Iterable[str | None]) -> frozenset[str]:
        return frozenset(concept for text in texts if text for concept in self._in(text))

    def _in(self, text: str) -> Iterator[str]:
        for number in self._to_try(text):
            pattern, concept = self._patterns[number]
            if pattern.search(text):
                yield concept

    def _to_try(self, text: str) -> Iterable[int]:
        # beyond ASCII one letter has several small forms, of which the patterns know more than `lower`
        if not text.isascii():
            return range(len(self._patterns))
        words = {"", *_WORD.findall(text.lower())}
        return {n for word in words for n in self._starting_with.get(word, ())}

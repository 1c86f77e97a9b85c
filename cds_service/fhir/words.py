"""Free text: which concept of ours its words stand for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

_WORD = re.compile(r"[\w-]+")
_NOTHING: frozenset[str] = frozenset()
# a text in ASCII to its words in small letters: a space for everything that `_WORD` does not match
_TO_WORDS = bytes(ord(chr(n).lower()) if n < 128 and _WORD.match(chr(n)) else ord(" ") for n in range(256))


class Words:
    """Whole words in free text that stand for a concept: the last resort, after every coding."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        """`phrases` are those that stand for a concept, in any case."""
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        # A text can only hold a phrase whose first word is one of its own: most patterns need not be tried.
        self._starting_with: dict[bytes, set[int]] = {}
        for number, (concept, several) in enumerate(phrases.items()):
            joined = "|".join(re.escape(p) for p in sorted(several, key=len, reverse=True))
            pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE)
            self._patterns.append((pattern, concept))
            for phrase in several:
                first = _WORD.match(phrase)
                begins = first[0].lower() if first else ""
                self._starting_with.setdefault(begins.encode(), set()).add(number)
        self._firsts = frozenset(self._starting_with)
        self._anywhere = frozenset(self._starting_with.get(b"", ()))

    def concepts(self, texts: Iterable[str | None]) -> frozenset[str]:
        """The concepts that stand in any of the texts."""
        return _NOTHING.union(*(self.concepts_in(text) for text in texts if text))

    def surely_none(self, text: str) -> bool:
        """Whether a text surely holds no words that stand for a concept: quicker than looking for them."""
        # beyond ASCII one letter has several small forms, of which the patterns know more than `lower`
        if self._anywhere or not text.isascii():
            return False
        return self._firsts.isdisjoint(text.encode().translate(_TO_WORDS).split())

    def concepts_in(self, text: str) -> frozenset[str]:
        """The concepts that stand in a text."""
        # beyond ASCII one letter has several small forms, of which the patterns know more than `lower`
        if not text.isascii():
            return self._found(text, range(len(self._patterns)))
        words = text.encode().translate(_TO_WORDS).split()
        # most texts of a record hold no word of ours
        if self._firsts.isdisjoint(words):
            return self._found(text, self._anywhere) if self._anywhere else _NOTHING
        return self._found(text, {n for word in (b"", *words) for n in self._starting_with.get(word, ())})

    def _found(self, text: str, to_try: Collection[int]) -> frozenset[str]:
        tried = [self._patterns[number] for number in to_try]
        return frozenset([concept for pattern, concept in tried if pattern.search(text)])

"""Free text: which concept of ours its words stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_WORD = re.compile(r"[\w-]+")
_NOTHING: frozenset[str] = frozenset()
# a text in ASCII to its words in small letters: a space for everything that `_WORD` does not match
_TO_WORDS = bytes(ord(chr(n).lower()) if n < 128 and _WORD.match(chr(n)) else ord(" ") for n in range(256))


class _Phrases:
    """The phrases that begin with one word: the concepts for which the word stands alone, and of the others what must
    stand in a text in small letters, the pattern that tells whether they do, and the concept."""

    def __init__(self) -> None:
        self.alone: list[str] = []
        self.longer: list[tuple[str, re.Pattern[str], str]] = []


class Words:
    """Whole words in free text that stand for a concept: the last resort, after every coding."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        """`phrases` are those that stand for a concept, in any case."""
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        # A text can only hold a phrase whose first word is one of its own: most phrases need not be tried.
        starting_with: dict[bytes, _Phrases] = {}
        for concept, several in phrases.items():
            joined = "|".join(re.escape(p) for p in sorted(several, key=len, reverse=True))
            pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.IGNORECASE)
            self._patterns.append((pattern, concept))
            for phrase in several:
                first = _WORD.match(phrase)
                begins = first[0] if first else ""
                known = starting_with.setdefault(begins.lower().encode(), _Phrases())
                if begins == phrase and phrase.isascii():
                    known.alone.append(concept)
                else:
                    # in ASCII small letters tell what a phrase in ASCII cannot stand in
                    needs = phrase.lower() if phrase.isascii() else ""
                    known.longer.append((needs, pattern, concept))
        self._anywhere = starting_with.pop(b"", _Phrases()).longer
        self._starting_with = starting_with
        self._firsts = frozenset(starting_with)

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
            return frozenset([concept for pattern, concept in self._patterns if pattern.search(text)])
        begun = self._firsts.intersection(text.encode().translate(_TO_WORDS).split())
        # most texts of a record hold no word of ours
        if not begun and not self._anywhere:
            return _NOTHING
        found: set[str] = set()
        longer = self._anywhere
        for word in begun:
            phrases = self._starting_with[word]
            # a word that is a phrase by itself stands there whole
            found.update(phrases.alone)
            if phrases.longer:
                longer = longer + phrases.longer
        if longer:
            small = text.lower()
            for needs, pattern, concept in longer:
                if needs in small and concept not in found and pattern.search(text):
                    found.add(concept)
        return frozenset(found)

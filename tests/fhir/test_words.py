"""Words of free text: whole phrases in any case, wherever they stand."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cds_service.fhir.words import Words

PHRASES = {
    "grade.high": ["high-grade", "high grade", "G3"],
    "site.stomach": ["stomach", "gastric"],
    "size.exclude": ["per 50 hpf", "(mm2)", "-50"],
    "site.kidney": ["kidney", "Niere", "größte niere"],
}


def as_defined(text: str) -> set[str]:
    """A phrase stands for its concept where no letter, digit or hyphen touches it."""
    return {
        concept
        for concept, phrases in PHRASES.items()
        for phrase in phrases
        if re.search(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", text, re.IGNORECASE)
    }


_PIECES = st.one_of(
    st.sampled_from([phrase for phrases in PHRASES.values() for phrase in phrases]),
    st.sampled_from([" ", "-", ", ", ".", "(", "x", "50", "K", "\u212a", "\u017f", "stomach\u0301"]),
    st.text(max_size=3),
)


@given(st.lists(st.tuples(_PIECES, st.booleans()), max_size=8))
def test_a_text_says_what_its_whole_phrases_stand_for(pieces: list[tuple[str, bool]]) -> None:
    text = "".join(piece.upper() if loud else piece for piece, loud in pieces)
    assert Words(PHRASES).concepts([text]) == as_defined(text)


def test_several_texts_say_what_each_says_and_silence_says_nothing() -> None:
    words = Words(PHRASES)
    assert words.concepts(["GASTRIC tumour", None, "High-grade"]) == {"site.stomach", "grade.high"}
    assert words.concepts(["epigastric", "high-graded", "", None]) == set()
    assert words.concepts(["\u212aidney"]) == {"site.kidney"}

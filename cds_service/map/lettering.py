"""How much room words take, without a font at hand: wide enough for every sans-serif font that a reader may have."""

from __future__ import annotations

from collections.abc import Iterator

LINE_HEIGHT = 1.3
# in parts of the font size; the widest of Helvetica, Segoe UI, Roboto, DejaVu Sans and their like
_NARROW, _WIDE = "iljtfIr.,:;'|!()[]/-", "mwMW@%—"
_WIDTHS = {**dict.fromkeys(_NARROW, 0.41), **dict.fromkeys(_WIDE, 1.0), " ": 0.33}
_CAPITAL, _OTHER = 0.78, 0.64
_BOLD = 1.09


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The most pixels that a line of text takes at a font size in pixels."""
    parts = sum(_WIDTHS.get(c, _CAPITAL if c.isupper() else _OTHER) for c in text)
    return parts * size * (_BOLD if bold else 1)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> tuple[str, ...]:
    """The text in lines that are not wider than `room`; a word that is wider is broken."""
    lines: list[str] = []
    for word in (part for word in text.split() for part in _broken(word, size, room, bold)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def _broken(word: str, size: float, room: float, bold: bool) -> Iterator[str]:
    while width_of(word, size, bold=bold) > room and len(word) > 2:
        kept = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or width_of(word[:n], size, bold=bold) <= room)
        yield word[:kept]
        word = word[kept:]
    yield word

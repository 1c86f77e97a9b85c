"""How much room words take, without a font at hand: wide enough for every sans-serif font that a reader may have."""

from __future__ import annotations

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
    """The text in lines that are not wider than `room`, unless one word is."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)

"""The fixed splitter that cuts a source into paragraphs and bullets, each with an id of its own.

A piece is a run of lines between blank lines; a line that begins with a bullet begins a piece. The id is the source's
number, the running number of the piece in it, and the first six digits of its SHA-256, so that a source that changes
is noticed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BULLET = re.compile(r"^\s*(?:[•◦▪·]|\d{1,2}\.\s)")


@dataclass(frozen=True)
class Piece:
    """One paragraph or bullet of a source."""

    id: str
    text: str


def pieces(path: Path) -> Iterator[Piece]:
    """The pieces of one source file, in order; `000_….txt` is source 000."""
    source = path.name[:3]
    for number, text in enumerate(_texts(path.read_text(encoding="utf-8")), 1):
        mark = hashlib.sha256(text.encode()).hexdigest()[:6]
        yield Piece(f"{source}-{number:03d}-{mark}", text)


def _texts(content: str) -> Iterator[str]:
    held: list[str] = []
    for line in [*content.splitlines(), ""]:
        if held and (not line.strip() or BULLET.match(line)):
            yield " ".join(held)
            held = []
        if line.strip():
            held.append(" ".join(line.split()))

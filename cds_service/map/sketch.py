"""What is drawn before it has a place: nodes with their words and sizes, and the links between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .layout import Arrow, Box, Direction, Placed, place
from .lettering import LINE_HEIGHT, width_of, wrapped

Kind = Literal["decision", "group", "silent", "result", "line", "option"]
TITLE, NOTE, LABEL = 13.5, 12.0, 12.0
_PADDING = 12
_ROOM: Mapping[Kind, float] = {
    "decision": 150,
    "group": 220,
    "silent": 160,
    "result": 150,
    "line": 110,
    "option": 330,
}
_LABEL_ROOM = 130


@dataclass(frozen=True, slots=True)
class Node:
    """One box: its title in lines and, below it, a note in lines; sizes in pixels."""

    id: str
    kind: Kind
    title: tuple[str, ...]
    note: tuple[str, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow with its label in lines; `aside` is one that no decision leads along."""

    id: str
    start: str
    end: str
    label: tuple[str, ...] = ()
    width: float = 0
    height: float = 0
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """Nodes in reading order, and links."""

    nodes: Mapping[str, Node]
    links: Sequence[Link]

    def placed(self, direction: Direction = "LR") -> Placed:
        """Where everything goes. Raises LayoutUnavailable."""
        return place(
            [Box(n.id, n.width, n.height) for n in self.nodes.values()],
            [Arrow(li.id, li.start, li.end, li.width, li.height) for li in self.links],
            direction,
            gap=22,
            ranks=22,
        )


def node(identity: str, kind: Kind, title: str, note: str = "") -> Node:
    """A box that is large enough for its words."""
    room = _ROOM[kind]
    titles = wrapped(title, TITLE, room, bold=True)
    notes = wrapped(note, NOTE, room)
    widths = [*(width_of(t, TITLE, bold=True) for t in titles), *(width_of(n, NOTE) for n in notes)]
    height = (len(titles) * TITLE + len(notes) * NOTE) * LINE_HEIGHT + (4 if notes else 0)
    return Node(identity, kind, titles, notes, round(max(widths)) + 2 * _PADDING, round(height) + 2 * _PADDING - 4)


def link(start: str, end: str, label: str = "", *, aside: bool = False) -> Link:
    """An arrow whose label has room beside it."""
    lines = wrapped(label, LABEL, _LABEL_ROOM)
    width = max((width_of(line, LABEL) for line in lines), default=0)
    return Link(
        f"{start}>{end}",
        start,
        end,
        lines,
        round(width) + (8 if lines else 0),
        round(len(lines) * LABEL * LINE_HEIGHT) + (4 if lines else 0),
        aside,
    )

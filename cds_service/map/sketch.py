"""What is drawn before it has a place: nodes with their words and sizes, and the links between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from .layout import Arrow, Box, Direction, Placed, place
from .lettering import LINE_HEIGHT, width_of, wrapped

Kind = Literal["decision", "group", "silent", "result", "line", "condition", "option"]
TITLE, NOTE, LABEL = 13.5, 12.0, 12.0
PADDING, GAP = 12, 4
_ROOM: Mapping[Kind, float] = {
    "decision": 150,
    "group": 205,
    "silent": 180,
    "result": 150,
    "line": 110,
    "condition": 250,
    "option": 250,
}
_LABEL_ROOM, _NARROW_LABEL = 112, 66
_NARROW = 168


@dataclass(frozen=True, slots=True)
class Node:
    """One box: its title in lines, above it the answer that leads to it, below it a note; sizes in pixels."""

    id: str
    kind: Kind
    title: tuple[str, ...]
    note: tuple[str, ...]
    width: float
    height: float
    answer: tuple[str, ...] = ()


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
    """Nodes in reading order, and links, all of which can be followed from `start`. `stacked`: one below the other,
    for a narrow page."""

    nodes: Mapping[str, Node]
    links: Sequence[Link]
    start: str
    direction: Direction = "LR"
    stacked: bool = False

    def links_from(self, identity: str) -> list[Link]:
        return [li for li in self.links if li.start == identity]

    def forward(self) -> list[str]:
        """Every node after all that lead to it, short ways first."""
        found: list[str] = []
        below: dict[str, int] = {}

        def size(name: str) -> int:
            if name not in below:
                below[name] = 1 + sum(size(li.end) for li in self.links_from(name))
            return below[name]

        def visit(name: str) -> None:
            if name not in found:
                # of equal ways the one that is told first comes first
                for li in sorted(self.links_from(name), key=lambda li: size(li.end))[::-1]:
                    visit(li.end)
                found.append(name)

        visit(self.start)
        return found[::-1]

    def placed(self) -> Placed:
        """Where everything goes. Raises LayoutUnavailable."""
        boxes = [Box(n.id, n.width, n.height) for n in self.nodes.values()]
        arrows = [Arrow(li.id, li.start, li.end, li.width, li.height) for li in self.links]
        if not self.stacked:
            return place(boxes, arrows, self.direction, gap=22, ranks=28)
        # a chain that is not drawn gives every node a rank of its own
        chain = [Arrow(f"{a.id}>>{b.id}", a.id, b.id) for a, b in pairwise(boxes)]
        return place(boxes, [*arrows, *chain], self.direction, gap=12, ranks=22)


def stacked(sketch: Sketch) -> Sketch:
    """The same for a narrow page: smaller boxes, one below the other in an order that follows the links.

    The answer that leads to a box stands in it where there is one alone.
    """
    into: dict[str, list[Link]] = {}
    for li in sketch.links:
        into.setdefault(li.end, []).append(li)
    alone = {name: links[0] for name, links in into.items() if len(links) == 1}
    nodes = {}
    for name in sketch.forward():
        old = sketch.nodes[name]
        answer = " ".join(alone[name].label) if name in alone else ""
        nodes[name] = node(name, old.kind, " ".join(old.title), " ".join(old.note), answer, narrow=True)
    links = [
        link(li.start, li.end, "" if li.end in alone else " ".join(li.label), aside=li.aside, narrow=True)
        for li in sketch.links
    ]
    return Sketch(nodes, links, sketch.start, "TB", stacked=True)


def node(
    identity: str, kind: Kind, title: str, note: str = "", answer: str = "", *, narrow: bool = False
) -> Node:
    """A box that is large enough for its words."""
    room = min(_ROOM[kind], _NARROW) if narrow else _ROOM[kind]
    titles, notes = wrapped(title, TITLE, room, bold=True), wrapped(note, NOTE, room)
    answers = wrapped(answer, LABEL, room)
    widths = [width_of(t, TITLE, bold=True) for t in titles] + [width_of(n, NOTE) for n in (*notes, *answers)]
    height = (len(titles) * TITLE + (len(notes) + len(answers)) * NOTE) * LINE_HEIGHT
    return Node(
        identity,
        kind,
        titles,
        notes,
        round(max(widths)) + 2 * PADDING,
        round(height) + 2 * PADDING - 4 + (GAP if notes else 0) + (GAP if answers else 0),
        answers,
    )


def link(start: str, end: str, label: str = "", *, aside: bool = False, narrow: bool = False) -> Link:
    """An arrow whose label has room beside it."""
    lines = wrapped(label, LABEL, _NARROW_LABEL if narrow else _LABEL_ROOM)
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

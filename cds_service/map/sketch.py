"""What is drawn before it has a place: nodes with their words and sizes, and the links between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from .layout import Arrow, Box, Direction, Placed, mirrored, place
from .lettering import LINE_HEIGHT, width_of, wrapped

Kind = Literal["decision", "group", "silent", "result", "line", "condition", "option"]
TITLE, NOTE, LABEL = 13.5, 12.0, 12.0
PADDING, GAP = 12, 4
_ROOM: Mapping[Kind, float] = {
    "decision": 135,
    "group": 185,
    "silent": 165,
    "result": 140,
    "line": 110,
    "condition": 250,
    "option": 250,
}
_LABEL_ROOM, _NARROW_LABEL = 104, 62
# what a reader of a laptop sees at once
_PAGE = (1240, 850)
# a box so far into it is not cut
_IN_SIGHT = 0.8
# what a reader of a phone sees, with a little scrolling
_PHONE = 620
_NARROW = 150


@dataclass(frozen=True, slots=True)
class Node:
    """One box: its title in lines, above it the answer that leads to it, below it a note; sizes in pixels.

    `stands_for` is the box of which it is a copy, itself if it is none.
    """

    id: str
    kind: Kind
    title: tuple[str, ...]
    note: tuple[str, ...]
    width: float
    height: float
    answer: tuple[str, ...] = ()
    stands_for: str = ""


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
    """Nodes in reading order, and links, all of which can be followed from `start`.

    `ordered`: a tree in which the order of the links matters. `stacked`: one below the other, for a narrow page.
    """

    nodes: Mapping[str, Node]
    links: Sequence[Link]
    start: str
    direction: Direction = "LR"
    ordered: bool = False
    stacked: bool = False

    def links_from(self, identity: str) -> list[Link]:
        return [li for li in self.links if li.start == identity]

    def forward(self) -> list[str]:
        """Every node after all that lead to it; short ways first where the order of the links does not matter."""
        found: list[str] = []
        below: dict[str, int] = {}

        def size(name: str) -> int:
            if name not in below:
                below[name] = 1 + sum(size(li.end) for li in self.links_from(name))
            return below[name]

        def visit(name: str) -> None:
            if name not in found:
                links = self.links_from(name)
                for li in (links if self.ordered else sorted(links, key=lambda li: size(li.end)))[::-1]:
                    visit(li.end)
                found.append(name)

        visit(self.start)
        return found[::-1]

    def placed(self) -> Placed:
        """Where everything goes. Raises LayoutUnavailable."""
        boxes = [Box(n.id, n.width, n.height) for n in self.nodes.values()]
        arrows = [Arrow(li.id, li.start, li.end, li.width, li.height) for li in self.links]
        if self.stacked:
            # a chain that is not drawn gives every node a rank of its own
            chain = [Arrow(f"{a.id}>>{b.id}", a.id, b.id) for a, b in pairwise(boxes)]
            return place(boxes, [*arrows, *chain], "TB", gap=8, ranks=22)
        if self.ordered:
            return place(boxes, arrows, self.direction, gap=20, ranks=24, ordered=True)
        placed = place(boxes, arrows, self.direction, gap=22, ranks=24)
        across = 1 if self.direction == "LR" else 0
        turned = mirrored(placed, self.direction)
        # what is told first stands first, but the first of all stands in sight
        ends = [placed.boxes[li.end] for li in self.links_from(self.start)]
        if ends[0][across] > ends[-1][across]:
            placed, turned = turned, placed
        far, near = (each.boxes[self.start][across] for each in (placed, turned))
        return turned if far > _PAGE[across] * _IN_SIGHT and near < far else placed

    def fitted(self) -> Sketch:
        """The same in the direction in which more of it can be seen at once on a page that is wider than high."""
        both = (self, replace(self, direction="TB"))
        return max(both, key=lambda sketch: _scale(sketch.placed()))

    def narrow(self) -> Sketch | None:
        """The same for a phone; None if even so it is too wide for its words to be read there."""
        found = stacked(self)
        return found if found.placed().width <= _PHONE else None


def _scale(placed: Placed) -> float:
    return min(_PAGE[0] / placed.width, _PAGE[1] / placed.height, 1)


def stacked(sketch: Sketch) -> Sketch:
    """The same for a narrow page: smaller boxes, one below the other in an order that follows the links.

    The answer that leads to a box stands in it where there is one alone; an ending to which several lead is drawn
    once for each of them.
    """
    into = Counter(li.end for li in sketch.links)
    leading = {li.start for li in sketch.links}
    nodes = {name: _narrow(old, name, "") for name, old in sketch.nodes.items() if into[name] != 1}
    links = []
    copies: Counter[str] = Counter()
    for li in sketch.links:
        end, label = li.end, " ".join(li.label)
        if into[end] == 1 or end not in leading:
            copies[li.end] += 1
            end = f"{end}~{copies[li.end]}" if copies[li.end] > 1 else end
            nodes[end] = _narrow(sketch.nodes[li.end], end, label)
            label = ""
        links.append(replace(link(li.start, end, label, aside=li.aside, narrow=True), id=li.id))
    found = Sketch(nodes, links, sketch.start, "TB", sketch.ordered, stacked=True)
    return replace(found, nodes={name: nodes[name] for name in found.forward()})


def _narrow(old: Node, identity: str, answer: str) -> Node:
    drawn = node(identity, old.kind, " ".join(old.title), " ".join(old.note), answer, narrow=True)
    return replace(drawn, stands_for=old.stands_for)


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
        identity,
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

"""A placed sketch as SVG: boxes, arrows and words, and what is said of a patient's position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markupsafe import Markup

from ..pages import pages_of
from .layout import Direction, Placed, Point
from .lettering import LINE_HEIGHT, width_of
from .position import MARKED, State
from .routes import drawn, route
from .sketch import GAP, LABEL, NOTE, PADDING, TITLE, Link, Node, Sketch

PAGES = pages_of("cds_service.map")
_CHIP = 11.0
_HEAD, _SPREAD = 8.0, 4.0
# what stands of a chip above its box, and the height of A4 without its margins and a line of text, in CSS pixels
_ABOVE, _SHEET = 14.0, 950.0


@dataclass(frozen=True, slots=True)
class Marks:
    """What is written on a sketch: by id of a node or link its state, and by node what its link says and leads to.

    `tags` are short words on the border of a box that come from elsewhere than the state; `drafted` are the boxes
    that a drafted order asks for.
    """

    states: Mapping[str, State] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    assumed: frozenset[str] = frozenset()
    drafted: frozenset[str] = frozenset()
    spoken: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    x: float
    y: float


def picture(
    sketch: Sketch, marks: Marks, *, ident: str, title: str, described: str, style: str = ""
) -> Markup:
    """The sketch as one SVG element.

    `ident` begins every id in it, so that a page may hold several. `style` is written into it, for a picture that
    stands alone; without, the page brings `map.css`. Raises LayoutUnavailable.
    """
    placed, direction = sketch.placed(), sketch.direction
    template = PAGES.get_template("picture.svg.jinja")
    return Markup(
        template.render(
            ident=ident,
            title=title,
            described=described,
            style=style,
            width=_number(placed.width),
            height=_number(placed.height),
            size=size_of(sketch),
            positioned=bool(marks.states),
            arrows=[_arrow(li, sketch, placed, marks, direction) for li in _in_front(sketch.links, marks)],
            boxes=[_box(n, sketch, placed, marks) for n in sketch.nodes.values()],
            alone=bool(style),
        )
    )


def size_of(sketch: Sketch) -> str:
    """How far a page may shrink a picture of it before its words are too small: "small" to the width of any page that
    shows it, "middle" and "large" to widths that `map.css` states. Shrunk to a sheet of paper, "large" is too small.
    """
    width = sketch.placed().width
    small, large = (480, 620) if sketch.stacked else (900, 1300)
    return "small" if width <= small else "middle" if width <= large else "large"


def sheets(sketch: Sketch) -> list[tuple[int, int]]:
    """Where a picture is cut for paper, as top and height of each part: between boxes, never through one."""
    placed = sketch.placed()
    spans = sorted(
        (placed.boxes[n.id][1] - n.height / 2 - _ABOVE, placed.boxes[n.id][1] + n.height / 2)
        for n in sketch.nodes.values()
    )
    cuts = [0]
    for (_, above), (top, bottom) in pairwise(spans):
        if bottom - cuts[-1] > _SHEET:
            cuts.append(round((above + top) / 2))
    return [(top, end - top) for top, end in pairwise([*cuts, round(placed.height)])]


def _in_front(links: Sequence[Link], marks: Marks) -> list[Link]:
    """What is excluded first, so that the patient's way lies over it."""
    return sorted(links, key=lambda li: marks.states.get(li.id, "excluded") != "excluded")


def _arrow(
    link: Link, sketch: Sketch, placed: Placed, marks: Marks, direction: Direction
) -> dict[str, object]:
    path = route(link, sketch, placed, direction)
    x, y = placed.labels.get(link.id, (0.0, 0.0))
    top = y - len(link.label) * LABEL * LINE_HEIGHT / 2 + LABEL * 0.95
    label = [
        _Line(text, _round(x), _round(top + n * LABEL * LINE_HEIGHT)) for n, text in enumerate(link.label)
    ]
    return {
        "state": marks.states.get(link.id, ""),
        "assumed": link.id in marks.assumed,
        "aside": link.aside,
        "path": drawn(path, direction),
        "head": _head(path, direction),
        "label": label,
        "x": _round(x - link.width / 2),
        "y": _round(y - link.height / 2),
        "width": link.width,
        "height": link.height,
    }


def _box(node: Node, sketch: Sketch, placed: Placed, marks: Marks) -> dict[str, object]:
    x, y = placed.boxes[node.id]
    left, top = x - node.width / 2, y - node.height / 2
    below = top + PADDING - 2 + (len(node.answer) * LABEL * LINE_HEIGHT + GAP if node.answer else 0)
    state = marks.states.get(node.stands_for)
    into = [marks.states.get(li.id) for li in sketch.links if li.end == node.id]
    if into and all(of_link == "excluded" for of_link in into):
        # a copy on a way that is not the patient's
        state = "excluded"
    tag = marks.tags.get(node.stands_for, "")
    if not tag and state and node.kind not in ("line", "condition"):
        tag = MARKED.get(state, "")
    tag_width = round(width_of(tag, _CHIP, bold=True)) + 12
    return {
        "id": node.stands_for,
        "kind": node.kind,
        "state": state or "",
        "x": _round(left),
        "y": _round(top),
        "width": node.width,
        "height": node.height,
        "corner": 8 if node.kind in ("group", "option", "line") else min(18, node.height / 2),
        "answer": list(_lines(node.answer, x, top + PADDING - 2, LABEL)),
        "title": list(_lines(node.title, x, below, TITLE)),
        "note": list(_lines(node.note, x, below + GAP + len(node.title) * TITLE * LINE_HEIGHT, NOTE)),
        "tag": tag,
        "tag_width": tag_width,
        "tag_x": _round(max(2, left + node.width - tag_width + 6)),
        "drafted": node.stands_for in marks.drafted,
        "spoken": marks.spoken.get(node.stands_for, " ".join(node.title)),
        "target": marks.targets.get(node.stands_for, ""),
    }


def _lines(texts: Sequence[str], x: float, top: float, size: float) -> Iterator[_Line]:
    for number, text in enumerate(texts):
        yield _Line(text, _round(x), _round(top + size * 0.95 + number * size * LINE_HEIGHT))


def _head(path: Sequence[Point], direction: Direction) -> str:
    """The corners of an arrow head where a path ends; it comes in along the direction of the layout."""
    x, y = path[-1]
    if direction == "LR":
        corners = [(x, y), (x - _HEAD, y - _SPREAD), (x - _HEAD, y + _SPREAD)]
    else:
        corners = [(x, y), (x - _SPREAD, y - _HEAD), (x + _SPREAD, y - _HEAD)]
    return " ".join(f"{_number(cx)},{_number(cy)}" for cx, cy in corners)


def _round(number: float) -> float:
    return round(number, 1)


def _number(number: float) -> str:
    return f"{round(number, 1):g}"

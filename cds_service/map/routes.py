"""The way of an arrow between the boxes: straight through every rank, bent only between ranks, where nothing stands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .layout import Direction, Placed, Point
from .sketch import Link, Sketch

Span = tuple[float, float]


def route(link: Link, sketch: Sketch, placed: Placed, direction: Direction) -> list[Point]:
    """The points of an arrow: pairs of which the first two, the next two and so on are ends of straight lines."""
    turned = direction == "TB"
    ranks = _ranks(sketch, placed, turned)
    start, end = sketch.nodes[link.start], sketch.nodes[link.end]
    inner = [_turn(p, turned) for p in placed.paths[link.id][1:-1]]
    first, last = (_turn(placed.boxes[n], turned) for n in (link.start, link.end))
    depth = [n.height if turned else n.width for n in (start, end)]
    points: list[Point] = [(first[0] + depth[0] / 2, first[1]), (_rank(first, ranks)[1], first[1])]
    for point in inner:
        low, high = _rank(point, ranks)
        points += [(low, point[1]), (high, point[1])]
    points += [(_rank(last, ranks)[0], last[1]), (last[0] - depth[1] / 2, last[1])]
    return [_turn(p, turned) for p in points]


def drawn(points: Sequence[Point], direction: Direction) -> str:
    """The `d` of a path along such points."""
    parts = [f"M{_pair(points[0])}"]
    for number, (before, after) in enumerate(pairwise(points)):
        if number % 2 == 0:
            parts.append(f"L{_pair(after)}")
        else:
            (ax, ay), (bx, by) = before, after
            middle = (ax + bx) / 2, (ay + by) / 2
            one, two = (
                ((middle[0], ay), (middle[0], by))
                if direction == "LR"
                else ((ax, middle[1]), (bx, middle[1]))
            )
            parts.append(f"C{_pair(one)} {_pair(two)} {_pair(after)}")
    return "".join(parts)


def _ranks(sketch: Sketch, placed: Placed, turned: bool) -> dict[float, Span]:
    """From where to where boxes and labels of one rank reach, by the middle of the rank."""
    sizes = [(placed.boxes[n.id], n.height if turned else n.width) for n in sketch.nodes.values()]
    sizes += [
        (placed.labels[li.id], li.height if turned else li.width)
        for li in sketch.links
        if li.id in placed.labels
    ]
    found: dict[float, Span] = {}
    for point, depth in sizes:
        middle = _key(_turn(point, turned)[0])
        low, high = found.get(middle, (middle, middle))
        found[middle] = (min(low, middle - depth / 2), max(high, middle + depth / 2))
    return found


def _rank(point: Point, ranks: dict[float, Span]) -> Span:
    return ranks.get(_key(point[0]), (point[0], point[0]))


def _key(number: float) -> float:
    return round(number, 3)


def _turn(point: Point, turned: bool) -> Point:
    return (point[1], point[0]) if turned else point


def _pair(point: Point) -> str:
    return f"{round(point[0], 1):g},{round(point[1], 1):g}"

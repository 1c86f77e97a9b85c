"""Where the boxes and arrows of a drawing go, by dagre, the layout library, in an embedded JavaScript engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

Direction = Literal["LR", "TB"]
Point = tuple[float, float]

_PACKAGED = Path(__file__).parent / "dagre" / "dagre.min.js"
_CHECKOUT = Path(__file__).parents[2] / "build/frontend/node_modules/@dagrejs/dagre/dist/dagre.min.js"
# one call in, one answer out, as text: nothing of the engine is kept
_DRIVER = """
globalThis.structuredClone = value => value === undefined ? value : JSON.parse(JSON.stringify(value))
function place(text) {
  const asked = JSON.parse(text)
  const graph = new dagre.graphlib.Graph({multigraph: true})
  graph.setGraph(asked.graph)
  for (const box of asked.boxes) graph.setNode(box.id, box)
  for (const arrow of asked.arrows) graph.setEdge(arrow.from, arrow.to, arrow, arrow.id)
  dagre.layout(graph, {disableOptimalOrderHeuristic: asked.ordered})
  return JSON.stringify({
    width: graph.graph().width,
    height: graph.graph().height,
    boxes: graph.nodes().map(id => graph.node(id)),
    arrows: graph.edges().map(edge => graph.edge(edge)),
  })
}
"""
_CPU_SECONDS = 20


class LayoutUnavailable(Exception):
    """The layout library is not where the build puts it; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Box:
    """The size of a box in pixels."""

    id: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes; `width` and `height` are the size of its label."""

    id: str
    start: str
    end: str
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """Sizes in pixels, the origin at the top left. `boxes` and `labels` are centres by id, `paths` the points of
    each arrow."""

    width: float
    height: float
    boxes: Mapping[str, Point]
    labels: Mapping[str, Point]
    paths: Mapping[str, Sequence[Point]]


def mirrored(placed: Placed, direction: Direction) -> Placed:
    """The same with the order of neighbours turned round."""
    high = placed.height if direction == "LR" else placed.width

    def turned(point: Point) -> Point:
        x, y = point
        return (x, high - y) if direction == "LR" else (high - x, y)

    return replace(
        placed,
        boxes={name: turned(p) for name, p in placed.boxes.items()},
        labels={name: turned(p) for name, p in placed.labels.items()},
        paths={name: [turned(p) for p in path] for name, path in placed.paths.items()},
    )


def place(
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    direction: Direction,
    gap: float,
    ranks: float,
    *,
    ordered: bool = False,
) -> Placed:
    """Place everything; `gap` is the distance between neighbours, `ranks` that between ranks. `ordered` keeps the
    order of the arrows, for a tree; else it is chosen so that few of them cross.

    The same drawing is laid out once in a process. Raises LayoutUnavailable.
    """
    asked = {
        "ordered": ordered,
        "graph": {
            "rankdir": direction,
            "nodesep": gap,
            "edgesep": gap / 2,
            "ranksep": ranks,
            "marginx": 10,
            "marginy": 18,
        },
        "boxes": [{"id": b.id, "width": b.width, "height": b.height} for b in boxes],
        "arrows": [
            {
                "id": a.id,
                "from": a.start,
                "to": a.end,
                "width": a.width,
                "height": a.height,
                "labelpos": "c",
            }
            for a in arrows
        ],
    }
    return _placed(json.dumps(asked))


@lru_cache(maxsize=256)
def _placed(asked: str) -> Placed:
    # imported with the first map: a service that shows none pays nothing
    from quickjs import Context

    engine = Context()
    engine.set_time_limit(_CPU_SECONDS)
    engine.eval(_library())
    engine.eval(_DRIVER)
    answer = json.loads(engine.get("place")(asked))
    return Placed(
        width=answer["width"],
        height=answer["height"],
        boxes={b["id"]: (b["x"], b["y"]) for b in answer["boxes"]},
        labels={a["id"]: (a["x"], a["y"]) for a in answer["arrows"] if "x" in a},
        paths={a["id"]: [(p["x"], p["y"]) for p in a["points"]] for a in answer["arrows"]},
    )


@cache
def _library() -> str:
    for path in (_PACKAGED, _CHECKOUT):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise LayoutUnavailable(
        "The layout library dagre is neither packed with the package nor below build/ of the checkout. "
        "Install the package again (pip install -e . fetches it from npm)."
    )

"""Plots as static SVG that can stand inside a page."""

from __future__ import annotations

import sys
from typing import Any
from xml.etree import ElementTree

import pygal
from markupsafe import Markup
from pygal.style import Style

# pygal leaves an importer behind for its plugins, of an interface that Python has given up: others trip over it
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

# told apart in grey, and by those who do not tell red from green
FIRST, SECOND, THIRD = "#1b6ca8", "#d1495b", "#c9ced6"

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    font_family="system-ui, sans-serif",
    colors=(FIRST, SECOND, THIRD),
    guide_stroke_color="#e3e6ea",
    major_guide_stroke_color="#e3e6ea",
    guide_stroke_dasharray="none",
    major_guide_stroke_dasharray="none",
    title_font_size=12,
    value_colors=("#ffffff", "#ffffff", "#1a1a1a"),
    opacity="1",
    label_font_size=11,
    major_label_font_size=11,
    legend_font_size=12,
    value_font_size=10,
)
_SVG = "http://www.w3.org/2000/svg"


def shared(name: str, height: int) -> dict[str, Any]:
    """What all plots are made with. `name` tells the plot from others of its page."""
    return {
        "width": 900,
        "height": height,
        "js": (),
        "style": _STYLE,
        "print_zeroes": False,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 3,
        "truncate_label": -1,
        "classes": (..., name),
    }


def drawn(chart: Any, title: str) -> Markup:
    """The plot as markup that can stand inside HTML: without scripts, and with a name for those who hear it."""
    chart.uuid = chart.config.classes[-1]
    root = chart.render_tree()
    root.set("role", "img")
    root.set("aria-label", title)
    for parent in root.iter():
        for child in list(parent):
            if child.tag in ("script", f"{{{_SVG}}}script") or not isinstance(child.tag, str):
                parent.remove(child)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def bars(counts: dict[str, int], name: str, title: str, unit: str) -> Markup:
    """One bar for each count, the first on top, with the number beside its label."""
    chart = pygal.HorizontalBar(
        **shared(name, 80 + 24 * max(len(counts), 1)), show_legend=False, print_values=False, x_title=unit
    )
    listed = list(counts.items())
    # drawn from below
    listed.reverse()
    chart.x_labels = [f"{label}: {count}" for label, count in listed]
    chart.add(unit, [count for _, count in listed])
    return drawn(chart, title)

"""The plots of the report: static SVG to stand inside a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pygal
from markupsafe import Markup
from pygal.style import Style

from .report import Report
from .tally import Tally

# pygal leaves a finder among the interpreter's that Python no longer understands, and that others trip over
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

MOST_RULES = 15

# pygal leaves an importer behind for its plugins, of an interface that Python has given up: others trip over it
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

# told apart in grey, and by those who do not tell red from green
_ACCEPTED, _OVERRIDDEN, _NEITHER = "#1b6ca8", "#d1495b", "#c9ced6"

_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    font_family="system-ui, sans-serif",
    colors=(_ACCEPTED, _OVERRIDDEN, _NEITHER),
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


def week_chart(report: Report) -> Markup:
    """For each week, the cards shown: accepted, overridden, neither. A week without cards stands as a gap."""
    weeks = list(_every_week(report))
    chart = pygal.StackedBar(
        **_shared("weeks", 300), print_values=True, x_label_rotation=40, y_title="cards shown"
    )
    chart.x_labels = [label for label, _ in weeks]
    chart.add("accepted", [_or_gap(tally.accepted) for _, tally in weeks])
    chart.add("overridden", [_or_gap(tally.overridden) for _, tally in weeks])
    chart.add("neither", [_or_gap(tally.unanswered) for _, tally in weeks])
    return _drawn(chart, "Cards shown by week, and what became of them")


def _every_week(report: Report) -> Iterator[tuple[str, Tally]]:
    week, last = min(report.weeks), max(report.weeks)
    while week <= last:
        yield week.isoformat(), report.weeks.get(week, Tally())
        week = week.fromordinal(week.toordinal() + 7)


def _or_gap(count: int) -> int | None:
    return count or None


def rule_chart(report: Report) -> Markup:
    """The noisiest rules: how many of their cards were overridden, in per cent, with the counts."""
    lines = [line for line in report.rules if line.tally.overridden][:MOST_RULES]
    chart = pygal.HorizontalBar(
        **_shared("rules", 90 + 26 * max(len(lines), 1)),
        show_legend=False,
        print_values=False,
        range=(0, 100),
        x_title="overridden, per cent of the cards shown",
    )
    # drawn from below
    lines.reverse()
    # a short bar has no room for its counts
    chart.x_labels = [f"{line.name}: {line.tally.overridden} of {line.tally.shown}" for line in lines]
    rates = [100 * (line.tally.overridden_rate or 0) for line in lines]
    chart.add("overridden", [{"value": rate, "color": _OVERRIDDEN} for rate in rates])
    return _drawn(chart, "Override rate of the noisiest rules")


def _shared(name: str, height: int) -> dict[str, Any]:
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


def _drawn(chart: Any, title: str) -> Markup:
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

"""The plots of the report: static SVG to stand inside a page."""

from __future__ import annotations

from collections.abc import Iterator

import pygal
from markupsafe import Markup

from ..plots import SECOND, drawn, shared
from .report import Report
from .tally import Tally

MOST_RULES = 15


def week_chart(report: Report) -> Markup:
    """For each week, the cards shown: accepted, overridden, neither. A week without cards stands as a gap."""
    weeks = list(_every_week(report))
    chart = pygal.StackedBar(
        **shared("weeks", 300), print_values=True, x_label_rotation=40, y_title="cards shown"
    )
    chart.x_labels = [label for label, _ in weeks]
    chart.add("accepted", [_or_gap(tally.accepted) for _, tally in weeks])
    chart.add("overridden", [_or_gap(tally.overridden) for _, tally in weeks])
    chart.add("neither", [_or_gap(tally.unanswered) for _, tally in weeks])
    return drawn(chart, "Cards shown by week, and what became of them")


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
        **shared("rules", 90 + 26 * max(len(lines), 1)),
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
    chart.add("overridden", [{"value": rate, "color": SECOND} for rate in rates])
    return drawn(chart, "Override rate of the noisiest rules")

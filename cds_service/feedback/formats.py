"""The feedback report as text, JSON or one HTML page that needs no network and prints well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from ..pages import pages_of
from .charts import rule_chart, week_chart
from .report import Line, Report, reason_words, top_reasons
from .tally import Tally

_PAGES = pages_of("cds_service.feedback")
_WIDTH = 140
_TEXT_WEEKS = 8
_PAGE_WEEKS = 10
_MOST_RULES = 15


@dataclass(frozen=True, slots=True)
class Grid:
    """A table over the newest weeks: a title, the weeks, and a name with one cell a week for each row."""

    title: str
    weeks: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def rules_by_week(report: Report, most: int) -> Grid:
    """The noisiest rules: overridden of shown."""
    weeks = _newest(report, most)
    rows = (
        (line.name, tuple(_of(line.weeks.get(week)) for week in weeks))
        for line in report.rules[:_MOST_RULES]
        if line.tally.overridden
    )
    return Grid("Rule, overridden of shown", tuple(f"{week:%m-%d}" for week in weeks), tuple(rows))


def reasons_by_week(report: Report, most: int) -> Grid:
    """Every reason of an override: how often it was given."""
    weeks = _newest(report, most)
    rows = (
        (reason_words(reason), tuple(str(report.weeks[week].reasons[reason] or "–") for week in weeks))
        for reason, _ in report.total.reasons.most_common()
    )
    return Grid("Reason, times given", tuple(f"{week:%m-%d}" for week in weeks), tuple(rows))


def _newest(report: Report, most: int) -> list[date]:
    return list(report.weeks)[-most:]


def _of(tally: Tally | None) -> str:
    return f"{tally.overridden} of {tally.shown}" if tally and tally.shown else "–"


def rate(part: int, whole: int) -> str:
    """A rate with the counts it stands on: `12 of 40 (30 %)`; a dash where there is nothing to count."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "–"


def accepted(tally: Tally) -> str:
    return rate(tally.accepted, tally.offering)


def overridden(tally: Tally) -> str:
    return rate(tally.overridden, tally.shown)


def as_text(report: Report) -> str:
    """The totals, then topics, rules and weeks as tables, the noisiest first."""
    out = StringIO()
    console = Console(file=out, width=_WIDTH, highlight=False, color_system=None)
    console.print(period(report))
    console.print(f"Cards shown: {report.total.shown}; accepted: {accepted(report.total)} that offered something; "
                  f"overridden: {overridden(report.total)}; neither: {report.total.unanswered}.")  # fmt: skip
    if report.unknown:
        told = ", ".join(f"{outcome} {count}" for outcome, count in sorted(report.unknown.items()))
        console.print(f"Feedback for cards of which no record is kept: {told}.")
    for title, lines in (("Topic", report.topics), ("Rule", report.rules)):
        if lines:
            console.print(_table(title, lines))
    if report.weeks:
        weeks = [Line(week.isoformat(), tally) for week, tally in report.weeks.items()]
        console.print(_table("Week from", weeks))
        for grid in (rules_by_week(report, _TEXT_WEEKS), reasons_by_week(report, _TEXT_WEEKS)):
            if grid.rows:
                console.print(_grid(grid))
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())


def _table(title: str, lines: tuple[Line, ...] | list[Line]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"\n{title}", overflow="fold")
    for column in ("Shown", "Overridden", "Accepted where offered"):
        table.add_column(f"\n{column}", justify="right", no_wrap=True)
    table.add_column("\nReasons of overrides", overflow="fold")
    for line in lines:
        tally = line.tally
        table.add_row(
            line.name, str(tally.shown), overridden(tally), accepted(tally), top_reasons(tally.reasons)
        )
    return table


def _grid(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(f"\n{grid.title}", overflow="fold")
    for week in grid.weeks:
        table.add_column(f"\n{week}", justify="right", no_wrap=True)
    for name, cells in grid.rows:
        table.add_row(name, *cells)
    return table


def period(report: Report) -> str:
    """Which cards are counted, in a sentence."""
    since = f"since {report.since:%Y-%m-%d}" if report.since else "as far as records are kept"
    of = f"the client {report.client}" if report.client else "all clients"
    return f"Cards shown to {of} {since}, counted on {report.made:%Y-%m-%d %H:%M} UTC."


def as_json(report: Report) -> str:
    """All counts; a rate never stands without them."""
    plain = {
        "made": report.made.isoformat(),
        "since": report.since.isoformat() if report.since else None,
        "client": report.client,
        "total": _plain(report.total),
        "weeks": _weeks(report.weeks),
        "topics": [_line("topic", line) for line in report.topics],
        "rules": [_line("rule", line) for line in report.rules],
        "unknownCards": dict(report.unknown),
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()


def _line(kind: str, line: Line) -> dict[str, Any]:
    return {kind: line.name, **_plain(line.tally), "weeks": _weeks(dict(sorted(line.weeks.items())))}


def _weeks(weeks: Mapping[Any, Tally]) -> list[dict[str, Any]]:
    return [{"week": week.isoformat(), **_plain(tally)} for week, tally in weeks.items()]


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "shown": tally.shown,
        "offering": tally.offering,
        "accepted": tally.accepted,
        "acceptedRate": tally.accepted_rate,
        "overridden": tally.overridden,
        "overriddenRate": tally.overridden_rate,
        "reasons": [
            {"system": reason.rpartition("|")[0], "code": reason.rpartition("|")[2], "count": count}
            if reason
            else {"code": None, "count": count}
            for reason, count in tally.reasons.most_common()
        ],
    }


def as_html(report: Report) -> str:
    """One page: the totals, two plots, and the tables behind them."""
    return _PAGES.get_template("report.html.jinja").render(
        period=period(report),
        report=report,
        accepted=accepted,
        overridden=overridden,
        rows=lambda lines: [(line.name, line.tally) for line in lines],
        reason_words=reason_words,
        grids=[rules_by_week(report, _PAGE_WEEKS), reasons_by_week(report, _PAGE_WEEKS)],
        weeks=week_chart(report) if report.weeks else "",
        rules=rule_chart(report) if report.rules else "",
    )

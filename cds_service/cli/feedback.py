"""The feedback report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from ..feedback.formats import as_html, as_json, as_text
from ..feedback.report import Report, read_report
from .ground import settings_of
from .store import existing_store, using_store

_FORMATS: dict[str, Callable[[Report], str]] = {"text": as_text, "json": as_json, "html": as_html}


@click.group()
def feedback() -> None:
    """See what users did with the cards."""


@feedback.command()
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="text", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only cards shown from this day on (UTC).")
@click.option("--client", help="Only cards shown to this client.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def report(form: str, since: datetime | None, client: str | None, output: Path | None) -> None:
    """Count the cards shown, accepted and overridden, by topic, by rule and by week, the noisiest first."""
    database = existing_store(settings_of())
    from_day = since.replace(tzinfo=UTC) if since else None
    found = using_store(database, lambda: read_report(database, datetime.now(UTC), from_day, client))
    made = _FORMATS[form](found)
    if output:
        output.write_text(made + "\n", encoding="utf-8")
    else:
        click.echo(made)

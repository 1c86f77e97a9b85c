"""Making a synthetic population."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from ..settings import Settings
from ..synthesis.export import write_export
from .ground import loaded_by


@click.command()
@click.argument("count", metavar="N", type=click.IntRange(1))
@click.option("--seed", type=int, required=True, help="Same seed, same population, to the byte.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("synthetic-population"),
    show_default=True,
    help="The folder for the files; it must not hold any yet.",
)
@click.option("--gzip", "zipped", is_flag=True, help="Write .ndjson.gz.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2026-11-02",
    show_default=True,
    help="The day on which the records end.",
)
def synthesize(count: int, seed: int, output: Path, zipped: bool, today: datetime) -> None:
    """Write N synthetic patients with STS or GIST as the files of a FHIR Bulk Data export."""
    if output.is_dir() and any(output.glob("*.ndjson*")):
        raise click.ClickException(f"{output} holds NDJSON files already; name another folder or remove them")
    vocabulary = loaded_by(Settings()).knowledge.vocabulary
    written = write_export(count, seed, today.date(), vocabulary, output, zipped=zipped)
    terminal = Console(stderr=True)
    resources = 0
    for size in track(
        written, "Patients", total=count, console=terminal, disable=not terminal.is_terminal, transient=True
    ):
        resources += size
    click.echo(f"{count} synthetic patients with {resources} resources in {output}")

"""Evaluating a whole population."""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ..digest import digest
from ..loading import KNOWLEDGE
from ..service import Service
from ..settings import Settings, available_cores
from .ground import SNOMED_NOTICE, loaded_by, service_of, settings_of

if TYPE_CHECKING:
    from ..population.summary import Summary

# how many moves are told on the terminal
_TOLD = 20
_EXTRA = "DuckDB and PyArrow are needed: pip install 'sarcoma-pathway-cds[population]' (missing: {missing})"


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder for what is found. A run that was interrupted there is resumed.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of the evaluation: today, or that of the run that is resumed.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; one per core.")
@click.option(
    "--memory", default="1GB", show_default=True, help="What grouping may hold in memory; more goes to disk."
)
@click.option("--worker-memory", default="256MB", show_default=True, help="The same for each process.")
@click.option(
    "--partitions", type=click.IntRange(1, 100_000), help="Into how many parts patients are divided."
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="What brings a patient's resources together: DuckDB on this machine, or Apache Spark.",
)
@click.option(
    "--against",
    "other",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a run by another version: say whom this one advises differently.",
)
@click.option(
    "--complete",
    is_flag=True,
    help="A type of which there is no file was exported all the same, and there are none of it.",
)
def population(
    source: Path,
    output: Path,
    today: datetime | None,
    workers: int | None,
    memory: str,
    worker_memory: str,
    engine: str,
    partitions: int | None,
    other: Path | None,
    complete: bool,
) -> None:
    """Evaluate every patient of a FHIR Bulk Data export (NDJSON, .gz too) or of Parquet files.

    Writes assessments as NDJSON and Parquet, rejected lines, and a summary as JSON and HTML. With --against
    also who is advised differently, as NDJSON, and counts of what moved. Exit code 1 if the export cannot be evaluated
    or a patient's evaluation ended with an error.
    """
    try:
        from ..population.against import refuse_incomparable
        from ..population.manifest import described, read
        from ..population.run import Job, is_finished, remove_work, run
        from ..population.source_file import ExportError, find_files

        if engine == "spark":
            # executors need this interpreter's packages, where the site does not name another
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            from ..population.spark_engine import run_on_spark as run
    except ModuleNotFoundError as error:
        raise click.ClickException(
            _EXTRA.format(missing=error.name, extra="spark" if engine == "spark" else "population")
        ) from error
    settings = settings_of()
    if settings.snomed_affiliate:
        click.echo(SNOMED_NOTICE, err=True)
    # mistakes are told here, before there are workers
    version = _service(settings).knowledge.version
    terminal = Console(stderr=True)
    try:
        files = find_files(source)
        before = read(output)
        day = today.date() if today else before.today if before else date.today()
        if before and partitions is None:
            partitions = before.partitions
        manifest = described(files, day, partitions, complete, _evaluated_by(settings))
        job = Job(
            files=tuple(files),
            output=output,
            manifest=manifest,
            workers=workers or available_cores(),
            memory=memory,
            worker_memory=worker_memory,
            knowledge=version,
            make_service=partial(_service, settings),
        )
        if other:
            refuse_incomparable(other, manifest)
        if before and is_finished(output) and not before.differing(manifest):
            # it may have been ended while it did so
            remove_work(output)
            click.echo(f"The run in {output} is finished; nothing was done.")
            _tell_moved(other, output, memory)
            return
        with _Bars(terminal) as bars:
            found = run(job, bars)
    except ExportError as error:
        raise click.ClickException(str(error)) from error
    _tell(found, output)
    _tell_moved(other, output, memory)
    if sum(found.tally.counts["failed"].values()):
        raise SystemExit(1)


def _tell(found: Summary, output: Path) -> None:
    failed = sum(found.tally.counts["failed"].values())
    refused = sum(found.tally.counts["refused"].values())
    click.echo(
        f"{found.tally.patients} patients evaluated ({refused} refused, {failed} failed), "
        f"{found.rejected} of {found.lines} lines rejected; see {output / 'summary.html'}"
    )
    if found.rejected:
        click.echo(f"Rejected lines with their reasons: {output / 'rejects.ndjson'}")


def _tell_moved(before: Path | None, after: Path, memory: str) -> None:
    if before is None:
        return
    from ..population.against import compare

    moved = compare(before, after, memory)
    click.echo(
        f"{moved.differing} of {moved.patients} patients are advised differently than in {before}, "
        f"{moved.only_facts} more only by facts read differently; see {after / 'moved.ndjson'}"
    )
    for (kind, name, old, new), count in moved.most_common(_TOLD):
        click.echo(
            f"  {count:>7}  {kind if kind == name else f'{kind} {name}'}: {old or 'none'} → {new or 'none'}"
        )


def _service(settings: Settings) -> Service:
    return service_of(settings, loaded_by(settings))


def _evaluated_by(settings: Settings) -> dict[str, str]:
    """What decides the answers beside the export and the day."""
    knowledge = Path(settings.knowledge) if settings.knowledge else KNOWLEDGE
    mapped = Path(settings.concept_map).read_bytes() if settings.concept_map else b""
    return {
        "knowledge": digest(knowledge),
        "conceptMap": sha256(mapped).hexdigest(),
        "snomedAffiliate": str(settings.snomed_affiliate),
        "maxEntries": str(settings.max_entries),
    }


class _Bars:
    """Progress on a terminal, with rate and time left; silence elsewhere."""

    def __init__(self, terminal: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=terminal,
            disable=not terminal.is_terminal,
            speed_estimate_period=120,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> _Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def step(self, name: str, total: int, done: int) -> None:
        self._task = self._bars.add_task(name, total=total, completed=done, rate="")

    def at(self, done: int) -> None:
        if self._task is not None:
            speed = self._bars.tasks[self._task].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            self._bars.update(self._task, completed=done, rate=rate)

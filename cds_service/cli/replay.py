"""`cds-service replay`: fixtures, Bundles and recorded calls, compared with what is expected."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
import requests
from requests.auth import AuthBase
from rich.console import Console
from rich.progress import track

from ..client_profile import PROFILES
from ..replay.against import compare
from ..replay.against_report import comparison_as_json, comparison_as_page, comparison_as_text
from ..replay.cores import replay_on_cores
from ..replay.fixture import Fixture, FixtureError
from ..replay.inputs import Inputs, Replayable, find_inputs
from ..replay.json_lines import as_json_lines
from ..replay.junit import as_junit
from ..replay.report_page import as_page
from ..replay.run import Outcome, over_http, replay
from ..replay.updating import update_of
from ..replay.version import VersionError, other_version, this_version
from .client_key import signing_options
from .ground import fixture_services, measured, packaged, packaged_services


@dataclass(frozen=True, slots=True)
class Reports:
    """Where reports are to be written; None: not at all."""

    junit: Path | None
    jsonl: Path | None
    html: Path | None


def report_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that name files of reports; it gets `reports`."""
    file = click.Path(dir_okay=False, path_type=Path)

    @click.option("--junit", type=file, help="Write JUnit XML to this file.")
    @click.option("--jsonl", type=file, help="Write one JSON object for each call to this file.")
    @click.option("--html", type=file, help="Write one self-contained page to this file.")
    @wraps(command)
    def reporting(junit: Path | None, jsonl: Path | None, html: Path | None, **others: Any) -> None:
        command(reports=Reports(junit, jsonl, html), **others)

    return reporting


def _write(reports: Reports, outcomes: list[Outcome], *, here: bool) -> None:
    """Write the reports. What the calls show of the knowledge is known only where they were answered `here`."""
    _save(reports.junit, lambda: as_junit(outcomes))
    _save(reports.jsonl, lambda: as_json_lines(outcomes))
    _save(
        reports.html,
        lambda: as_page(outcomes, measured([o.call for o in outcomes], packaged()) if here else None),
    )


def _save(file: Path | None, report: Callable[[], str]) -> None:
    """Write a report if a file is named for it. Exit code 2 if it cannot be written."""
    if file is None:
        return
    try:
        file.write_text(report(), encoding="utf-8")
    except OSError as error:
        click.echo(f"Error: {file} cannot be written: {error.strerror}", err=True)
        sys.exit(2)


def _compare(inputs: Inputs, against: str, json_file: Path | None, html: Path | None) -> int:
    """Report what another version advises differently, and give the exit code."""
    with other_version(against) as other:
        found = compare(inputs.calls, other, this_version())
    _save(json_file, lambda: comparison_as_json(found))
    _save(html, lambda: comparison_as_page(found))
    click.echo(comparison_as_text(found))
    return 1 if found.moved else 0


@click.command("replay")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--url", help="Replay against a running service instead of in this process.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default="default", help="Its client profile.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of Bundles and recorded calls that state none [default: today].",
)
@click.option("--jobs", type=click.IntRange(1), help="Processes [default: one per core].")
@click.option(
    "--update",
    is_flag=True,
    help="Show as a diff, then write, what cards are called and say now; groups, options and verdicts never.",
)
@click.option(
    "--against",
    metavar="OTHER",
    help="Say what OTHER advises differently: a commit, a folder with an installed version, or one of knowledge.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="With --against: write JSON."
)
@report_options
@signing_options
def replay_command(
    paths: tuple[Path, ...],
    url: str | None,
    profile: str,
    today: datetime | None,
    jobs: int | None,
    update: bool,
    against: str | None,
    json_file: Path | None,
    signed: AuthBase | None,
    reports: Reports,
) -> None:
    """Replay fixtures, patients' Bundles and recorded calls, and compare with what is expected.

    PATHS are fixture folders, JSON files (a Bundle; a CDS Hooks call, with its response beside it or in one file)
    and folders of them. Exit code 0 if all is as expected, 1 if something differs, 2 if something cannot be read
    or the service cannot be reached. What --update has settled counts as expected. With --against: 0 if
    nothing moves, 1 if something does, 2 if OTHER cannot be asked.
    """
    if update and url:
        raise click.UsageError("--update goes by the packaged wording; leave --url away.")
    if against and (update or url or reports.junit or reports.jsonl):
        raise click.UsageError("--against goes with --html and --json only.")
    if json_file and not against:
        raise click.UsageError("--json goes with --against; without it there is --jsonl.")
    try:
        inputs = find_inputs(list(paths), today.date() if today else date.today())
        if against:
            sys.exit(_compare(inputs, against, json_file, reports.html))
        outcomes = list(_watched(*_outcomes(inputs, url, profile, jobs, signed)))
    except (FixtureError, VersionError, requests.RequestException, BrokenProcessPool) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    for path in inputs.left_out:
        click.echo(f"{path}: neither a call nor a Bundle, left out", err=True)
    _write(reports, outcomes, here=url is None)
    differing = [o for o in outcomes if o.differences]
    if update:
        differing = _updated(differing)
    for outcome in differing:
        _report(outcome)
    click.echo(_summary(outcomes, len(differing)))
    sys.exit(1 if differing else 0)


def _outcomes(
    inputs: Inputs, url: str | None, profile: str, jobs: int | None, signed: AuthBase | None
) -> tuple[Iterator[Outcome], int]:
    """What comes, one by one, and how many will."""
    calls: Sequence[Replayable] = inputs.calls
    if url:
        calls = [c for c in inputs.calls if c.profile == profile and not c.only_today]
        if left_out := len(inputs.calls) - len(calls):
            click.echo(f"{left_out} fixtures of other client profiles or of one day left out", err=True)
        return replay(calls, over_http(url, signed)), len(calls)
    fixture_services()
    return replay_on_cores(calls, packaged_services, jobs or os.cpu_count() or 1), len(calls)


def _watched(outcomes: Iterator[Outcome], count: int) -> Iterator[Outcome]:
    """The outcomes, with a progress bar where somebody watches."""
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        return outcomes
    return iter(track(outcomes, "Replaying", total=count, console=terminal, transient=True))


def _updated(differing: list[Outcome]) -> list[Outcome]:
    """Write what may be updated; what is left differs for its author to settle."""
    loaded = packaged()
    left = []
    for outcome in differing:
        found = update_of(outcome, loaded.wording.templates)
        if found.refused:
            left.append(replace(outcome, differences=found.refused))
            continue
        click.echo(found.diff(), nl=False)
        found.write(loaded.knowledge.vocabulary)
    click.echo(f"{len(differing) - len(left)} expectations updated, {len(left)} left to their authors")
    return left


def _summary(outcomes: Sequence[Outcome], differing: int) -> str:
    what = "fixtures" if all(isinstance(o.call, Fixture) and o.call.expects for o in outcomes) else "calls"
    bare = sum(1 for o in outcomes if not o.call.expects and not o.differences)
    told = f", of which {bare} had only to be answered" if bare else ""
    return f"{len(outcomes) - differing} of {len(outcomes)} {what} as expected{told}"


def _report(outcome: Outcome) -> None:
    click.echo(f"✗ {outcome.call.name}: {outcome.call.title}".removesuffix(": "))
    for line in outcome.differences:
        click.echo(f"    {line}")

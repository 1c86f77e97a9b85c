"""Patients: replayed, described, explained, shown."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import requests
from requests.auth import AuthBase

from ..authored import AuthoringMistakes
from ..client_profile import PROFILES
from ..replay.building import build, find_cases, out_of_date
from ..replay.fixture import FixtureError, find_fixtures, own_fixtures
from ..replay.run import Outcome, in_process, over_http, replay
from ..replay.show import show_answer, show_explanation
from ..settings import Settings
from .client_key import signing_options
from .ground import console, fixture_services, loaded_by, one_fixture


@click.command("replay")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--url", help="Replay against a running service instead of in this process.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default="default", help="Its client profile.")
@signing_options
def replay_command(paths: tuple[Path, ...], url: str | None, profile: str, signed: AuthBase | None) -> None:
    """Replay fixtures and compare with their expectations.

    Exit code 0 if every fixture is as expected, 1 if one differs, 2 if a fixture cannot be read or the
    service cannot be reached.
    """
    try:
        fixtures = list(find_fixtures(list(paths)))
        if url:
            here = [f for f in fixtures if f.profile == profile and not f.only_today]
            if len(here) < len(fixtures):
                left_out = len(fixtures) - len(here)
                click.echo(f"{left_out} fixtures of other client profiles or of one day left out", err=True)
            outcomes = list(replay(here, over_http(url, signed)))
        else:
            outcomes = list(replay(fixtures, in_process(fixture_services())))
    except (FixtureError, requests.RequestException) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    differing = [o for o in outcomes if o.differences]
    for outcome in differing:
        _report(outcome)
    click.echo(f"{len(outcomes) - len(differing)} of {len(outcomes)} fixtures as expected")
    sys.exit(1 if differing else 0)


def _report(outcome: Outcome) -> None:
    click.echo(f"✗ {outcome.fixture.name}: {outcome.fixture.expected.get('title', '')}")
    for line in outcome.differences:
        click.echo(f"    {line}")


@click.group()
def fixtures() -> None:
    """Patients that are described in words (`case.yaml`) and built into FHIR."""


@fixtures.command("build")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if a file is out of date."
)
def build_fixtures(paths: tuple[Path, ...], only_check: bool) -> None:
    """Write patient.json, request.json and expected.yaml beside every case.yaml.

    Without PATHS those of the checkout. Exit code 1 if a description is not sound.
    """
    here = own_fixtures()
    roots = list(paths) or ([here] if here else [])
    vocabulary = loaded_by(Settings()).knowledge.vocabulary
    cases = list(find_cases(roots))
    try:
        stale = {file: case for case in cases for file in out_of_date(case, vocabulary)}
        if only_check:
            for file in stale:
                click.echo(f"out of date: {file}")
            sys.exit(1 if stale else 0)
        for case in cases:
            for name, text in build(case, vocabulary).items():
                (case.parent / name).write_text(text, encoding="utf-8")
    except AuthoringMistakes as refused:
        for mistake in refused.mistakes:
            click.echo(str(mistake), err=True)
        raise click.ClickException("a case.yaml is not sound; nothing more was written") from refused
    click.echo(f"{len(cases)} patients described, {len(stale)} files written anew")


@click.command()
@click.argument("fixture", type=click.Path(exists=True, file_okay=False, path_type=Path))
def explain(fixture: Path) -> None:
    """Print a fixture's facts with provenance, the tables consulted, and the verdicts with their reasons."""
    found = one_fixture(fixture)
    show_explanation(found, fixture_services()(found.profile), console())


@click.command()
@click.argument("fixture", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", help="Ask a running service instead of answering in this process.")
@signing_options
def show(fixture: Path, url: str | None, signed: AuthBase | None) -> None:
    """Send a fixture's call and print the cards as a clinician would see them."""
    found = one_fixture(fixture)
    try:
        send = over_http(url, signed) if url else in_process(fixture_services())
        status, answer = send(found)
    except requests.RequestException as error:
        raise click.ClickException(f"the service cannot be reached: {error}") from error
    show_answer(found, status, answer, console())
    sys.exit(0 if status == 200 else 1)

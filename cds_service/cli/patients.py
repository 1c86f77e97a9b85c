"""Patients: described, explained, shown."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import requests
from requests.auth import AuthBase

from ..authored import AuthoringMistakes
from ..replay.building import build, find_cases, out_of_date
from ..replay.fixture import own_fixtures
from ..replay.run import in_process, over_http
from ..replay.show import show_answer, show_explanation
from ..settings import Settings
from .client_key import signing_options
from .ground import console, fixture_services, loaded_by, one_fixture


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

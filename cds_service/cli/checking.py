"""Checking knowledge and wording, and what the fixtures show of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from ..checked import prove_tables, summary
from ..digest import differs, record
from ..loading import KNOWLEDGE, Loaded, find_wording
from ..replay.coverage import Coverage
from ..replay.coverage_report import as_html, as_json, as_text
from ..replay.fixture import Fixture, FixtureError, find_fixtures, own_fixtures
from ..replay.run import replayed_here
from ..replay.suspicion import suspects
from ..service import creations_digest, suggested, validate
from ..settings import Settings
from .ground import loaded_by, measured, refusing, service_of, services_by_profile, settings_of


@click.command()
@click.option(
    "--knowledge", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Knowledge folder."
)
@click.option(
    "--cards", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Wording folder."
)
@click.option(
    "--fixtures",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Fixtures that are to show every answer and to be as expected [default: those of the checkout].",
)
@click.option("--no-fixtures", is_flag=True, help="Check without patients.")
@click.option("--write", is_flag=True, help="Record in the knowledge folder that it was checked.")
def check(
    knowledge: Path | None, cards: Path | None, fixtures: Path | None, no_fixtures: bool, write: bool
) -> None:
    """Check knowledge and wording: every mistake with file, line and the nearest valid word.

    Beyond what every start checks, the decision tables are proven complete over every point of their grids, and
    where fixtures are at hand, each must be answered as its sources lead one to expect, and together they must show
    every answer that each authored condition can have. Exit code 0 if all is sound, 1 if not.
    """
    loaded = loaded_by(settings_of(snomed_affiliate="accepted"), knowledge, cards)
    creations = suggested(loaded)
    validate(creations)
    service_of(settings_of(), loaded)
    proofs = refusing(lambda: prove_tables(loaded))
    k = loaded.knowledge
    offers = sum(len(g.offers) for g in k.groups.values())
    click.echo(
        f"Knowledge {k.version}: {len(k.vocabulary.definitions)} facts, {len(k.tables)} tables, "
        f"{len(k.groups)} patient groups with {offers} cited offers; wording from "
        f"{(cards or find_wording()).name}/ complete. No mistakes."
    )
    for line in summary(proofs):
        click.echo(line)
    shown_by = None if no_fixtures else fixtures or own_fixtures()
    if shown_by:
        patients = _fixtures([shown_by])
        found = measured(patients, loaded)
        _check_expectations(patients, found, loaded)
        _check_coverage(found)
    else:
        click.echo(
            "No fixtures: whether patients get what is expected, and show every answer, was not checked."
        )
    folder = knowledge or KNOWLEDGE
    if write:
        record(folder, creations_digest(creations))
    if problem := differs(folder):
        click.echo(f"{problem} To record that it now was: cds-service check --write", err=True)


def _check_expectations(patients: list[Fixture], found: Coverage, loaded: Loaded) -> None:
    """Every patient as expected; else those who are not, and the conditions that this points to."""
    services = services_by_profile(loaded)
    outcomes = (replayed_here(patient, services(patient.profile)) for patient in patients)
    differing = {o.call.name: o.differences for o in outcomes if o.differences}
    if not differing:
        return
    for name, differences in list(differing.items())[:PATIENTS_TOLD]:
        click.echo(f"{name}: {differences[0]}", err=True)
    if len(differing) > PATIENTS_TOLD:
        click.echo(f"... and {len(differing) - PATIENTS_TOLD} more", err=True)
    click.echo("Where to look first:", err=True)
    for suspect in suspects(found, differing):
        click.echo(f"  {suspect}", err=True)
    raise click.ClickException(
        f"{len(differing)} of {len(patients)} patients do not get what their sources lead one to expect; "
        "see `cds-service replay`"
    )


def _check_coverage(found: Coverage) -> None:
    problems = sorted(found.problems())
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.ClickException(
            f"{len(problems)} conditions without all their answers in {len(found.fixtures)} fixtures; "
            "see `cds-service coverage`"
        )
    click.echo(
        f"Coverage: {len(found.fixtures)} fixtures show every answer of all {len(found.covered)} conditions."
    )


# enough to see what kind of difference it is
PATIENTS_TOLD = 10

_REPORTS: dict[str, Callable[[Coverage], str]] = {"text": as_text, "json": as_json, "html": as_html}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(_REPORTS)), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option(
    "--knowledge", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Knowledge folder."
)
def coverage(paths: tuple[Path, ...], form: str, output: Path | None, knowledge: Path | None) -> None:
    """Report which fixtures made each offer, rule, table row and criterion met, not met and unknown.

    Without PATHS the fixtures of the checkout. Exit code 0 if every answer is shown, 1 if one is not, 2 if a
    fixture cannot be read.
    """
    found = _coverage(list(paths), loaded_by(Settings(snomed_affiliate=True), knowledge))
    report = _REPORTS[form](found)
    if output:
        output.write_text(report + "\n", encoding="utf-8")
    else:
        click.echo(report)
    sys.exit(1 if any(found.problems()) else 0)


def _coverage(paths: list[Path], loaded: Loaded) -> Coverage:
    """The coverage by fixtures, of the checkout where no path is named."""
    return measured(_fixtures(paths), loaded)


def _fixtures(paths: list[Path]) -> list[Fixture]:
    here = own_fixtures()
    try:
        fixtures = list(find_fixtures(paths or ([here] if here else [])))
    except FixtureError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    if not fixtures:
        raise click.UsageError("No fixtures beside the package: name their folder.")
    return fixtures

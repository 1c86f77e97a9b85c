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
from ..replay.fixture import FixtureError, find_fixtures, own_fixtures
from ..settings import Settings
from .ground import loaded_by, measured, refusing, service_of, settings_of


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
    help="Fixtures that are to show every answer [default: those of the checkout, for its own knowledge].",
)
@click.option("--write", is_flag=True, help="Record in the knowledge folder that it was checked.")
def check(knowledge: Path | None, cards: Path | None, fixtures: Path | None, write: bool) -> None:
    """Check knowledge and wording: every mistake with file, line and the nearest valid word.

    Beyond what every start checks, the decision tables are proven complete over every point of their grids, and
    where fixtures are at hand, they must show every answer that each authored condition can have. Exit code 0 if
    all is sound, 1 if not.
    """
    loaded = loaded_by(settings_of(snomed_affiliate="accepted"), knowledge, cards)
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
    shown_by = fixtures or (None if knowledge or cards else own_fixtures())
    if shown_by:
        _check_coverage(_coverage([shown_by], loaded))
    else:
        click.echo("No fixtures named: whether every answer is shown was not checked.")
    folder = knowledge or KNOWLEDGE
    if write:
        record(folder)
    if problem := differs(folder):
        click.echo(f"{problem} To record that it now was: cds-service check --write", err=True)


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
    here = own_fixtures()
    try:
        fixtures = list(find_fixtures(paths or ([here] if here else [])))
    except FixtureError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    if not fixtures:
        raise click.UsageError("No fixtures beside the package: name their folder.")
    return measured(fixtures, loaded)

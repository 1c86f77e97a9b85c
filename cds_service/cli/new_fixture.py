"""`cds-service new-fixture`: a patient to start from."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from pathlib import Path

import click
import yaml

from ..authored import AuthoringMistakes
from ..case.vocabulary import CASE_FACTS
from ..loading import KNOWLEDGE
from ..replay.fixture import Fixture, FixtureError
from ..replay.recorded import read_recorded
from ..replay.scaffold import START, from_bundle, from_case
from .ground import packaged

# dates are moved into the past by between these numbers of days
_NEAREST, _FARTHEST = 30, 700


@click.command("new-fixture")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A short case.yaml, or the Bundle (JSON) of one patient [default: an example to edit].",
)
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the call is made [default: today]."
)
@click.option("--shift-days", type=int, help="Move a Bundle's dates by this many [default: a secret number].")
def new_fixture(folder: Path, source: Path | None, today: datetime | None, shift_days: int | None) -> None:
    """Make a new fixture in FOLDER, which must not exist: from words, or from a patient's Bundle.

    Of a Bundle only what the service reads is kept: without free text, names, identifiers and codes of unknown
    systems, with new ids, a synthetic Patient and all dates moved by the same number of days. Read the result before
    you share it. What is expected is left to write, from the sources. Exit code 1 if SOURCE cannot be used.
    """
    if folder.exists():
        raise click.ClickException(f"{folder} exists; name a new folder")
    day = today.date() if today else date.today()
    if source is not None and source.suffix == ".json":
        _scrub(folder, source, day, shift_days)
    else:
        try:
            from_case(
                folder, source.read_text("utf-8") if source else START, day, packaged().knowledge.vocabulary
            )
        except (AuthoringMistakes, yaml.YAMLError, ValueError) as refused:
            told = f"{folder / 'case.yaml'} is to be mended, then: cds-service fixtures build {folder}"
            raise click.ClickException(f"{refused}\n{told}") from refused
    click.echo(f"Next: write what the sources lead one to expect, then: cds-service replay {folder}")


def _scrub(folder: Path, source: Path, day: date, shift_days: int | None) -> None:
    days = shift_days if shift_days is not None else -(_NEAREST + secrets.randbelow(_FARTHEST - _NEAREST))
    try:
        patient = read_recorded(source, source.stem, day)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error
    if not isinstance(patient, Fixture):
        raise click.ClickException(f"{source}: is no Bundle")
    systems = yaml.safe_load((KNOWLEDGE / "systems.yaml").read_text("utf-8"))["systems"]
    known = {CASE_FACTS, *(uri for s in systems for uri in (s["uri"], *s.get("also", ())))}
    found = from_bundle(folder, patient, known, days)
    click.echo(f"{len(found.resources) + len(found.drafts)} resources kept, all dates moved")
    for name, count in sorted(found.dropped.items()):
        click.echo(f"dropped: {name} ({count})")
    for where in found.wordless:
        click.echo(f"recorded in words only, now empty: {where}; give it a code if it matters")

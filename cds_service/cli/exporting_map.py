"""Writing the map for documents."""

from __future__ import annotations

from pathlib import Path

import click

from ..case.vocabulary import nearest
from ..http.wire import Refusal
from ..map.files import map_files
from ..map.layout import LayoutUnavailable
from ..pathway.assessment import Assessment
from ..replay.run import explained
from ..settings import Settings
from .ground import fixture_services, loaded_by, one_fixture


def export_map(pathway: str | None, group: str | None, fixture: Path | None, output: Path | None) -> None:
    """Write the files of the map below `output`; a patient's own with a fixture. Mistakes end the command."""
    if output is None:
        raise click.UsageError("map: name an --output folder")
    if pathway is not None and (group is not None or fixture is not None):
        raise click.UsageError("map: --pathway goes neither with --group nor with --fixture, which imply it")
    loaded = loaded_by(Settings(snomed_affiliate=True))
    _known("pathway", pathway, list(loaded.knowledge.diseases))
    _known("patient group", group, list(loaded.knowledge.groups))
    assessment = _assessed(fixture, group) if fixture is not None else None
    try:
        files = list(map_files(loaded, pathway, group, assessment))
    except LayoutUnavailable as refused:
        raise click.ClickException(str(refused)) from refused
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files:
        (output / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(str(output / name))


def _known(what: str, name: str | None, names: list[str]) -> None:
    if name is not None and name not in names:
        raise click.UsageError(f"no {what} {name!r}{nearest(name, names)}")


def _assessed(folder: Path, group: str | None) -> Assessment:
    """The assessment of a fixture that stands on a map."""
    fixture = one_fixture(folder)
    try:
        found = explained(fixture, fixture_services()(fixture.profile)).assessment
    except Refusal as refusal:
        raise click.ClickException(
            f"the service refuses this call ({refusal.status}): {refusal.what}"
        ) from refusal
    if not found.groups and not found.not_addressed:
        raise click.ClickException(f"this patient stands on no map: {found.placement}")
    if group is not None and group not in (*found.groups, *found.treated_as):
        raise click.ClickException(
            f"{group} is no possible group of this patient: {', '.join((*found.groups, *found.treated_as))}"
        )
    return found

"""Writing artefacts: code systems, schema, plans, sheets."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from ..case.vocabulary import nearest
from ..export.case_bundle import case_bundle
from ..export.case_facts import case_facts
from ..export.pathway_terms import pathway_terms
from ..export.plan_definition import plan_definition
from ..export.review_sheet import NoSuchGroup, check_group, review_sheets
from ..http.wire import Refusal
from ..loading import ASSESSMENT_SCHEMA, Loaded
from ..replay.facts import fact_values
from ..replay.fixture import Fixture, find_fixtures, own_fixtures
from ..settings import Settings
from .exporting_map import export_map
from .ground import fixture_services, loaded_by, measured, one_fixture


@click.command()
@click.argument(
    "artefact",
    type=click.Choice(
        [
            "case-facts",
            "assessment-schema",
            "pathway-terms",
            "plan-definition",
            "case-bundle",
            "review-sheet",
            "map",
        ]
    ),
)
@click.option(
    "--group", help="plan-definition, review-sheet, map: of this patient group only [default: all]."
)
@click.option("--pathway", help="map: of this pathway only, gist or sts [default: both].")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="plan-definition, review-sheet, map: the folder into which a file for each group is written.",
)
@click.option(
    "--fixture",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="case-bundle: the fixture whose facts are written; map: the patient who stands on it.",
)
@click.option(
    "--date",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="review-sheet: the date that it bears [default: today].",
)
def export(
    artefact: str,
    group: str | None,
    pathway: str | None,
    output: Path | None,
    fixture: Path | None,
    on: datetime | None,
) -> None:
    """Print an artefact as JSON, or the review sheet as a page of HTML.

    case-facts and pathway-terms are our CodeSystems, assessment-schema is the JSON Schema of the assessment,
    plan-definition a FHIR R4B PlanDefinition of a patient group (a Bundle of all without --group), case-bundle
    the facts of a fixture as the Bundle on which the plans' expressions are evaluated, review-sheet the sheet of
    a patient group that a tumour board can sign, map the pathways and the options of each group as pictures (SVG)
    and pages (HTML) that need nothing else.
    """
    if (group or output) and artefact not in ("plan-definition", "review-sheet", "map"):
        raise click.UsageError("--group and --output go with plan-definition, review-sheet and map")
    if fixture is None and artefact == "case-bundle":
        raise click.UsageError("case-bundle and --fixture go together")
    if fixture is not None and artefact not in ("case-bundle", "map"):
        raise click.UsageError("--fixture goes with case-bundle and map")
    if pathway is not None and artefact != "map":
        raise click.UsageError("--pathway goes with map")
    if on is not None and artefact != "review-sheet":
        raise click.UsageError("--date goes with review-sheet")
    if artefact == "review-sheet":
        _export_sheets(group, output, (on or datetime.now(UTC)).date())
        return
    if artefact == "map":
        export_map(pathway, group, fixture, output)
        return
    if artefact == "assessment-schema":
        click.echo(ASSESSMENT_SCHEMA.read_text(encoding="utf-8").rstrip())
    elif artefact == "plan-definition":
        _export_plans(loaded_by(Settings()), group, output)
    elif fixture is not None:
        _export_case(one_fixture(fixture))
    else:
        click.echo(
            _pretty((case_facts if artefact == "case-facts" else pathway_terms)(loaded_by(Settings())))
        )


def _export_case(fixture: Fixture) -> None:
    service = fixture_services()(fixture.profile)
    try:
        values = fact_values(fixture, service)
    except Refusal as refusal:
        raise click.ClickException(
            f"the service refuses this call ({refusal.status}): {refusal.what}"
        ) from refusal
    click.echo(_pretty(case_bundle(values, service.knowledge.vocabulary)))


def _export_plans(loaded: Loaded, group: str | None, output: Path | None) -> None:
    groups = loaded.knowledge.groups
    if group is not None and group not in groups:
        raise click.UsageError(f"no patient group {group!r}{nearest(group, groups)}")
    plans = [plan_definition(g, loaded) for g in ([group] if group else groups)]
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for plan in plans:
            path = output / f"{plan['id']}.json"
            path.write_text(_pretty(plan) + "\n", encoding="utf-8")
            click.echo(str(path))
    elif group is not None:
        click.echo(_pretty(plans[0]))
    else:
        entry = [{"fullUrl": plan["url"], "resource": plan} for plan in plans]
        click.echo(_pretty({"resourceType": "Bundle", "type": "collection", "entry": entry}))


def _pretty(resource: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(resource)).decode()


def _export_sheets(group: str | None, output: Path | None, on: date) -> None:
    if group is None and output is None:
        raise click.UsageError("name one --group to print, or an --output folder for all")
    loaded = loaded_by(Settings(snomed_affiliate=True))
    try:
        # before the fixtures are answered, which takes a while
        check_group(loaded, group)
        here = own_fixtures()
        found = list(find_fixtures([here])) if here else []
        titles = {f.name: str(f.expected.get("title", "")) for f in found}
        coverage = measured(found, loaded)
        for name, page in review_sheets(loaded, coverage, titles, on, group):
            if output is None:
                click.echo(page)
            else:
                output.mkdir(parents=True, exist_ok=True)
                (output / f"{name}.html").write_text(page + "\n", encoding="utf-8")
    except NoSuchGroup as refused:
        raise click.ClickException(str(refused)) from refused

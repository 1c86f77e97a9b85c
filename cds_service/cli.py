"""The command line: serve, check, coverage, replay, explain, show, export."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import click
import msgspec
import requests
from rich.console import Console

from . import __version__
from .app import create_app, source_pages
from .authored import AuthoringMistakes
from .case.vocabulary import nearest
from .checked import prove_tables, summary
from .client_profile import PROFILES
from .digest import differs, record
from .export.case_bundle import case_bundle
from .export.case_facts import case_facts
from .export.pathway_terms import pathway_terms
from .export.plan_definition import plan_definition
from .export.review_sheet import NoSuchGroup, review_sheets
from .http.readiness import Readiness
from .http.server import serve as serve_app
from .http.wire import HookCall, Refusal
from .loading import ASSESSMENT_SCHEMA, KNOWLEDGE, Loaded, find_wording, load
from .replay.building import build, find_cases, out_of_date
from .replay.coverage import Coverage, measure
from .replay.coverage_report import as_html, as_json, as_text
from .replay.facts import fact_values
from .replay.fixture import Fixture, FixtureError, find_fixtures, own_fixtures, read_fixture
from .replay.run import Outcome, answers, in_process, over_http, replay
from .replay.show import show_answer, show_explanation
from .service import Service, answer_hook, make_service
from .settings import PREFIX, Settings, SettingsError

SNOMED_NOTICE = (
    "SNOMED CT ids outside the free Global Patient Set are enabled: this needs a SNOMED CT affiliate licence."
)

T = TypeVar("T")


@click.group(context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """Sarcoma pathway CDS Hooks service."""


def _settings(**stated: Any) -> Settings:
    """Settings of the environment with what the command line states on top."""
    environ = dict(os.environ)
    environ |= {f"{PREFIX}{k.upper()}": str(v) for k, v in stated.items() if v is not None}
    try:
        return Settings.from_environment(environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _load(settings: Settings, knowledge: Path | None = None, wording: Path | None = None) -> Loaded:
    return _refusing(
        lambda: load(
            knowledge or KNOWLEDGE,
            wording,
            snomed_affiliate=settings.snomed_affiliate,
            concept_map=Path(settings.concept_map) if settings.concept_map else None,
        )
    )


def _refusing(read: Callable[[], T]) -> T:
    """What is read; its mistakes are printed one a line and end the command."""
    try:
        return read()
    except AuthoringMistakes as refused:
        for mistake in refused.mistakes:
            click.echo(str(mistake), err=True)
        count = len(refused.mistakes)
        raise click.ClickException(
            f"{count} mistake{'s' if count > 1 else ''} in knowledge or wording"
        ) from refused


def _service(settings: Settings, loaded: Loaded) -> Service:
    try:
        return make_service(
            loaded,
            settings.public_url or f"http://{settings.host}:{settings.port}",
            profile=PROFILES[settings.client_profile],
            null_means=settings.null_means,
            never_served=settings.never_served,
            assessment_extension=settings.assessment_extension,
        )
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [default: 8080].")
@click.option("--workers", type=int, help="Worker processes [default: one for each core].")
@click.option("--development", is_flag=True, help="Open mode for one's own machine; says so loudly.")
@click.option("--public-url", help="Base address under which clients reach the service.")
@click.option("--client-profile", help=f"The kind of EHR that calls: {', '.join(PROFILES)}.")
@click.option("--null-means", help="What null under a prefetch key says: no-data or missing.")
@click.option("--never-served", help="Prefetch keys that the client never answers, separated by commas.")
@click.option(
    "--concept-map", help="File of a FHIR R4 ConceptMap from local codes to ours or to public ones."
)
def serve(development: bool, **stated: str | int | None) -> None:
    """Start the service.

    Every option is also an environment variable with the prefix CDS_SERVICE_ (CDS_SERVICE_PORT=9000).
    """
    settings = _settings(development=True if development else None, **stated)
    loaded = _load(settings)
    if settings.snomed_affiliate:
        click.echo(SNOMED_NOTICE, err=True)
    if settings.development:
        click.echo(
            "DEVELOPMENT MODE: anyone who reaches this address may call. Not for patient data.", err=True
        )
    else:
        click.echo(
            "Callers are not authenticated by this version: let only your gateway reach this address.",
            err=True,
        )
    profile = PROFILES[settings.client_profile]
    if profile.name != "default":
        click.echo(f"Client profile {profile.name}: {profile.because}.", err=True)
    service = _service(settings, loaded)
    readiness = Readiness(loaded.knowledge.version, differs(KNOWLEDGE))
    if readiness.problem:
        click.echo(f"UNCHECKED KNOWLEDGE: {readiness.problem} Run: cds-service check --write", err=True)

    def answer(call: HookCall) -> dict[str, Any]:
        return answer_hook(call, service, datetime.now(UTC).date(), lambda: str(uuid4()))

    click.echo(f"Listening on http://{settings.host}:{settings.port}/cds-services", err=True)
    serve_app(
        lambda: create_app(settings, service.description(), answer, source_pages(loaded), readiness),
        settings.host,
        settings.port,
        settings.workers,
    )


@main.command()
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
    loaded = _load(_settings(snomed_affiliate="accepted"), knowledge, cards)
    _service(_settings(), loaded)
    proofs = _refusing(lambda: prove_tables(loaded))
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


@main.command()
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
    found = _coverage(list(paths), _load(Settings(snomed_affiliate=True), knowledge))
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
    return _measured(fixtures, loaded)


def _measured(fixtures: list[Fixture], loaded: Loaded) -> Coverage:
    services = cache(lambda profile: _service(Settings(client_profile=profile), loaded))
    return measure(loaded, ((name, answer.assessment) for name, answer in answers(fixtures, services)))


@main.command("replay")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--url", help="Replay against a running service instead of in this process.")
@click.option("--profile", type=click.Choice(list(PROFILES)), default="default", help="Its client profile.")
def replay_command(paths: tuple[Path, ...], url: str | None, profile: str) -> None:
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
            outcomes = list(replay(here, over_http(url)))
        else:
            outcomes = list(replay(fixtures, in_process(_fixture_services())))
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


def _fixture_services() -> Callable[[str], Service]:
    """The service of a client profile as fixtures expect it: every code table, otherwise default behaviour,
    whatever the environment says."""
    click.echo(SNOMED_NOTICE, err=True)
    loaded = _load(Settings(snomed_affiliate=True))
    return cache(lambda profile: _service(Settings(client_profile=profile), loaded))


@main.group()
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
    vocabulary = _load(Settings()).knowledge.vocabulary
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


@main.command()
@click.argument("fixture", type=click.Path(exists=True, file_okay=False, path_type=Path))
def explain(fixture: Path) -> None:
    """Print a fixture's facts with provenance, the tables consulted, and the verdicts with their reasons."""
    found = _one(fixture)
    show_explanation(found, _fixture_services()(found.profile), _console())


@main.command()
@click.argument("fixture", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", help="Ask a running service instead of answering in this process.")
def show(fixture: Path, url: str | None) -> None:
    """Send a fixture's call and print the cards as a clinician would see them."""
    found = _one(fixture)
    try:
        send = over_http(url) if url else in_process(_fixture_services())
        status, answer = send(found)
    except requests.RequestException as error:
        raise click.ClickException(f"the service cannot be reached: {error}") from error
    show_answer(found, status, answer, _console())
    sys.exit(0 if status == 200 else 1)


@main.command()
@click.argument(
    "artefact",
    type=click.Choice(
        ["case-facts", "assessment-schema", "pathway-terms", "plan-definition", "case-bundle", "review-sheet"]
    ),
)
@click.option("--group", help="plan-definition, review-sheet: of this patient group only [default: all].")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="plan-definition, review-sheet: the folder into which a file for each group is written.",
)
@click.option(
    "--fixture",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="case-bundle: the fixture whose facts are written.",
)
@click.option(
    "--date",
    "on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="review-sheet: the date that it bears [default: today].",
)
def export(
    artefact: str, group: str | None, output: Path | None, fixture: Path | None, on: datetime | None
) -> None:
    """Print an artefact as JSON, or the review sheet as a page of HTML.

    case-facts and pathway-terms are our CodeSystems, assessment-schema is the JSON Schema of the assessment,
    plan-definition a FHIR R4B PlanDefinition of a patient group (a Bundle of all without --group), case-bundle
    the facts of a fixture as the Bundle on which the plans' expressions are evaluated, review-sheet the sheet of
    a patient group that a tumour board can sign.
    """
    if (group or output) and artefact not in ("plan-definition", "review-sheet"):
        raise click.UsageError("--group and --output go with plan-definition and review-sheet")
    if (fixture is None) == (artefact == "case-bundle"):
        raise click.UsageError("case-bundle and --fixture go together")
    if on is not None and artefact != "review-sheet":
        raise click.UsageError("--date goes with review-sheet")
    if artefact == "review-sheet":
        _export_sheets(group, output, (on or datetime.now(UTC)).date())
        return
    if artefact == "assessment-schema":
        click.echo(ASSESSMENT_SCHEMA.read_text(encoding="utf-8").rstrip())
    elif artefact == "plan-definition":
        _export_plans(_load(Settings()), group, output)
    elif fixture is not None:
        _export_case(_one(fixture))
    else:
        click.echo(_pretty((case_facts if artefact == "case-facts" else pathway_terms)(_load(Settings()))))


def _export_case(fixture: Fixture) -> None:
    service = _fixture_services()(fixture.profile)
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
    loaded = _load(Settings(snomed_affiliate=True))
    here = own_fixtures()
    found = list(find_fixtures([here])) if here else []
    titles = {f.name: str(f.expected.get("title", "")) for f in found}
    coverage = _measured(found, loaded)
    try:
        for name, page in review_sheets(loaded, coverage, titles, on, group):
            if output is None:
                click.echo(page)
            else:
                output.mkdir(parents=True, exist_ok=True)
                (output / f"{name}.html").write_text(page + "\n", encoding="utf-8")
    except NoSuchGroup as refused:
        raise click.ClickException(str(refused)) from refused


def _console() -> Console:
    """Plain text; wide enough for tables where the output is no terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def _one(folder: Path) -> Fixture:
    try:
        return read_fixture(folder)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error

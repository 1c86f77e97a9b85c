"""Starting the service."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import click
from flask import Flask

from ..answering import Answering, Fetching
from ..app import create_app, source_pages
from ..authored import AuthoringMistakes
from ..client_profile import PROFILES
from ..clients import Clients
from ..digest import differs, digest
from ..fhir.reach.completing import Reach
from ..http.logs import places
from ..http.map_pages import Draw, MapPage
from ..http.readiness import Readiness
from ..http.server import Unsound
from ..http.server import serve as serve_app
from ..http.wire import DEVELOPMENT
from ..loading import KNOWLEDGE, Loaded
from ..metrics import Metrics
from ..observing import counting
from ..random_uuid import random_uuid
from ..replay.fixture import own_fixtures
from ..sandbox.drawing import standing_on_map
from ..sandbox.exchange import witness
from ..sandbox.patients import Patients
from ..sandbox.routes import Sandbox
from ..settings import Settings
from ..turns import Turns
from .callers import callers
from .ground import SNOMED_NOTICE, client_service, load_as_set, refusing, settings_of
from .keeping import Kept
from .smart import smart_app
from .uncollected import uncollected
from .warming import warm

failures = logging.getLogger("cds_service.failures")

_SERVICE = "sarcoma-pathway"
"""Where an application keeps the service that it answers with."""

DEVELOPMENT_NOTICE = "DEVELOPMENT MODE: callers are not authenticated. Not for patient data."


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [default: 8080].")
@click.option("--workers", type=int, help="Worker processes [default: one for each core].")
@click.option("--development", is_flag=True, help="Open mode for one's own machine; says so loudly.")
@click.option("--public-url", help="Base address under which clients reach the service.")
@click.option("--clients", help="File that states the clients of the site.")
@click.option(
    "--client-profile", help=f"In development mode, the kind of EHR that calls: {', '.join(PROFILES)}."
)
@click.option(
    "--null-means", help="In development mode, what null under a prefetch key says: no-data or missing."
)
@click.option(
    "--never-served", help="In development mode, prefetch keys that are never answered, separated by commas."
)
@click.option("--knowledge", help="Folder with the knowledge [default: the one packaged].")
@click.option("--cards", help="Folder with the wording [default: the one packaged].")
@click.option(
    "--concept-map", help="File of a FHIR R4 ConceptMap from local codes to ours or to public ones."
)
def serve(development: bool, **stated: str | int | None) -> None:
    """Start the service.

    Every option is also an environment variable with the prefix CDS_SERVICE_ (CDS_SERVICE_PORT=9000).

    On SIGHUP knowledge, wording, clients, secrets and concept map are read again; they take over only if they pass
    every check, else the service goes on with what it had and the log says why.
    """
    # until the server listens to it: a reload that comes so early must not end the start, which reads everything anyway
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = settings_of(development=True if development else None, **stated)
    if settings.snomed_affiliate:
        click.echo(SNOMED_NOTICE, err=True)
    with _own_folder() as folder:
        metrics = Metrics(folder)
        kept = Kept(settings, metrics)
        # as many may wait as may be under way
        turns = Turns(most_waiting=settings.max_concurrent_calls)
        with uncollected():
            app = refusing(lambda: _assembled(settings, metrics, kept, turns, prove=False))
        address = f"http://{settings.host}:{settings.port}"
        click.echo(f"Listening on {address}/cds-services", err=True)
        if settings.development:
            click.echo(f"To try it in a browser: {address}/", err=True)
        serve_app(
            app,
            settings.host,
            settings.port,
            settings.workers,
            calls_at_once=settings.max_concurrent_calls,
            remake=lambda: _reassembled(settings, metrics, kept, turns),
            worker_gone=metrics.worker_gone,
            worker_begins=lambda app: _begin(app, kept),
            turns=turns,
        )


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A new folder that is removed when this process ends, and not when one forked from it does."""
    owner, folder = os.getpid(), Path(mkdtemp(prefix="cds-service-"))
    try:
        yield folder
    finally:
        if os.getpid() == owner:
            rmtree(folder, ignore_errors=True)


def _assembled(settings: Settings, metrics: Metrics, kept: Kept, turns: Turns, *, prove: bool) -> Flask:
    """The application over knowledge, wording, clients and concept map as they are on disk now.

    With `prove`, knowledge that no `check` passed is proven here or refused. Raises AuthoringMistakes and
    SettingsError.
    """
    knowledge = Path(settings.knowledge) if settings.knowledge else KNOWLEDGE
    loaded = load_as_set(settings)
    problem = differs(knowledge)
    if problem and prove:
        # few starts prove anything
        from ..checked import prove_tables

        prove_tables(loaded)
        problem = None
    if problem:
        click.echo(f"UNCHECKED KNOWLEDGE: {problem} Run: cds-service check --write", err=True)
    clients, trust = callers(settings, kept.tokens)
    _say_who(clients, settings)
    smart = smart_app(settings, clients, loaded, kept.smart_secrets)
    answering = Answering(
        clients.by_id,
        lambda client: client_service(client, settings, loaded),
        lambda: datetime.now(UTC).date(),
        random_uuid,
        [counting(metrics), *([witness] if settings.development else [])],
        kept.answers(),
        fetching=_fetching(settings),
        turns=turns,
    )

    def notes() -> Iterator[str]:
        yield from trust.notes() if trust else [DEVELOPMENT_NOTICE]
        yield from kept.notes()

    readiness = Readiness(loaded.knowledge.version, problem, notes, digest(knowledge))
    app = create_app(
        settings,
        answering.description,
        answering,
        source_pages(loaded),
        readiness,
        metrics,
        trust,
        kept.feedback,
        _drawn_map(loaded),
        _sandbox(answering, loaded) if settings.development else None,
        smart,
    )
    # any will do: clients differ in what they are told, not in how they are answered
    app.extensions[_SERVICE] = answering.service_of(next(iter(clients.by_id)))
    return app


def _begin(app: Flask, kept: Kept) -> None:
    """What would make a worker's first call slow, before it comes."""
    kept.connect()
    try:
        warm(app.extensions[_SERVICE], datetime.now(UTC).date())
    except Exception as error:
        # real calls will tell more
        told = {"event": "warming-failed", "exception": type(error).__name__}
        failures.error({**told, "frames": places(error.__traceback__)})


def _drawn_map(loaded: Loaded) -> Draw:
    def page(root: str, disease: str | None, part: str | None) -> MapPage | None:
        # loaded when a page of the map is first asked for: calls are answered without
        from ..map.site import map_site

        return map_site(loaded)(root, disease, part)

    return page


def _sandbox(answering: Answering, loaded: Loaded) -> Sandbox:
    service = answering.service_of(DEVELOPMENT.client)
    patients = Patients(own_fixtures())
    return Sandbox(service, loaded.wording, patients, lambda: datetime.now(UTC), standing_on_map(loaded))


def _reassembled(settings: Settings, metrics: Metrics, kept: Kept, turns: Turns) -> Flask:
    try:
        return _assembled(settings, metrics, kept, turns, prove=True)
    except AuthoringMistakes as refused:
        raise Unsound([str(mistake) for mistake in refused.mistakes]) from refused
    except click.ClickException as refused:
        raise Unsound([refused.message]) from refused


def _fetching(settings: Settings) -> Fetching | None:
    """What prefetch lacks is fetched; None where the settings leave no time for it."""
    if settings.fetch_seconds <= 0:
        return None
    # some places are kept for calls that need nothing fetched
    at_once = max(1, settings.max_concurrent_calls * 3 // 4)
    reach = Reach(time.monotonic, ca_file=settings.ca_file, calls=at_once)
    return Fetching(reach, time.monotonic, settings.answer_seconds, settings.fetch_seconds)


def _say_who(clients: Clients, settings: Settings) -> None:
    if settings.development:
        click.echo(f"{DEVELOPMENT_NOTICE} Anyone who reaches this address may call.", err=True)
    else:
        click.echo(
            f"Calls are answered to {', '.join(clients.by_id)}, by tokens for {settings.public_url}.",
            err=True,
        )
    for client in clients.by_id.values():
        if client.profile.name != "default":
            click.echo(
                f"Client {client.id} has the profile {client.profile.name}: {client.profile.because}.",
                err=True,
            )

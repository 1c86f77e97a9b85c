"""Starting the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from ..answering import Answering
from ..app import create_app, source_pages
from ..client_profile import PROFILES
from ..clients import Clients, read_clients
from ..digest import differs
from ..http.readiness import Readiness
from ..http.server import serve as serve_app
from ..loading import KNOWLEDGE
from ..settings import Settings
from ..store.database import Database, StoreDown, StoreTooNew
from ..store.feedback import Feedback, keep_feedback
from .ground import SNOMED_NOTICE, client_service, development_client, loaded_by, refusing, settings_of
from .store import store_of, using_store


@click.command()
@click.option("--host", help="Address to listen on [default: 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on [default: 8080].")
@click.option("--workers", type=int, help="Worker processes [default: one for each core].")
@click.option("--development", is_flag=True, help="Open mode for one's own machine; says so loudly.")
@click.option("--public-url", help="Base address under which clients reach the service.")
@click.option("--clients", help="File that states the clients of the site.")
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
    settings = settings_of(development=True if development else None, **stated)
    loaded = loaded_by(settings)
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
    clients = _clients(settings)
    for client in clients.by_id.values():
        if client.profile.name != "default":
            click.echo(
                f"Client {client.id} has the profile {client.profile.name}: {client.profile.because}.",
                err=True,
            )
    answering = Answering(
        clients.by_id,
        lambda client: client_service(client, settings, loaded),
        lambda: datetime.now(UTC).date(),
        lambda: str(uuid4()),
    )
    readiness = Readiness(loaded.knowledge.version, differs(KNOWLEDGE))
    if readiness.problem:
        click.echo(f"UNCHECKED KNOWLEDGE: {readiness.problem} Run: cds-service check --write", err=True)
    database = _opened_store(settings)

    def keep(entries: Sequence[Feedback], client: str) -> None:
        keep_feedback(database, entries, client, datetime.now(UTC), comments=settings.feedback_comments)

    click.echo(f"Listening on http://{settings.host}:{settings.port}/cds-services", err=True)
    serve_app(
        lambda: create_app(settings, answering.description, answering, source_pages(loaded), readiness, keep),
        settings.host,
        settings.port,
        settings.workers,
    )


def _opened_store(settings: Settings) -> Database:
    """The store with its schema up to date. A store that is down is no reason not to start: advice does not
    hang on it, and the schema is brought up to date once it answers."""
    database = store_of(settings)

    def prepare() -> None:
        try:
            with database.transaction(reading=True):
                pass
        except StoreTooNew:
            raise
        except StoreDown as error:
            click.echo(
                f"THE STORE {database} DOES NOT ANSWER ({error}): calls are answered, feedback with 503.",
                err=True,
            )
        else:
            click.echo(f"Feedback and decisions are kept in {database}.", err=True)

    using_store(database, prepare)
    # connections must not be shared with the workers, which are forked from this process
    database.close()
    return database


def _clients(settings: Settings) -> Clients:
    """The clients of the site's file; without one, the one that the settings describe."""
    if settings.clients:
        path = Path(settings.clients)
        return refusing(lambda: read_clients(path))
    return Clients.of([development_client(settings)])

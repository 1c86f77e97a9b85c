"""Starting the service."""

from __future__ import annotations

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
from .ground import SNOMED_NOTICE, client_service, development_client, loaded_by, refusing, settings_of
from .keeping import answer_keeper, feedback_keeper, opened_store


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
    database = opened_store(settings)
    answering = Answering(
        clients.by_id,
        lambda client: client_service(client, settings, loaded),
        lambda: datetime.now(UTC).date(),
        lambda: str(uuid4()),
        answer_keeper(settings, database),
    )
    readiness = Readiness(loaded.knowledge.version, differs(KNOWLEDGE))
    if readiness.problem:
        click.echo(f"UNCHECKED KNOWLEDGE: {readiness.problem} Run: cds-service check --write", err=True)
    keep = feedback_keeper(settings, database)
    click.echo(f"Listening on http://{settings.host}:{settings.port}/cds-services", err=True)
    serve_app(
        lambda: create_app(settings, answering.description, answering, source_pages(loaded), readiness, keep),
        settings.host,
        settings.port,
        settings.workers,
    )


def _clients(settings: Settings) -> Clients:
    """The clients of the site's file; without one, the one that the settings describe."""
    if settings.clients:
        path = Path(settings.clients)
        return refusing(lambda: read_clients(path))
    return Clients.of([development_client(settings)])

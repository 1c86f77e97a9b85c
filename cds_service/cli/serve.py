"""Starting the service."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import click

from ..answering import Answering
from ..app import create_app, source_pages
from ..client_profile import PROFILES
from ..digest import differs
from ..http.readiness import Readiness
from ..http.server import serve as serve_app
from ..loading import KNOWLEDGE
from .callers import callers
from .ground import SNOMED_NOTICE, client_service, loaded_by, settings_of

DEVELOPMENT_NOTICE = "DEVELOPMENT MODE: callers are not authenticated. Not for patient data."


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
    clients, trust = callers(settings)
    loaded = loaded_by(settings)
    if settings.snomed_affiliate:
        click.echo(SNOMED_NOTICE, err=True)
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
    answering = Answering(
        clients.by_id,
        lambda client: client_service(client, settings, loaded),
        lambda: datetime.now(UTC).date(),
        lambda: str(uuid4()),
    )
    notes = trust.notes if trust else lambda: [DEVELOPMENT_NOTICE]
    readiness = Readiness(loaded.knowledge.version, differs(KNOWLEDGE), notes)
    if readiness.problem:
        click.echo(f"UNCHECKED KNOWLEDGE: {readiness.problem} Run: cds-service check --write", err=True)
    click.echo(f"Listening on http://{settings.host}:{settings.port}/cds-services", err=True)
    serve_app(
        lambda: create_app(
            settings, answering.description, answering, source_pages(loaded), readiness, trust
        ),
        settings.host,
        settings.port,
        settings.workers,
    )

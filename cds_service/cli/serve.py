"""Starting the service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click

from ..answering import Answering
from ..app import create_app, source_pages
from ..client_profile import PROFILES
from ..clients import Clients
from ..clients_file import read_clients
from ..digest import differs
from ..http.readiness import Readiness
from ..http.server import serve as serve_app
from ..http.trust.authentication import Trust
from ..http.trust.public_keys import KeySetRefused
from ..loading import KNOWLEDGE
from ..settings import PREFIX, Settings
from .ground import SNOMED_NOTICE, client_service, development_client, loaded_by, refusing, settings_of

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
    clients, trust = _callers(settings)
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


def _callers(settings: Settings) -> tuple[Clients, Trust | None]:
    """Who may call, and how they are told apart: the clients of the site's file by their tokens; in development
    mode anyone, as the one client that the settings describe."""
    if settings.development:
        if settings.clients:
            raise click.ClickException(
                "Development mode lets anyone call, and a clients file says who may: leave out --development, "
                f"or the clients file (--clients, {PREFIX}CLIENTS)."
            )
        return Clients.of([development_client(settings)]), None
    if not settings.clients:
        raise click.ClickException(
            f"Who may call? State the clients of your site in a file (--clients or {PREFIX}CLIENTS; README, "
            "`Client trust`). To try the service on your own machine, where anyone may call, start it with "
            "--development."
        )
    if settings.public_url is None:
        raise click.ClickException(
            f"Clients sign each call for the address that they call: state it with --public-url or {PREFIX}"
            "PUBLIC_URL, such as https://cds.example.org."
        )
    path = Path(settings.clients)
    clients = refusing(lambda: read_clients(path))
    try:
        return clients, Trust(clients, None, when_down=settings.token_memory_down, ca_file=settings.ca_file)
    except KeySetRefused as refused:
        raise click.ClickException(f"{path.name}: {refused}") from refused

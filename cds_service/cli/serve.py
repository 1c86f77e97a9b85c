"""Starting the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import click

from ..app import create_app, source_pages
from ..client_profile import PROFILES
from ..digest import differs
from ..http.readiness import Readiness
from ..http.server import serve as serve_app
from ..http.wire import HookCall
from ..loading import KNOWLEDGE
from ..service import answer_hook
from .ground import SNOMED_NOTICE, loaded_by, service_of, settings_of


@click.command()
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
    profile = PROFILES[settings.client_profile]
    if profile.name != "default":
        click.echo(f"Client profile {profile.name}: {profile.because}.", err=True)
    service = service_of(settings, loaded)
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

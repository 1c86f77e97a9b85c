"""The SMART app that `serve` offers, as settings and clients say."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..clients import Clients
from ..fhir.reach.completing import Reach
from ..loading import Loaded
from ..secrets_file import Secrets, secrets_in
from ..settings import PREFIX, Settings, SettingsError
from .ground import client_service

if TYPE_CHECKING:
    from ..smart.routes import SmartApp

# as many as its gate lets through, each with few queries at a time
_READING_AT_ONCE = 8


def smart_app(settings: Settings, clients: Clients, loaded: Loaded, made: Secrets) -> SmartApp | None:
    """The app; None if no client has it registered. `made` are secrets of this process, for development mode.

    Ends the command without a file of secrets outside development. Raises AuthoringMistakes for that file and for a
    registration that cannot be used.
    """
    registered = [client for client in clients.by_id.values() if client.smart is not None]
    if not registered:
        return None
    from ..smart.registration import Registrations
    from ..smart.routes import SmartApp
    from ..smart.seal import Seals

    return SmartApp(
        registrations=Registrations.of(registered),
        services={client.id: client_service(client, settings, loaded) for client in registered},
        loaded=loaded,
        reach=Reach(time.monotonic, ca_file=settings.ca_file, calls=_READING_AT_ONCE),
        seals=Seals(_secrets(settings, made), _now),
        now=_now,
        clock=time.monotonic,
        public_url=settings.public_url,
        development=settings.development,
        ca_file=settings.ca_file,
    )


def _secrets(settings: Settings, made: Secrets) -> Secrets:
    if settings.smart_secrets:
        return secrets_in(Path(settings.smart_secrets))
    if settings.development:
        return made
    # with secrets of its own, each replica would refuse what another sealed
    missing = SettingsError(
        f"{PREFIX}SMART_SECRETS",
        "",
        "the file with the secrets of the SMART app, the same for all replicas (docs/smart-app.md): a client of the "
        "clients file has the app registered",
    )
    raise click.ClickException(str(missing)) from missing


def _now() -> datetime:
    return datetime.now(UTC)

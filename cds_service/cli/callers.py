"""Who may call the service that is started."""

from __future__ import annotations

import ssl
from pathlib import Path

import click

from ..clients import Clients
from ..clients_file import read_clients
from ..http.trust.authentication import Trust
from ..http.trust.public_keys import KeySetRefused
from ..settings import PREFIX, Settings
from ..token_memory import TokenMemory
from .ground import development_client

# what in development mode is said of the one client that calls: elsewhere each client says it of itself
_OF_ONE_CLIENT = {"client_profile": "profile", "null_means": "null-means", "never_served": "never-served"}


def callers(settings: Settings, used_tokens: TokenMemory) -> tuple[Clients, Trust | None]:
    """Who may call, and how they are told apart: the clients of the site's file by their tokens; in development
    mode anyone, as the one client that the settings describe. `used_tokens` is shared by all workers and replicas.

    What does not fit ends the command with a sentence. Raises AuthoringMistakes for the clients file.
    """
    if settings.ca_file:
        _check_authorities(settings.ca_file)
    if settings.development:
        if settings.clients:
            raise click.ClickException(
                "Development mode lets anyone call, and a clients file says who may: leave out --development, "
                f"or the clients file (--clients, {PREFIX}CLIENTS)."
            )
        return Clients.of([development_client(settings)]), None
    if settings.smart_client_id:
        raise click.ClickException(
            f"{PREFIX}SMART_CLIENT_ID is for development mode. State in the clients file where the SMART app is "
            "registered, as `smart` of each client (docs/smart-app.md)."
        )
    if stated := [name for name in _OF_ONE_CLIENT if getattr(settings, name) != getattr(Settings(), name)]:
        raise click.ClickException(
            f"{', '.join(PREFIX + name.upper() for name in stated)}: for development mode. State it of each client in "
            f"the clients file, as {', '.join(_OF_ONE_CLIENT[name] for name in stated)} (docs/client-trust.md)."
        )
    if not settings.clients:
        raise click.ClickException(
            f"Who may call? State the clients of your site in a file (--clients or {PREFIX}CLIENTS; "
            "docs/client-trust.md). To try the service on your own machine, where anyone may call, start it with "
            "--development."
        )
    if settings.public_url is None:
        raise click.ClickException(
            f"Clients sign each call for the address that they call: state it with --public-url or {PREFIX}"
            "PUBLIC_URL, such as https://cds.example.org."
        )
    path = Path(settings.clients)
    clients = read_clients(path)
    try:
        return clients, Trust(
            clients, used_tokens, when_down=settings.token_memory_down, ca_file=settings.ca_file
        )
    except KeySetRefused as refused:
        raise click.ClickException(f"{path.name}: {refused}") from refused


def _check_authorities(file: str) -> None:
    """End the command if no CA certificates can be read, not the first call that needs them."""
    try:
        ssl.create_default_context(cafile=file)
    except OSError as error:  # of which ssl.SSLError is a kind
        raise click.ClickException(
            f"{PREFIX}CA_FILE: {file} holds no CA certificates that can be read (PEM): {error.strerror}"
        ) from error

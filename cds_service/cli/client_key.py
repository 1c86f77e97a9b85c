"""Keys of a client, for trials, sandboxes and tests."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from requests.auth import AuthBase

from ..replay.signing import (
    NEW_KEYS,
    SignedCalls,
    SigningKeyError,
    new_key,
    public_key_set,
    read_signing_key,
)


@click.group("client-key")
def client_key() -> None:
    """The key pair with which a CDS client signs its calls."""


@client_key.command("new")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--algorithm", type=click.Choice(NEW_KEYS), default=NEW_KEYS[0], show_default=True)
@click.option("--kid", help="The key's id [default: a new UUID].")
def new(folder: Path, algorithm: str, kid: str | None) -> None:
    """Write a new key pair: FOLDER/private.jwk.json to sign with, FOLDER/public.jwks.json to hand over.

    The second is a `key-file` of the clients file. Files that exist are not overwritten.
    """
    key = new_key(algorithm, kid or str(uuid4()))
    private, public = folder / "private.jwk.json", folder / "public.jwks.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # readable by its owner alone from the first byte on
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(key.as_dict(private=True), file, indent=2)
        with public.open("x", encoding="utf-8") as file:
            json.dump(public_key_set(key), file, indent=2)
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}") from error
    click.echo(f"{private}: keep it secret\n{public}: hand it over")


def signing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that calls a running service the options to sign its calls; it gets `signed`, what signs
    them, None if nothing does."""

    @click.option("--key-file", type=click.Path(path_type=Path), help="Private JWK to sign the calls with.")
    @click.option("--issuer", help="The `iss` of the signed calls.")
    @click.option("--key-address", help="The `jku` of the signed calls, if they should have one.")
    @wraps(command)
    def signing(key_file: Path | None, issuer: str | None, key_address: str | None, **others: Any) -> None:
        command(signed=_signed_calls(key_file, issuer, key_address), **others)

    return signing


def _signed_calls(key_file: Path | None, issuer: str | None, key_address: str | None) -> AuthBase | None:
    """What signs the calls of a command; None where it was not asked to."""
    if key_file is None and issuer is None and key_address is None:
        return None
    if key_file is None or issuer is None:
        raise click.UsageError("Signing calls needs both --key-file and --issuer.")
    try:
        key = read_signing_key(key_file)
    except SigningKeyError as error:
        raise click.ClickException(str(error)) from error
    return SignedCalls(key, issuer, time.time, lambda: str(uuid4()), key_address)

"""The store: upgrading its schema, removing what was kept long enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from ..settings import PREFIX, Settings
from ..store.database import Database, StoreDown, StoreTooNew, StoreUnusable
from ..store.place import place
from ..store.retention import purge as purge_store
from ..store.upgrading import opened
from .ground import settings_of

T = TypeVar("T")


def store_of(settings: Settings) -> Database:
    """The store that the settings name. Ends the command for an address that no store can have."""
    try:
        return opened(place(settings))
    except StoreUnusable as error:
        raise click.ClickException(f"{error}.") from error


def existing_store(settings: Settings) -> Database:
    """The store that the settings name. Ends the command if its file is not there, rather than making one."""
    database = store_of(settings)
    file = database.url.database
    if not database.is_postgresql and file and not Path(file).exists():
        raise click.ClickException(
            f"there is no store at {file}: name one with {PREFIX}STORE_URL or {PREFIX}STATE_DIRECTORY."
        )
    return database


def using_store(database: Database, use: Callable[[], T]) -> T:
    """What `use` returns. Ends the command with a sentence if the store cannot be used."""
    try:
        return use()
    except StoreTooNew as error:
        raise click.ClickException(f"{error}.") from error
    except StoreDown as error:
        raise click.ClickException(f"the store {database} cannot be used: {error}.") from error


@click.group()
def store() -> None:
    """Look after the database of what is kept."""


@store.command()
def upgrade() -> None:
    """Bring the schema up to date, as `serve` does at start. Exit code 1 if the store cannot be used."""
    database = store_of(settings_of())

    def touch() -> None:
        with database.transaction(reading=True):
            pass

    using_store(database, touch)
    click.echo(f"{database} is up to date.")


@store.command()
def purge() -> None:
    """Remove what is older than CDS_SERVICE_KEEP_DAYS, patient keys older than CDS_SERVICE_PATIENT_KEY_DAYS,
    and expired tokens. Run it once a day."""
    settings = settings_of()
    database = existing_store(settings)
    removed = using_store(
        database,
        lambda: purge_store(
            database,
            datetime.now(UTC),
            keep_days=settings.keep_days,
            patient_key_days=settings.patient_key_days,
        ),
    )
    click.echo(", ".join(f"{table} {count}" for table, count in removed.items()))

"""Bringing a database to the schema of this version, by one process at a time."""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from .database import Database, StoreTooNew

VERSION_TABLE = "store_version"

# any number, as long as it stays the same: replicas that start together wait for each other on it
_ADVISORY_LOCK = 7_249_160_352_114

# Alembic keeps what it works on in module variables: in one process it upgrades one database at a time
_alembic = threading.Lock()


def opened(url: str) -> Database:
    """The database at `url`, whose schema each process checks, and brings up to date, before its first use."""
    return Database(url, prepare=upgrade)


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; does nothing when it is.

    Raises StoreTooNew for a schema that this version does not know: a newer version made it.
    """
    with engine.connect() as connection, connection.begin():
        stated = _revision(connection)
        if stated == _newest():
            return
    with engine.connect() as connection, connection.begin():
        # SQLite's transactions exclude each other anyway
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        stated = _revision(connection)
        if stated is not None and stated not in _known():
            raise StoreTooNew(
                f"the store has the schema {stated}, which a newer version of this service made; "
                f"this version knows schemas up to {_newest()}. Run the newer version, or another store"
            )
        config = _config()
        config.attributes["connection"] = connection
        with _alembic:
            command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(files("cds_service.store") / "migrations").replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    return config


@cache
def _known() -> frozenset[str]:
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


@cache
def _newest() -> str:
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest

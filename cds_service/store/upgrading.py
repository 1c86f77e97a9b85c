"""Bringing a database to the schema of this version, by one process at a time."""

from __future__ import annotations

from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    select,
    text,
)

from .database import Database, StoreTooNew
from .tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "store_version"
NEWEST = "s0001"
"""The last of the migrations. Alembic, which knows them all, is only loaded to change a schema."""

# as Alembic makes it
_version = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)

# any number, as long as it stays the same: replicas that start together wait for each other on it
_ADVISORY_LOCK = 7_249_160_352_114

# Alembic keeps the migration under way in module variables
_migrating = Lock()


def opened(url: str) -> Database:
    """The database at `url`, whose schema each process checks, and brings up to date, before its first use."""
    return Database(url, prepare=upgrade)


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; does nothing when it is.

    Raises StoreTooNew for a schema that this version does not know: a newer version made it.
    """
    with engine.connect() as connection, connection.begin():
        if _revision(connection) == NEWEST:
            return
    with engine.connect() as connection, connection.begin():
        # SQLite's transactions exclude each other anyway
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        stated = _revision(connection)
        if stated is None and not inspect(connection).get_table_names():
            # a new store is made as it is to be, not brought there step by step
            metadata.create_all(connection)
            _version.create(connection)
            connection.execute(_version.insert().values(version_num=NEWEST))
        elif stated != NEWEST:
            _migrate(connection, stated)


def _revision(connection: Connection) -> str | None:
    """The schema that the database says it has; None if it says none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    stated: str | None = connection.execute(select(_version.c.version_num)).scalar()
    return stated


def _migrate(connection: Connection, stated: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    if stated is not None and stated not in {script.revision for script in scripts}:
        raise StoreTooNew(
            f"the store has the schema {stated}, which a newer version of this service made; "
            f"this version knows schemas up to {NEWEST}. Run the newer version, or another store"
        )
    config.attributes["connection"] = connection
    with _migrating:
        command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option(
        "script_location", str(files("cds_service.store") / "migrations").replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    return config

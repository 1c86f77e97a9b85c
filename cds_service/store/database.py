"""The database: SQLite in a file, or PostgreSQL; one pool of connections for each process."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from ..turns import Turns
from .of_process import OfProcess

_log = logging.getLogger("cds_service.store")

FILE_NAME = "sarcoma-cds.sqlite"

_SQLITE_BUSY_SECONDS = 5
_SQLITE_AGAIN_SECONDS = 0.01
# held by whoever makes a file, until it is closed
_making = threading.Lock()
# for each process; PostgreSQL allows a hundred in all unless told otherwise
_POOL = {"pool_size": 4, "max_overflow": 4, "pool_timeout": 3, "pool_recycle": 1800}
# Whatever happens to the server or the network, a thread waits for seconds, not for ever.
_POSTGRESQL_WAITS = {"connect_timeout": 3, "tcp_user_timeout": 5000, "keepalives_idle": 30}
_POSTGRESQL_SESSION = ("SET statement_timeout = '5s'", "SET lock_timeout = '3s'", "SET timezone = 'UTC'")
_REST_SECONDS = 2.0


class StoreDown(Exception):
    """The database does not answer, or cannot write. The text names the kind of failure and no values."""


class StoreTooNew(StoreDown):
    """A newer version of the service made the schema: this version cannot use it."""


class StoreUnusable(Exception):
    """No store can have this address."""


def store_url(stated: str) -> URL:
    """The address of a database, with the driver that is used for it.

    Raises StoreUnusable for anything but a SQLite file and PostgreSQL.
    """
    try:
        url = make_url(stated)
    except (ArgumentError, ValueError):
        raise StoreUnusable("the address of the store is no database URL") from None
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+pysqlite")
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreUnusable(
        "the store is either a SQLite file (sqlite:////path) or PostgreSQL (postgresql://...)"
    )


def file_url(folder: Path) -> str:
    """The address of the SQLite file in a folder."""
    return URL.create("sqlite", database=str(folder.absolute() / FILE_NAME)).render_as_string()


class Database:
    """Hands out transactions. Safe to share between threads, and to make before processes are forked: each
    process has connections of its own, made when they are first needed.

    `prepare` is run by each process before its first transaction and again after a failure: it checks the
    schema (`upgrading.py`).
    """

    def __init__(self, url: str, prepare: Callable[[Engine], None] | None = None) -> None:
        """Connects to nothing yet. Raises StoreUnusable for an address that no store can have."""
        self.url = store_url(url)
        self._prepare = prepare
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0
        self._prepared = False
        self._rest_until = 0.0
        self._trouble: str | None = None
        self._writers = OfProcess(lambda: Turns(_SQLITE_BUSY_SECONDS))
        itself = weakref.ref(self)

        def close_before_fork() -> None:
            # a child has the parent's open file and none of its locks, but SQLite there believes that it has them
            if (database := itself()) is not None:
                database.close()

        os.register_at_fork(before=close_before_fork)

    @property
    def trouble(self) -> str | None:
        """Why a transaction of this process failed, None if it has written since."""
        return self._trouble

    def __str__(self) -> str:
        """The address, without its password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(
        self, *, reading: bool = False, durable: bool = True, patient: bool = True
    ) -> Iterator[Connection]:
        """A transaction, committed at the end; what it wrote is on disk when this returns.

        `reading`, it writes nothing and keeps no writer waiting. Not `durable`, it does not wait for the disk: a
        power cut may cost what was written last, and so may a process of PostgreSQL's that is killed, since the server
        then begins anew; one of the service's costs nothing. Not `patient`, it gives up at once while the
        database failed less than two seconds ago. Raises StoreDown: nothing is then kept of the transaction
        (or all of it, if the connection broke while it was committed).
        """
        if not patient and time.monotonic() < self._rest_until:
            raise StoreDown("the database failed a moment ago")
        # SQLite lets one write at a time and has the others try again now and then, whoever came first
        turn = nullcontext() if reading or self.is_postgresql else self._writers().turn()
        try:
            with turn:
                engine = self._ready().execution_options(reading=reading, durable=durable)
                with engine.begin() as connection:
                    yield connection
            if not reading:
                # who can read may still not be able to write: the disk is full
                self._rest_until = 0.0
                self._note(None)
        except (DataError, IntegrityError):
            raise  # the rows are wrong, not the database
        except (DBAPIError, PoolTimeout, sqlite3.Error, OSError) as error:
            self._rest_until = time.monotonic() + _REST_SECONDS
            self._prepared = False
            if not self.is_postgresql:
                # a file that could not be written is open for reading only, whatever becomes of it
                self._disconnect()
            kind = _kind(error)
            self._note(kind)
            raise StoreDown(kind) from None

    @property
    def is_postgresql(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    def insert_new(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that passes over rows whose key is there already."""
        if self.is_postgresql:
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def _note(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            told = {"event": "store", "outcome": "down" if trouble else "back"}
            _log.log(
                logging.WARNING if trouble else logging.INFO, {**told, "cause": trouble} if trouble else told
            )
        self._trouble = trouble

    def _ready(self) -> Engine:
        with self._lock:
            if self._engine is None or self._pid != os.getpid():
                if self._engine is not None:
                    # the connections belong to the parent: they are forgotten here, not closed
                    self._engine.dispose(close=False)
                self._engine, self._pid, self._prepared = _engine(self.url), os.getpid(), False
            engine, prepared = self._engine, self._prepared
        if not prepared:
            # not under the lock: whoever waits for a database that is down makes nobody else wait
            if self._prepare is not None:
                self._prepare(engine)
            self._prepared = True
        return engine

    def close(self) -> None:
        """Close this process's connections; the next transaction opens new ones."""
        self._disconnect()
        with self._lock:
            self._engine = None

    def _disconnect(self) -> None:
        with self._lock:
            if self._engine is not None and self._pid == os.getpid():
                self._engine.dispose()


def _kind(error: BaseException) -> str:
    """What failed, in words that hold no values: driver texts may quote a row."""
    cause: Any = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return f"{type(cause).__name__} {code}" if code else type(cause).__name__


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    waits = {name: value for name, value in _POSTGRESQL_WAITS.items() if name not in url.query}
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        json_serializer=_json,
        connect_args=waits,
        **_POOL,
    )

    @event.listens_for(engine, "connect")
    def bounded(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            for statement in _POSTGRESQL_SESSION:
                cursor.execute(statement)
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # stated either way: a site may have chosen otherwise for its other databases
        durable = connection.get_execution_options().get("durable", True)
        connection.exec_driver_sql(f"SET LOCAL synchronous_commit = {'on' if durable else 'off'}")

    return engine


def _make(file: Path) -> None:
    """Make the file if it is not there: by SQLite, others on the machine could read it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A file that is there is never opened but by SQLite: to close it would give up the locks that connections of this
    # process have on it, and another process would remove the journal into which they write.
    with _making, suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have the file written by way of a journal, as it is from its first use on. SQLite does not wait for another
    process that begins to use a new file, as it waits for everything else."""
    give_up = time.monotonic() + _SQLITE_BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_SQLITE_AGAIN_SECONDS)
        else:
            return


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        json_serializer=_json,
        connect_args={"timeout": _SQLITE_BUSY_SECONDS, "check_same_thread": False},
        **_POOL,
    )

    @event.listens_for(engine, "do_connect")
    def private(_dialect: object, _record: object, _args: object, _kwargs: object) -> None:
        _make(Path(str(url.database)).resolve())

    def found() -> tuple[int, int] | None:
        try:
            status = Path(str(url.database)).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    @event.listens_for(engine, "checkout")
    def of_this_file(_connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        # a file that was removed, or replaced by a backup, is still open: what is written into it is lost
        if record.info["file"] != found():
            _log.warning({"event": "store", "outcome": "another-file"})
            raise DisconnectionError("the file was removed or replaced")

    @event.listens_for(engine, "connect")
    def by_hand(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = found()
        # transactions are begun below, not by the driver: its own begin late and leave out changes of tables
        connection.isolation_level = None
        _write_ahead(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE waits for its turn at the start; a transaction that reads first and then writes would
        # be refused without waiting. Straight to the driver: this is done for every signed call
        options = connection.get_execution_options()
        driver: Any = connection.connection.dbapi_connection
        synchronous = "FULL" if options.get("durable", True) else "NORMAL"
        if connection.info.get("synchronous") != synchronous:
            driver.execute(f"PRAGMA synchronous = {synchronous}")
            connection.info["synchronous"] = synchronous
        driver.execute("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")

    return engine

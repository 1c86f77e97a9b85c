"""A memory of used tokens that several processes share: an SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from cds_service.token_memory import TokenMemoryDown


class FileMemory:
    """One row for each token; of two processes that write the same at once, one is refused."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._open() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS used (client, jti, until, PRIMARY KEY (client, jti))"
            )

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        try:
            with self._open() as connection, connection:
                connection.execute("INSERT INTO used VALUES (?, ?, ?)", (client, jti, until.isoformat()))
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            raise TokenMemoryDown("the file cannot be written") from error
        return True

    def _open(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self._file, timeout=10))

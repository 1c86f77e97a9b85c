"""Whether the store answers, though no call happens to need it."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import text

from .database import Database, StoreDown

EVERY_SECONDS = 5.0


class Watch:
    """Asks the database every few seconds, in a thread of its own, so that `Database.trouble` is the truth of now.
    Where there was trouble it writes: a disk that is full can be read.

    Nobody waits for it. It begins in the process that asks for it: one made before a fork serves each process.
    """

    def __init__(
        self, database: Database, write: Callable[[], None], every_seconds: float = EVERY_SECONDS
    ) -> None:
        """`write` writes something that leaves nothing behind, or raises StoreDown."""
        self._database = database
        self._write = write
        self._every = every_seconds
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        itself = weakref.ref(self)

        def begin_in_child() -> None:
            if (watch := itself()) is not None:
                watch._starting, watch._thread = threading.Lock(), None

        os.register_at_fork(after_in_child=begin_in_child)

    def begin(self) -> None:
        """Begin to ask, if this process does not do so yet."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store-watch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            with suppress(StoreDown):
                self._ask()
            pause.wait(self._every)

    def _ask(self) -> None:
        if self._database.trouble:
            self._write()
        else:
            with self._database.transaction(reading=True) as connection:
                connection.execute(text("SELECT 1"))

"""Writing records in batches beside the calls that they tell of, so that no call waits for a database."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Record = TypeVar("Record")


class BatchWriter(Generic[Record]):
    """Takes records without waiting and writes them in order, many at a time, in a thread of its own.

    A batch that cannot be written is tried again, later and later, for as long as there is room; records for which
    there is none are dropped and counted. The thread starts with the first record, in the process that puts it: a
    writer made before a fork serves each process by itself.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        *,
        kept: Callable[[int], None],
        lost: Callable[[int], None],
        room: int = 10_000,
        batch: int = 100,
        every_seconds: float = 0.5,
        patience_seconds: float = 30.0,
    ) -> None:
        """`write` keeps all of a batch or raises; `kept` and `lost` are told how many records were."""
        self._write, self._kept, self._lost = write, kept, lost
        self._room, self._batch = room, batch
        self._every, self._patience = every_seconds, patience_seconds
        self._begin()
        # forked: what waits belongs to the process that took it, and its thread is not in the child
        itself = weakref.ref(self)

        def begin_in_child() -> None:
            if (writer := itself()) is not None:
                writer._begin()

        os.register_at_fork(after_in_child=begin_in_child)

    def put(self, record: Record) -> None:
        """Take a record. Never waits, never raises."""
        if self._thread is None:
            self._start()
        if len(self._waiting) >= self._room:
            self._lost(1)
            return
        self._waiting.append(record)
        if len(self._waiting) >= self._batch:
            self._due.set()

    def close(self, seconds: float = 5.0) -> None:
        """Write what is waiting and end; what is not written in time is lost and counted."""
        if self._thread is None:
            return
        self._ending.set()
        self._due.set()
        self._thread.join(seconds)
        if self._waiting:
            self._lost(len(self._waiting))
            self._waiting.clear()

    def _begin(self) -> None:
        self._waiting: deque[Record] = deque()
        self._due, self._ending = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="batch-writer", daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        pause = self._every
        while True:
            self._due.wait(pause)
            self._due.clear()
            pause = self._every if self._drain() else min(pause * 2, self._patience)
            if self._ending.is_set():
                return

    def _drain(self) -> bool:
        """Write until nothing waits; whether all of it could be written."""
        while self._waiting:
            # one by one: an iterator would not bear that others put theirs meanwhile
            batch = [self._waiting[place] for place in range(min(len(self._waiting), self._batch))]
            try:
                self._write(batch)
            except Exception:
                # whatever the store says: the calls go on, and `lost` tells when there is no more room
                return False
            for _ in batch:
                self._waiting.popleft()
            with suppress(Exception):
                # who counts may fail: what was kept is kept
                self._kept(len(batch))
        return True

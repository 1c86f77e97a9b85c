"""Writing records in batches beside the calls that they tell of, so that no call waits for a database."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Record = TypeVar("Record")

_log = logging.getLogger("cds_service.store")


class BatchWriter(Generic[Record]):
    """Takes records without waiting and writes them in order, many at a time, in a thread of its own.

    A batch that cannot be written now is tried again, later and later, for as long as there is room; records for which
    there is none, and those that can never be kept, are dropped and counted. The thread starts with the first record,
    in the process that puts it: a writer made before a fork serves each process by itself.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        *,
        down: type[Exception],
        kept: Callable[[int], None],
        lost: Callable[[int], None],
        room: int = 10_000,
        batch: int = 100,
        every_seconds: float = 0.5,
        patience_seconds: float = 30.0,
    ) -> None:
        """`write` keeps all of a batch or raises, and bears that a record comes again: `down` where nothing can be kept
        now, anything else where one of the records cannot. `kept` and `lost` are told how many records were."""
        self._write, self._down, self._kept, self._lost = write, down, kept, lost
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
            self._count_lost(1)
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
            self._count_lost(len(self._waiting))
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
                kept = self._write_fit(batch)
            except self._down:
                # the calls go on, and `lost` tells when there is no more room
                return False
            for _ in batch:
                self._waiting.popleft()
            with suppress(Exception):
                # who counts may fail: what was kept is kept
                self._kept(kept)
            if kept < len(batch):
                self._count_lost(len(batch) - kept)
        return True

    def _write_fit(self, batch: Sequence[Record]) -> int:
        """How many records of a batch are kept: all that can be. One of which the store can make nothing must not keep
        those behind it waiting for ever."""
        try:
            self._write(batch)
        except self._down:
            raise
        except Exception as error:
            if len(batch) == 1:
                _log.error({"event": "record-unfit", "exception": type(error).__name__})
                return 0
            return sum(self._write_fit([record]) for record in batch)
        return len(batch)

    def _count_lost(self, count: int) -> None:
        with suppress(Exception):
            self._lost(count)

"""Processes that evaluate beside each other, and end with the one that started them."""

from __future__ import annotations

import atexit
import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from ..service import Service

_made: dict[str, Any] = {}
_TELLTALE_SECONDS = 1.0


@contextmanager
def pool(count: int, make_service: Callable[[], Service]) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """Workers and the counter of what they tell. `make_service` is called once in each that needs the service; it
    must be picklable."""
    # not forked: DuckDB and Arrow have threads
    context = get_context("spawn")
    counter = context.Value("Q", 0)
    workers = ProcessPoolExecutor(count, context, _begin, (make_service, counter, os.getpid()))
    try:
        yield workers, counter
    finally:
        workers.shutdown(cancel_futures=True)


def _begin(make_service: Callable[[], Service], counter: Any, parent: int) -> None:
    _made.update(make=make_service, counter=counter)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """A worker whose run was killed must not go on beside the one that resumes it."""
    while os.getppid() == parent:
        time.sleep(_TELLTALE_SECONDS)
    os._exit(1)


def service(make: Callable[[], Service] | None = None) -> Service:
    """This process's service, made once: by `make`, or as the pool was told to."""
    if "service" not in _made:
        _made["service"] = (make or _made["make"])()
        # it stays: what cleans up need not look at it again and again
        gc.freeze()
        # else DuckDB finds at the end that its own types were never released, and says so at length
        atexit.register(gc.unfreeze)
    made: Service = _made["service"]
    return made


def tell(evaluated: int) -> None:
    """Count what was evaluated."""
    with _made["counter"].get_lock():
        _made["counter"].value += evaluated

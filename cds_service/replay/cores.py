"""Replay on all cores: each process loads the service once; outcomes come in the order of the calls."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from ..service import Service
from .inputs import Replayable
from .run import Outcome, replayed_here

_CHUNK = 8
# below this a second process costs more than it saves
_FEW = 4 * _CHUNK

Services = Callable[[], Callable[[str], Service]]
"""Makes what gives the service of a client profile. Importable by name, and cached: forked processes share it."""

_services: Callable[[str], Service] | None = None


def replay_on_cores(calls: Sequence[Replayable], services: Services, jobs: int) -> Iterator[Outcome]:
    """Replay in this process and, for more than a few calls, in up to `jobs` others. Same calls: same outcomes in
    the same order, whatever the number of processes.

    Raises BrokenProcessPool if a process dies.
    """
    if jobs < 2 or len(calls) < _FEW:
        of = services()
        yield from (replayed_here(call, of(call.profile)) for call in calls)
        return
    services()
    # a forked process need not load again; elsewhere each loads for itself
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(services,)) as pool:
        yield from pool.map(_replayed, calls, chunksize=_CHUNK)


def _begin(services: Services) -> None:
    global _services
    _services = services()


def _replayed(call: Replayable) -> Outcome:
    assert _services is not None
    return replayed_here(call, _services(call.profile))

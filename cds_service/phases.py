"""The phases of a call, so that whoever times them can say where the time went."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

PHASES = ("wait", "authenticate", "parse", "map", "fetch", "evaluate", "render")
"""In the order in which a call goes through them. `wait`, until its turn came, and `fetch` come in some calls only; a
large call waits after `parse`. What comes back from waiting for something else counts to the phase that waited."""


class Timing(Protocol):
    """Times the phases of one call."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Given one of PHASES, a context that lasts as long as the phase."""
        ...

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds by phase, of those that ended."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds since the call came."""
        ...


class Untimed:
    """Phases that nobody times."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """A context that does nothing."""
        return nullcontext()

    @property
    def seconds(self) -> Mapping[str, float]:
        """Nothing was timed."""
        return {}

    @property
    def elapsed(self) -> float:
        """No time passes."""
        return 0.0


UNTIMED = Untimed()

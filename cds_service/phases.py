"""The phases of a call, so that whoever times them can say where the time went."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

PHASES = ("parse", "authenticate", "fetch", "map", "evaluate", "render")
"""In the order in which a call goes through them."""

Phase = Callable[[str], AbstractContextManager[None]]
"""Given one of PHASES, a context that lasts as long as the phase."""


def untimed(_phase: str) -> AbstractContextManager[None]:
    """A phase that nobody times."""
    return nullcontext()

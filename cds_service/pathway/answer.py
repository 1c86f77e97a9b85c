"""Three-valued answers: True = met, False = not met, None = unknown (strong Kleene logic)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Answer = bool | None
State = Literal["met", "not-met", "unknown"]


def every(answers: Iterable[Answer]) -> Answer:
    """Not met if one is not met, unknown if one is unknown, else met."""
    result: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            result = None
    return result


def some(answers: Iterable[Answer]) -> Answer:
    """Met if one is met, unknown if one is unknown, else not met."""
    result: Answer = False
    for answer in answers:
        if answer is True:
            return True
        if answer is None:
            result = None
    return result


def state(answer: Answer) -> State:
    """The word for an answer."""
    return "unknown" if answer is None else "met" if answer else "not-met"

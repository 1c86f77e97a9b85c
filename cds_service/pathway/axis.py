"""An axis of a grid: what may be known of one fact, as variables; see `axes`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..case.fact import Value
from .answer import Answer, every, some
from .criteria import Test
from .diagram import Diagram, Diagrams, Step

Tree = Mapping[str, Any]
Point = Sequence[int]


def both(one: Answer, other: Answer) -> Answer:
    """The answer to both together."""
    return every((one, other))


def either(one: Answer, other: Answer) -> Answer:
    """The answer to one or the other."""
    return some((one, other))


def denied(answer: Answer) -> Answer:
    """The answer to the opposite."""
    return None if answer is None else not answer


@dataclass(frozen=True, slots=True)
class Variable:
    """One small part of what may be known of a fact; `steps` are the ways in which a little more is learned."""

    size: int
    steps: tuple[Step, ...]


class Axis(ABC):
    """What may be known of one fact, as variables from number `first` on."""

    variables: tuple[Variable, ...]

    def __init__(self, fact: str, first: int) -> None:
        self.fact = fact
        self.first = first

    def states(self, point: Point) -> Point:
        """The part of a point of the whole grid that is about this fact."""
        return point[self.first : self.first + len(self.variables)]

    @abstractmethod
    def test(self, criterion: Test, diagrams: Diagrams) -> Diagram:
        """The answer of a one-fact test at every point."""
        ...

    @abstractmethod
    def known(self, diagrams: Diagrams) -> Diagram:
        """Whether the fact counts as known, as `{known: fact}` asks."""
        ...

    def possible(self, diagrams: Diagrams) -> Diagram:
        """False where the states together stand for no value at all."""
        return diagrams.constant(True)

    @abstractmethod
    def settled(self, diagrams: Diagrams) -> Diagram:
        """Whether nothing is open that a test asks for."""
        ...

    @abstractmethod
    def value(self, point: Point) -> Value:
        """A value of the fact that stands for this point."""
        ...

    @abstractmethod
    def tell(self, point: Point) -> str:
        """The state in words."""
        ...

"""The axis of a set: which classes of members are in it, not in it, or open."""

from __future__ import annotations

from collections.abc import Sequence

from ..case.fact import Members, Value
from .answer import Answer
from .axis import Axis, Point, Variable, both, denied, either
from .criteria import Test
from .diagram import Diagram, Diagrams, fold

_OPEN, _IN, _OUT = 0, 1, 2
_MEMBER: tuple[Answer, ...] = (None, True, False)


class SetAxis(Axis):
    """A set: for each class of members, whether it is open, in the set or not in it."""

    def __init__(self, fact: str, first: int, members: Sequence[str]) -> None:
        super().__init__(fact, first)
        self.members = tuple(members)
        self.variables = (Variable(3, ((_OPEN, _IN), (_OPEN, _OUT))),) * len(self.members)

    def test(self, criterion: Test, diagrams: Diagrams) -> Diagram:
        # asked of one member alone the test says whether it looks for it, and which way round
        empty = criterion({self.fact: Members(frozenset())})
        wanted = [
            number
            for number, member in enumerate(self.members, self.first)
            if criterion({self.fact: Members(frozenset({member}))}) is not empty
        ]
        found = fold(diagrams, either, (diagrams.by_state(n, _MEMBER) for n in wanted), False)
        return diagrams.map(denied, found) if empty else found

    def known(self, diagrams: Diagrams) -> Diagram:
        variables = range(self.first, self.first + len(self.members))
        found = fold(diagrams, either, (diagrams.by_state(n, _MEMBER) for n in variables), False)
        return diagrams.map(_not_open, found)

    def settled(self, diagrams: Diagrams) -> Diagram:
        variables = range(self.first, self.first + len(self.members))
        return fold(diagrams, both, (diagrams.by_state(n, (False, True, True)) for n in variables), True)

    def value(self, point: Point) -> Value:
        states = list(zip(self.members, self.states(point), strict=True))
        return Members(
            frozenset(m for m, state in states if state == _IN),
            frozenset(m for m, state in states if state == _OPEN),
        )

    def tell(self, point: Point) -> str:
        states = list(zip(self.members, self.states(point), strict=True))
        if all(state == _OPEN for _, state in states):
            return "unknown"
        present = [m for m, state in states if state == _IN]
        open_ = [f"{m}?" for m, state in states if state == _OPEN]
        return "{" + ", ".join([*present, *open_]) + "}"


def _not_open(answer: Answer) -> bool:
    return answer is not None

"""The axis of a code or boolean: which classes of values are still possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..case.fact import Choice, Scalar, Value
from .answer import Answer
from .axis import Axis, Point, Variable
from .criteria import Test
from .diagram import Diagram, Diagrams, fold

_POSSIBLE, _EXCLUDED = 0, 1
# no value at all: what a test answers where every value is excluded, which `possible` leaves out
_NOTHING = "nothing"


def answer_of_choice(
    diagrams: Diagrams, fact: str, test: Test, possible: Mapping[Scalar, Diagram]
) -> Diagram:
    """The answer of a one-fact test, by whether each value is possible: the same for all of them, or unknown."""
    parts = []
    for value, there in possible.items():
        answer = test({fact: Choice(frozenset({value}))})
        parts.append(diagrams.map(_answer_yes if answer else _answer_no, there))
    return diagrams.map(_told, fold(diagrams, _join, parts, _NOTHING))


def _answer_yes(there: bool) -> Answer | str:
    return True if there else _NOTHING


def _answer_no(there: bool) -> Answer | str:
    return False if there else _NOTHING


def _join(one: Answer | str, other: Answer | str) -> Answer | str:
    if one == _NOTHING:
        return other
    if other == _NOTHING or one is other:
        return one
    return None


def _told(answer: Answer | str) -> Answer:
    return False if isinstance(answer, str) else answer


def known_choice(diagrams: Diagrams, possible: Mapping[Scalar, Diagram]) -> Diagram:
    """Whether one value alone is possible."""
    return diagrams.map(_is_one, _how_many(diagrams, possible.values()))


def _how_many(diagrams: Diagrams, possible: Iterable[Diagram]) -> Diagram:
    """How many of the values are possible: 0, 1, or 2 for several."""
    return fold(diagrams, _one_more, possible, 0)


def _one_more(count: int, there: bool) -> int:
    return min(2, count + there)


def _is_one(count: int) -> bool:
    return count == 1


class ChoiceAxis(Axis):
    """A code or boolean: for each class of values, whether it is still possible."""

    def __init__(self, fact: str, first: int, values: Sequence[Scalar]) -> None:
        super().__init__(fact, first)
        self.values = tuple(values)
        self.variables = (Variable(2, ((_POSSIBLE, _EXCLUDED),)),) * len(self.values)

    def test(self, criterion: Test, diagrams: Diagrams) -> Diagram:
        return answer_of_choice(diagrams, self.fact, criterion, self._there(diagrams))

    def known(self, diagrams: Diagrams) -> Diagram:
        return known_choice(diagrams, self._there(diagrams))

    settled = known

    def possible(self, diagrams: Diagrams) -> Diagram:
        return diagrams.map(bool, _how_many(diagrams, self._there(diagrams).values()))

    def _there(self, diagrams: Diagrams) -> dict[Scalar, Diagram]:
        states = enumerate(self.values, self.first)
        return {value: diagrams.by_state(number, (True, False)) for number, value in states}

    def value(self, point: Point) -> Value:
        states = zip(self.values, self.states(point), strict=True)
        return Choice(frozenset(v for v, state in states if state == _POSSIBLE))

    def tell(self, point: Point) -> str:
        states = zip(self.values, self.states(point), strict=True)
        left = [_word(v) for v, state in states if state == _POSSIBLE]
        return "unknown" if len(left) == len(self.values) > 1 else " or ".join(left)


def _word(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

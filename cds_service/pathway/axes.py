"""Axes of a grid: the states in which a record may leave one fact, as far as tests can tell them apart.

- A code or boolean: any non-empty set of the classes of values between which no test distinguishes, so that
  forty sites shrink to the few classes that matter.
- A number: any run of neighbouring regions; a region is a cut point or what lies between two of them.
- A set: each class of members is in it, not in it, or open.

A fact is *settled* at a point when nothing of it that a test asks for is open.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Any, TypeVar

from ..case.fact import Choice, Interval, Members, Scalar, Value
from ..case.vocabulary import FactDefinition, Vocabulary
from .answer import Answer, every, some
from .criteria import Test, compile_criterion
from .diagram import Diagram, Diagrams, Step, fold

Tree = Mapping[str, Any]
Point = Sequence[int]
T = TypeVar("T", bound=Scalar)


def both(one: Answer, other: Answer) -> Answer:
    return every((one, other))


def either(one: Answer, other: Answer) -> Answer:
    return some((one, other))


def denied(answer: Answer) -> Answer:
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


class NumberAxis(Axis):
    """A number: the run of regions in which it lies, one variable."""

    def __init__(self, fact: str, first: int, regions: Sequence[tuple[Interval, float]], known: bool) -> None:
        """`regions` with a number that stands for each; `known` tells a region from a number in it."""
        super().__init__(fact, first)
        self.intervals: list[Interval] = []
        self.words: list[str] = []
        self.single: list[bool] = []
        number: dict[tuple[int, int, bool], int] = {}
        count = len(regions)
        for start in range(count):
            for end in range(start, count):
                low, high = regions[start][0], regions[end][0]
                whole = Interval(low.low, high.high, low.low_open, high.high_open)
                if start == end:
                    stands = regions[start][1]
                    number[start, end, True] = len(self.intervals)
                    self._add(Interval(stands, stands), f"{stands:g}", single=True)
                if (start < end) or (known and not whole.known):
                    number[start, end, False] = len(self.intervals)
                    self._add(
                        whole,
                        "unknown" if (start, end) == (0, count - 1) else _run(whole),
                        single=False,
                    )
        steps: list[Step] = []
        for (start, end, exact), state in number.items():
            if not exact and start == end:
                steps.append((state, number[start, end, True]))
            elif not exact:
                for run in ((start + 1, end), (start, end - 1)):
                    steps.append((state, number.get((*run, False), number.get((*run, True), state))))
        self.variables = (Variable(len(self.intervals), tuple(steps)),)

    def _add(self, interval: Interval, words: str, single: bool) -> None:
        self.intervals.append(interval)
        self.words.append(words)
        self.single.append(single)

    def test(self, criterion: Test, diagrams: Diagrams) -> Diagram:
        return diagrams.by_state(self.first, [criterion({self.fact: i}) for i in self.intervals])

    def known(self, diagrams: Diagrams) -> Diagram:
        return diagrams.by_state(self.first, [i.known for i in self.intervals])

    def settled(self, diagrams: Diagrams) -> Diagram:
        return diagrams.by_state(self.first, self.single)

    def value(self, point: Point) -> Value:
        return self.intervals[point[self.first]]

    def tell(self, point: Point) -> str:
        return self.words[point[self.first]]


def _run(interval: Interval) -> str:
    if interval.high == inf:
        return f"{'above' if interval.low_open else 'at least'} {interval.low:g}"
    ends = "excluded" if interval.high_open else "included"
    start = "above " if interval.low_open else ""
    return f"{start}{interval.low:g} to {interval.high:g} ({ends})"


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


def axis_of(
    definition: FactDefinition, first: int, tests: Sequence[Tree], known: bool, vocabulary: Vocabulary
) -> Axis:
    """The axis of a fact of which these one-fact tests are asked, and perhaps whether it is `known`.

    Its variables are numbered from `first` on.
    """
    fact = definition.id
    criteria = [compile_criterion(leaf, vocabulary).test for leaf in tests]

    def signature(value: Value) -> tuple[Answer, ...]:
        return tuple(test({fact: value}) for test in criteria)

    # of a class in which a known value differs from an open one, two members show both
    most = 2 if known else 1
    if definition.type in ("code", "boolean"):
        values: Sequence[Scalar] = definition.values if definition.type == "code" else (True, False)
        return ChoiceAxis(fact, first, _of_each(values, lambda v: signature(Choice(frozenset({v}))), most))
    if definition.type == "codes":
        empty = signature(Members(frozenset()))
        members = _of_each(definition.values, lambda m: signature(Members(frozenset({m}))), 1)
        tested = [m for m in members if known or signature(Members(frozenset({m}))) != empty]
        return SetAxis(fact, first, tested)
    return NumberAxis(fact, first, _regions(definition, tests, signature), known)


def _of_each(values: Iterable[T], signature: Callable[[T], Any], most: int) -> list[T]:
    """At most so many values of each class between which no test distinguishes."""
    classes: dict[Any, list[T]] = {}
    for value in values:
        classes.setdefault(signature(value), []).append(value)
    chosen = {v for members in classes.values() for v in members[:most]}
    return [v for v in values if v in chosen]


def _regions(
    definition: FactDefinition, tests: Sequence[Tree], signature: Callable[[Value], tuple[Answer, ...]]
) -> list[tuple[Interval, float]]:
    """The regions of a number from 0 on, neighbours that no test tells apart joined, each with a number in it."""
    bounds = ("above", "at-least", "below", "up-to")
    cuts = sorted({float(leaf[b]) for leaf in tests for b in bounds if b in leaf})
    single: list[tuple[Interval, float]]
    if definition.type == "integer":
        last = ceil(max(cuts, default=0)) + 1
        single = [(Interval(n, n), float(n)) for n in range(last)]
        single.append((Interval(last, inf), float(last)))
    else:
        single = []
        before, before_open = 0.0, False
        for cut in (c for c in cuts if c >= 0):
            if cut > before:
                single.append((Interval(before, cut, before_open, True), (before + cut) / 2))
            single.append((Interval(cut, cut), cut))
            before, before_open = cut, True
        single.append((Interval(before, inf, before_open), before + 1))
    joined: list[tuple[Interval, float]] = []
    for region, stands in single:
        if joined and signature(Interval(stands, stands)) == signature(_point(joined[-1][1])):
            start, number = joined[-1]
            joined[-1] = (Interval(start.low, region.high, start.low_open, region.high_open), number)
        else:
            joined.append((region, stands))
    return joined


def _point(number: float) -> Interval:
    return Interval(number, number)

"""The axis of a number: the run of neighbouring regions in which it lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, inf

from ..case.fact import Interval, Value
from ..case.vocabulary import FactDefinition
from .answer import Answer
from .axis import Axis, Point, Tree, Variable
from .criteria import Test
from .diagram import Diagram, Diagrams, Step


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


def regions_of(
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

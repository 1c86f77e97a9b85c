"""Partial knowledge as hypothesis draws it: what may still be true, and any way in which it may turn out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf

from hypothesis import strategies as st

from cds_service.case.fact import Choice, Interval, Members, Scalar, Value


def choices(values: Sequence[Scalar]) -> st.SearchStrategy[Value]:
    """Any of the values may still be possible, at least one is."""
    return st.sets(st.sampled_from(list(values)), min_size=1).map(lambda v: Choice(frozenset(v)))


def memberships(values: Sequence[str], open_too: bool = True) -> st.SearchStrategy[Value]:
    """Each value is in the set, not in it, or open."""
    states = ("in", "out", "open") if open_too else ("in", "out")
    return st.tuples(*(st.sampled_from(states) for _ in values)).map(
        lambda drawn: Members(
            frozenset(v for v, s in zip(values, drawn, strict=True) if s == "in"),
            frozenset(v for v, s in zip(values, drawn, strict=True) if s == "open"),
        )
    )


@st.composite
def intervals(draw: st.DrawFn, marks: Sequence[float]) -> Value:
    """An interval that holds at least one number, its ends at the marks, open or closed, or without end."""
    low, high = sorted((draw(st.sampled_from([0.0, *marks])), draw(st.sampled_from([*marks, inf]))))
    if low == high:
        return Interval(low, high)
    return Interval(low, high, draw(st.booleans()), high == inf or draw(st.booleans()))


def inside(value: Interval, number: float) -> bool:
    """Whether a number lies in an interval."""
    above = number > value.low or (number == value.low and not value.low_open)
    return above and (number < value.high or (number == value.high and not value.high_open))


def numbers_in(value: Interval, marks: Iterable[float]) -> list[float]:
    """Numbers of an interval: those of the marks in it, one between any two of them, one beyond them all."""
    ends = sorted({value.low, *(m for m in marks if inside(value, m)), min(value.high, 1000.0)})
    between = [(one + other) / 2 for one, other in pairwise(ends)]
    return [n for n in [*ends, *between] if inside(value, n)]


@st.composite
def known(draw: st.DrawFn, value: Value, marks: Sequence[float] = ()) -> Value:
    """Any one completion of a value."""
    if isinstance(value, Choice):
        return Choice(frozenset({draw(st.sampled_from(sorted(value.possible, key=str)))}))
    if isinstance(value, Members):
        found = draw(st.sets(st.sampled_from(sorted(value.unknown)))) if value.unknown else set()
        return Members(value.present | found)
    number = draw(st.sampled_from(numbers_in(value, marks)))
    return Interval(number, number)


@st.composite
def narrowed(draw: st.DrawFn, value: Value, marks: Sequence[float] = ()) -> Value:
    """The value with some of what was open settled, perhaps all, perhaps nothing."""
    if isinstance(value, Choice):
        left = draw(st.sets(st.sampled_from(sorted(value.possible, key=str)), min_size=1))
        return Choice(frozenset(left))
    if isinstance(value, Members):
        states = [(m, draw(st.sampled_from(("in", "out", "open")))) for m in sorted(value.unknown)]
        return Members(
            value.present | {m for m, s in states if s == "in"},
            frozenset(m for m, s in states if s == "open"),
        )
    return draw(st.one_of(st.just(value), known(value, marks)))


def completions(value: Value, marks: Sequence[float] = ()) -> list[Value]:
    """Completions that a one-fact test may tell apart; of a set those with at most one more member."""
    if isinstance(value, Choice):
        return [Choice(frozenset({v})) for v in sorted(value.possible, key=str)]
    if isinstance(value, Members):
        more = sorted(value.unknown)
        return [Members(value.present), *(Members(value.present | {m}) for m in more)]
    return [Interval(n, n) for n in numbers_in(value, marks)]

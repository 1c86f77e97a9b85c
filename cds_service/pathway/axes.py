"""Axes of a grid: the states in which a record may leave one fact, as far as tests can tell them apart.

- A code or boolean: any non-empty set of the classes of values between which no test distinguishes, so that
  forty sites shrink to the few classes that matter.
- A number: any run of neighbouring regions; a region is a cut point or what lies between two of them.
- A set: each class of members is in it, not in it, or open.

A fact is *settled* at a point when nothing of it that a test asks for is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from ..case.fact import Choice, Members, Scalar, Value
from ..case.vocabulary import FactDefinition, Vocabulary
from .answer import Answer
from .axis import Axis, Tree
from .choice_axis import ChoiceAxis
from .criteria import compile_criterion
from .number_axis import NumberAxis, regions_of
from .set_axis import SetAxis

T = TypeVar("T", bound=Scalar)


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
    return NumberAxis(fact, first, regions_of(definition, tests, signature), known)


def _of_each(values: Iterable[T], signature: Callable[[T], Any], most: int) -> list[T]:
    """At most so many values of each class between which no test distinguishes."""
    classes: dict[Any, list[T]] = {}
    for value in values:
        classes.setdefault(signature(value), []).append(value)
    chosen = {v for members in classes.values() for v in members[:most]}
    return [v for v in values if v in chosen]

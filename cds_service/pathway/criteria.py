"""Criteria: one-fact tests and closed trees of them, compiled once to functions of a case's values.

A tree is `{all: [...]}`, `{any: [...]}`, `{not: ...}`, `{always: true}`, a one-fact test
(`{fact: tumour-size-cm, above: 2, up-to: 5}`), or one of two tests that are definite about knowledge itself:
`{stated: tree}` (met only if the tree is met for certain) and `{known: fact}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from ..case.fact import Interval, Scalar, Value
from ..case.vocabulary import Vocabulary
from .answer import Answer
from .generated import answer_of, facts_in, made_when_called, needs_of, wanted_by

Values = Mapping[str, Value]
Test = Callable[[Values], Answer]
Needs = Callable[[Values], frozenset[str]]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Criterion:
    """A tree of which functions are made.

    `test(values)` answers it. `needs(values)` names the unknown facts that could still change the answer, those
    that `stated` and `known` ask about included: such a test answers no while the fact is unknown. Each is compiled
    when it is first called. `facts` is every fact in the tree, `tree` the tree as it was authored.
    """

    tree: Mapping[str, Any] = field(hash=False, repr=False)
    facts: frozenset[str]
    test: Test = field(init=False, compare=False, repr=False)
    needs: Needs = field(init=False, compare=False, repr=False)


def compile_criterion(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Criterion:
    """The criterion of a tree that the knowledge schema accepted."""
    criterion = Criterion(tree, facts_of(tree))
    made_when_called(criterion, "test", lambda: answer_of(tree, vocabulary))
    made_when_called(criterion, "needs", lambda: needs_of(tree, vocabulary))
    return criterion


def facts_of(tree: Mapping[str, Any]) -> frozenset[str]:
    """Every fact that a tree names."""
    return frozenset(facts_in(tree))


def leaves(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every one-fact test in a tree."""
    if "fact" in tree:
        return [tree]
    if "not" in tree or "stated" in tree:
        return leaves(tree.get("not", tree.get("stated")))
    return [leaf for child in tree.get("all", tree.get("any", ())) for leaf in leaves(child)]


def cut_points(trees: Iterable[Mapping[str, Any]]) -> Mapping[str, set[float]]:
    """By fact, every number that the trees compare it with; no entry for a fact without one."""
    found: dict[str, set[float]] = {}
    for leaf in (leaf for tree in trees for leaf in leaves(tree)):
        for bound in ("above", "at-least", "below", "up-to"):
            if bound in leaf:
                found.setdefault(leaf["fact"], set()).add(float(leaf[bound]))
    return found


def kinds(trees: Iterable[Mapping[str, Any]]) -> Mapping[str, Mapping[Scalar, int]]:
    """By fact, for every code or member that the trees name, a number: the same for those between which no tree tells.
    A value that none of them names is of a kind of its own, 0."""
    asked: dict[str, dict[frozenset[Scalar], None]] = {}
    for leaf in (leaf for tree in trees for leaf in leaves(tree)):
        if wanted := wanted_by(leaf):
            asked.setdefault(leaf["fact"], {})[wanted] = None
    return {fact: _kinds(tuple(sets)) for fact, sets in asked.items()}


def _kinds(sets: Sequence[frozenset[Scalar]]) -> Mapping[Scalar, int]:
    numbers: dict[tuple[bool, ...], int] = {}
    return {
        value: numbers.setdefault(tuple([value in wanted for wanted in sets]), len(numbers) + 1)
        for value in frozenset[Scalar]().union(*sets)
    }


def regions(value: Interval, cuts: Iterable[float]) -> Iterator[Interval]:
    """The parts of an interval that the cut points tell apart, in order: its ends, the cuts, the gaps between."""
    inside = [c for c in sorted(cuts) if value.low < c < value.high]
    bounds = [value.low, *inside, value.high]
    if value.low == value.high:
        yield value
        return
    for low, high in pairwise(bounds):
        if low != value.low or not value.low_open:
            yield Interval(low, low)
        yield Interval(low, high, low_open=True, high_open=True)
    if value.high < inf and not value.high_open:
        yield Interval(value.high, value.high)

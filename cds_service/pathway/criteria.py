"""Criteria: one-fact tests and closed trees of them, compiled once to closures over a case's values.

A tree is `{all: [...]}`, `{any: [...]}`, `{not: ...}`, `{always: true}`, a one-fact test
(`{fact: tumour-size-cm, above: 2, up-to: 5}`), or one of two tests that are definite about knowledge itself:
`{stated: tree}` (met only if the tree is met for certain) and `{known: fact}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from ..case.fact import Interval, Members, Scalar, Value
from ..case.vocabulary import Vocabulary
from .answer import Answer

Values = Mapping[str, Value]
Test = Callable[[Values], Answer]
Needs = Callable[[Values], frozenset[str]]
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Criterion:
    """A compiled tree.

    `test(values)` answers it. `needs(values)` names the unknown facts that could still change the answer, those
    that `stated` and `known` ask about included: such a test answers no while the fact is unknown. `facts` is
    every fact in the tree, `tree` the tree as it was authored.
    """

    test: Test
    needs: Needs
    facts: frozenset[str]
    tree: Mapping[str, Any] = field(compare=False, repr=False)


def compile_criterion(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Criterion:
    """Compile a tree that the knowledge schema accepted."""
    return Criterion(
        test=_test(tree, vocabulary),
        needs=_open(tree, vocabulary)[1],
        facts=facts_of(tree),
        tree=tree,
    )


def facts_of(tree: Mapping[str, Any]) -> frozenset[str]:
    """Every fact that a tree names."""
    if "fact" in tree:
        return frozenset({tree["fact"]})
    if "known" in tree:
        return frozenset({tree["known"]})
    if "always" in tree:
        return NOTHING
    if "not" in tree or "stated" in tree:
        return facts_of(tree.get("not", tree.get("stated")))
    return frozenset().union(*(facts_of(child) for child in tree.get("all", tree.get("any", ()))))


def leaves(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every one-fact test in a tree."""
    if "fact" in tree:
        return [tree]
    if "not" in tree or "stated" in tree:
        return leaves(tree.get("not", tree.get("stated")))
    return [leaf for child in tree.get("all", tree.get("any", ())) for leaf in leaves(child)]


def _test(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Test:
    """The closure of a tree."""
    if "fact" in tree:
        return _leaf(tree, vocabulary)
    if "always" in tree:
        return lambda values: True
    if "known" in tree:
        fact = tree["known"]
        return lambda values: values[fact].known
    if "not" in tree:
        return _not(_test(tree["not"], vocabulary))
    if "stated" in tree:
        child = _test(tree["stated"], vocabulary)
        return lambda values: child(values) is True
    children = tuple(_test(c, vocabulary) for c in tree.get("all", tree.get("any", ())))
    return _joined(tree, children)


def _open(tree: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Test, Needs]:
    """The closure of a tree that leaves open what `stated` and `known` settle, and the one that names the facts
    on which that hangs."""
    if "fact" in tree or "known" in tree:
        return _open_fact(tree, vocabulary)
    if "always" in tree:
        return (lambda values: True), (lambda values: NOTHING)
    if "not" in tree:
        child, needs_of_child = _open(tree["not"], vocabulary)
        return _not(child), needs_of_child
    if "stated" in tree:
        return _open(tree["stated"], vocabulary)
    pairs = [_open(c, vocabulary) for c in tree.get("all", tree.get("any", ()))]
    children = tuple(test for test, _ in pairs)
    children_need = tuple(needs for _, needs in pairs)
    together = _joined(tree, children)

    def needs(values: Values) -> frozenset[str]:
        return NOTHING.union(*(n(values) for n in children_need)) if together(values) is None else NOTHING

    return together, needs


def _open_fact(tree: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Test, Needs]:
    named = facts_of(tree)
    if "fact" in tree:
        test = _leaf(tree, vocabulary)
    else:
        fact = tree["known"]

        def test(values: Values) -> Answer:
            return True if values[fact].known else None

    return test, lambda values: named if test(values) is None else NOTHING


def _not(child: Test) -> Test:
    return lambda values: None if (answer := child(values)) is None else not answer


def _joined(tree: Mapping[str, Any], children: tuple[Test, ...]) -> Test:
    """`every` or `some` of `answer` over the children, without a generator: no loop runs more often."""
    decides = "all" not in tree

    def test(values: Values) -> Answer:
        result: Answer = not decides
        for child in children:
            answer = child(values)
            if answer is decides:
                return answer
            if answer is None:
                result = None
        return result

    return test


def _leaf(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Test:
    fact = tree["fact"]
    kind = vocabulary[fact].type
    if kind == "codes":
        return _members_test(fact, tree)
    if kind in ("code", "boolean"):
        return _choice_test(fact, frozenset(tree["in"]) if "in" in tree else frozenset({tree["is"]}))
    return _interval_test(fact, tree)


def _choice_test(fact: str, wanted: frozenset[Scalar]) -> Test:
    def test(values: Values) -> Answer:
        possible = values[fact].possible  # type: ignore[union-attr]
        if possible <= wanted:
            return True
        return False if possible.isdisjoint(wanted) else None

    return test


def _members_test(fact: str, tree: Mapping[str, Any]) -> Test:
    wanted = frozenset({tree["has"]} if "has" in tree else tree.get("has-any", tree.get("has-none", ())))
    negate = "has-none" in tree

    def test(values: Values) -> Answer:
        members: Members = values[fact]  # type: ignore[assignment]
        if not members.present.isdisjoint(wanted):
            return not negate
        return negate if members.unknown.isdisjoint(wanted) else None

    return test


def _interval_test(fact: str, tree: Mapping[str, Any]) -> Test:
    low = tree.get("above", tree.get("at-least"))
    high = tree.get("below", tree.get("up-to"))
    low_open, high_open = "above" in tree, "below" in tree

    def test(values: Values) -> Answer:
        value: Interval = values[fact]  # type: ignore[assignment]
        inside: Answer = True
        if low is not None:
            if value.high < low or (value.high == low and (low_open or value.high_open)):
                return False
            if value.low < low or (value.low == low and low_open and not value.low_open):
                inside = None
        if high is not None:
            if value.low > high or (value.low == high and (high_open or value.low_open)):
                return False
            if value.high > high or (value.high == high and high_open and not value.high_open):
                inside = None
        return inside

    return test


def cut_points(trees: Iterable[Mapping[str, Any]]) -> Mapping[str, set[float]]:
    """By fact, every number that the trees compare it with; no entry for a fact without one."""
    found: dict[str, set[float]] = {}
    for leaf in (leaf for tree in trees for leaf in leaves(tree)):
        for bound in ("above", "at-least", "below", "up-to"):
            if bound in leaf:
                found.setdefault(leaf["fact"], set()).add(float(leaf[bound]))
    return found


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

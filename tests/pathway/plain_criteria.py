"""The plain form of the criteria that `pathway/generated.py` writes as text: closures, one a part of the tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cds_service.case.fact import Choice, Interval, Members, Scalar
from cds_service.case.vocabulary import Vocabulary
from cds_service.pathway.answer import Answer, every, some
from cds_service.pathway.criteria import NOTHING, Values, facts_of

Test = Callable[[Values], Answer]
Needs = Callable[[Values], frozenset[str]]


def answer_of(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Test:
    """The closure of a tree."""
    if "fact" in tree:
        return _leaf(tree, vocabulary)
    if "always" in tree:
        return lambda values: True
    if "known" in tree:
        fact = tree["known"]
        return lambda values: values[fact].known
    if "not" in tree:
        return _not(answer_of(tree["not"], vocabulary))
    if "stated" in tree:
        child = answer_of(tree["stated"], vocabulary)
        return lambda values: child(values) is True
    children = tuple(answer_of(c, vocabulary) for c in tree.get("all", tree.get("any", ())))
    return _joined(tree, children)


def needs_of(tree: Mapping[str, Any], vocabulary: Vocabulary) -> Needs:
    """The closure that names the unknown facts which could still change the answer."""
    return _open(tree, vocabulary)[1]


def results_of(
    rows: Sequence[tuple[Mapping[str, Any], frozenset[Scalar]]], values: Values, vocabulary: Vocabulary
) -> Choice:
    """The results of every row that is met or may be met, up to the first that is met."""
    possible: frozenset[Scalar] = frozenset()
    for tree, results in rows:
        answer = answer_of(tree, vocabulary)(values)
        if answer is True:
            return Choice(results)
        if answer is None:
            possible |= results
    return Choice(possible)


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
    join = every if "all" in tree else some
    return lambda values: join(child(values) for child in children)


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

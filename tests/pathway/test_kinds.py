"""Values between which no criterion tells are of one kind, and all others are told apart."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Members, Scalar, Value
from cds_service.pathway.criteria import compile_criterion, kinds, leaves

from .criterion_trees import TREES, VOCABULARY


def made(fact: str) -> list[tuple[Scalar, Value]]:
    """Each value of a fact by itself, and what stands for it in a case."""
    definition = VOCABULARY[fact]
    if definition.type == "boolean":
        return [(truth, Choice(frozenset({truth}))) for truth in (True, False)]
    if definition.type == "code":
        return [(code, Choice(frozenset({code}))) for code in definition.values]
    return [(code, Members(frozenset({code}))) for code in definition.values]


@settings(max_examples=40, deadline=None)
@given(trees=st.lists(TREES, max_size=4))
def test_only_what_every_test_answers_alike_is_of_one_kind(trees: list[dict[str, Any]]) -> None:
    found = kinds(trees)
    for fact in (f for f in VOCABULARY if VOCABULARY[f].type in ("code", "boolean", "codes")):
        tests = [
            compile_criterion(leaf, VOCABULARY).test
            for t in trees
            for leaf in leaves(t)
            if leaf["fact"] == fact
        ]
        of = found.get(fact, {})
        for (one, first), (other, second) in combinations(made(fact), 2):
            alike = all(test({fact: first}) is test({fact: second}) for test in tests)
            assert (of.get(one, 0) == of.get(other, 0)) is alike, (fact, one, other)


@settings(max_examples=40, deadline=None)
@given(trees=st.lists(TREES, max_size=4))
def test_members_of_one_kind_are_answered_alike_beside_others_too(trees: list[dict[str, Any]]) -> None:
    found = kinds(trees)
    for fact in (f for f in VOCABULARY if VOCABULARY[f].type == "codes"):
        tests = [
            compile_criterion(leaf, VOCABULARY).test
            for t in trees
            for leaf in leaves(t)
            if leaf["fact"] == fact
        ]
        members, of = sorted(VOCABULARY[fact].values), found.get(fact, {})
        for beside, one, other in product(members, repeat=3):
            if of.get(one, 0) == of.get(other, 0):
                first, second = (Members(frozenset({beside, member})) for member in (one, other))
                assert all(test({fact: first}) is test({fact: second}) for test in tests)

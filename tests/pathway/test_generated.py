"""The functions that are generated from criteria and tables say what the plain forms say, and are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Interval, Members, Scalar, Value
from cds_service.pathway.criteria import compile_criterion
from cds_service.pathway.generated import made_when_called, results_of

from . import plain_criteria
from .criterion_trees import COLOURS, KNOWING, PARTIAL, VOCABULARY


@given(tree=KNOWING, facts=PARTIAL)
def test_the_generated_function_answers_as_the_plain_closures(
    tree: Mapping[str, Any], facts: Mapping[str, Value]
) -> None:
    found = compile_criterion(tree, VOCABULARY)

    assert found.test(facts) is plain_criteria.answer_of(tree, VOCABULARY)(facts)
    assert found.needs(facts) == plain_criteria.needs_of(tree, VOCABULARY)(facts)


@given(
    rows=st.lists(st.tuples(KNOWING, st.frozensets(st.sampled_from(COLOURS), min_size=1)), max_size=4),
    facts=PARTIAL,
)
def test_a_generated_table_gives_what_its_rows_give_one_by_one(
    rows: list[tuple[Mapping[str, Any], frozenset[Scalar]]], facts: Mapping[str, Value]
) -> None:
    assert results_of(rows, VOCABULARY)(facts) == plain_criteria.results_of(rows, facts, VOCABULARY)


@pytest.mark.parametrize("nothing", [Choice(frozenset()), Interval(5, 5, True, True), Interval(5, 5, True)])
def test_of_no_possible_value_the_generated_function_says_what_the_closures_say(nothing: Value) -> None:
    fact = "colour" if isinstance(nothing, Choice) else "size"
    bounds = product(("above", "at-least", "below", "up-to"), (4, 5, 6))
    leaves = [{"fact": fact, "is": "red"}] if fact == "colour" else [{"fact": fact, k: n} for k, n in bounds]
    for leaf in leaves:
        for tree in (leaf, {"not": leaf}, {"all": [{"not": leaf}, leaf]}):
            found = compile_criterion(tree, VOCABULARY).test({fact: nothing})
            assert found is plain_criteria.answer_of(tree, VOCABULARY)({fact: nothing})


def test_a_criterion_is_the_same_before_and_after_its_functions_are_made() -> None:
    tree = {"any": [{"fact": "flag", "is": True}, {"fact": "parts", "has": "a"}]}
    values: dict[str, Value] = {
        "flag": Choice(frozenset({False})),
        "parts": Members(frozenset(), frozenset("a")),
    }
    one, other = compile_criterion(tree, VOCABULARY), compile_criterion(dict(tree), VOCABULARY)
    before, unmade = hash(one), one.test
    assert (one.test(values), one.needs(values)) == (None, frozenset({"parts"}))
    assert one.test is not unmade
    # who held on to what stood there is answered alike
    assert unmade(values) is None
    assert (hash(one), one) == (before, other)
    assert one != compile_criterion({"all": tree["any"]}, VOCABULARY)


def test_what_is_made_when_called_is_made_once_even_for_whoever_kept_what_stood_there() -> None:
    made = 0

    class Owner:
        test: Callable[[Mapping[str, Value]], object]

    def make() -> Callable[[Mapping[str, Value]], object]:
        nonlocal made
        made += 1
        return len

    owner = Owner()
    made_when_called(owner, "test", make)
    kept = owner.test
    assert [kept({}), kept({}), owner.test({}), kept({})] == [0] * 4
    assert made == 1

"""Criteria are strong-Kleene and sound: what is answered for certain stays so however the facts turn out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.pathway.answer import Answer, every, some, state
from cds_service.pathway.criteria import NOTHING, compile_criterion

from . import possible
from .criterion_trees import COLOURS, LEAVES, MARKS, PARTIAL, TREES, VOCABULARY, holds


def answer(tree: Mapping[str, Any], facts: Mapping[str, Value]) -> Answer:
    return compile_criterion(tree, VOCABULARY).test(facts)


def needs(tree: Mapping[str, Any], facts: Mapping[str, Value]) -> frozenset[str]:
    return compile_criterion(tree, VOCABULARY).needs(facts)


def completed(data: st.DataObject, facts: Mapping[str, Value]) -> dict[str, Value]:
    return {name: data.draw(possible.known(value, MARKS), label=name) for name, value in facts.items()}


@given(tree=TREES, facts=PARTIAL, data=st.data())
def test_a_definite_answer_is_the_truth_in_every_completion(
    tree: Mapping[str, Any], facts: Mapping[str, Value], data: st.DataObject
) -> None:
    found = answer(tree, facts)
    truth = holds(tree, completed(data, facts))

    assert found is None or found is truth


@given(tree=TREES, facts=PARTIAL, data=st.data())
def test_known_facts_are_always_answered_with_the_truth(
    tree: Mapping[str, Any], facts: Mapping[str, Value], data: st.DataObject
) -> None:
    whole = completed(data, facts)

    assert answer(tree, whole) is holds(tree, whole)


@given(tree=TREES, facts=PARTIAL, data=st.data())
def test_a_definite_answer_never_changes_as_facts_become_known(
    tree: Mapping[str, Any], facts: Mapping[str, Value], data: st.DataObject
) -> None:
    found = answer(tree, facts)
    later = {name: data.draw(possible.narrowed(value, MARKS), label=name) for name, value in facts.items()}

    assert found is None or answer(tree, later) is found


@given(leaf=LEAVES, facts=PARTIAL)
def test_a_one_fact_test_is_unknown_only_if_the_fact_may_turn_out_both_ways(
    leaf: Mapping[str, Any], facts: Mapping[str, Value]
) -> None:
    if "always" in leaf:
        ways = {True}
    else:
        value = facts[leaf["fact"]]
        ways = {holds(leaf, {leaf["fact"]: v}) for v in possible.completions(value, MARKS)}

    assert answer(leaf, facts) is (None if len(ways) == 2 else next(iter(ways)))


@given(tree=TREES, facts=PARTIAL, data=st.data())
def test_knowing_all_that_is_needed_makes_the_answer_definite(
    tree: Mapping[str, Any], facts: Mapping[str, Value], data: st.DataObject
) -> None:
    needed = needs(tree, facts)
    later = {
        name: data.draw(possible.known(value, MARKS), label=name) if name in needed else value
        for name, value in facts.items()
    }

    assert answer(tree, later) is not None
    assert needs(tree, later) == NOTHING


@given(tree=TREES, facts=PARTIAL, data=st.data())
def test_a_fact_that_is_not_needed_changes_nothing(
    tree: Mapping[str, Any], facts: Mapping[str, Value], data: st.DataObject
) -> None:
    needed = needs(tree, facts)
    later = {
        name: value if name in needed else data.draw(possible.known(value, MARKS), label=name)
        for name, value in facts.items()
    }

    assert answer(tree, later) is answer(tree, facts)


@given(tree=TREES, facts=PARTIAL)
def test_something_is_needed_exactly_while_the_answer_is_unknown_and_only_open_facts(
    tree: Mapping[str, Any], facts: Mapping[str, Value]
) -> None:
    needed = needs(tree, facts)

    assert bool(needed) is (answer(tree, facts) is None)
    assert all(not facts[name].settled for name in needed)


@pytest.mark.parametrize("one", [True, None, False])
@pytest.mark.parametrize("other", [True, None, False])
def test_and_is_the_least_and_or_the_greatest_of_no_unknown_yes(one: Answer, other: Answer) -> None:
    """The strong-Kleene tables: false < unknown < true."""
    order: list[Answer] = [False, None, True]
    ranks = sorted((order.index(one), order.index(other)))

    assert every([one, other]) is order[ranks[0]]
    assert some([one, other]) is order[ranks[1]]


def test_not_of_unknown_is_unknown() -> None:
    facts: dict[str, Value] = {"flag": Choice(frozenset({True, False}))}

    assert answer({"not": {"fact": "flag", "is": True}}, facts) is None
    # the classic trap: "neither red nor flagged" about facts that nobody recorded
    facts["colour"] = Choice(frozenset(COLOURS))
    neither = {"not": {"any": [{"fact": "colour", "is": "red"}, {"fact": "flag", "is": True}]}}
    assert answer(neither, facts) is None
    assert needs(neither, facts) == {"colour", "flag"}


def test_the_words_for_the_three_answers() -> None:
    assert [state(a) for a in (True, False, None)] == ["met", "not-met", "unknown"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (Interval(5, 5), True),
        (Interval(5, 9, low_open=True), False),
        (Interval(5, 9), None),
        (Interval(2, 5), None),
        (Interval(2, 5, low_open=True), True),
        (Interval(0, 2), False),
        (Interval(0, 2, high_open=True), False),
        (Interval(0, 3), None),
        (Interval(), None),
    ],
    ids=str,
)
def test_above_2_up_to_5_at_its_edges(size: Interval, expected: Answer) -> None:
    assert answer({"fact": "size", "above": 2, "up-to": 5}, {"size": size}) is expected


@given(tree=TREES, facts=PARTIAL)
def test_stated_is_met_only_if_its_tree_is_met_for_certain_and_is_never_unknown(
    tree: Mapping[str, Any], facts: Mapping[str, Value]
) -> None:
    assert answer({"stated": tree}, facts) is (answer(tree, facts) is True)


@given(tree=TREES, facts=PARTIAL)
def test_what_stated_hides_is_still_named_as_needed(
    tree: Mapping[str, Any], facts: Mapping[str, Value]
) -> None:
    """A definite answer about knowledge itself may yet change: the clinician must be told by what."""
    assert needs({"stated": tree}, facts) == needs(tree, facts)
    assert needs({"not": {"stated": tree}}, facts) == needs(tree, facts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Choice(frozenset({"red"})), True),
        (Choice(frozenset({"red", "blue"})), False),
    ],
)
def test_known_asks_whether_a_code_is_known(value: Value, expected: bool) -> None:
    facts = {"colour": value}

    assert answer({"known": "colour"}, facts) is expected
    assert answer({"not": {"known": "colour"}}, facts) is not expected
    assert needs({"known": "colour"}, facts) == (NOTHING if expected else {"colour"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Members(frozenset({"a"}), frozenset({"b"})), True),
        (Members(frozenset()), True),
        (Members(frozenset(), frozenset({"b"})), False),
    ],
)
def test_a_set_is_known_once_a_member_is_found_or_nothing_is_open(value: Value, expected: bool) -> None:
    assert answer({"known": "parts"}, {"parts": value}) is expected


def test_a_set_test_waits_only_for_the_members_it_names() -> None:
    """`has-none: [a]` is answered although nothing is known of b."""
    parts = Members(frozenset({"c"}), frozenset({"b"}))

    tests: list[tuple[dict[str, Any], Answer]] = [
        ({"has-none": ["a"]}, True),
        ({"has-none": ["a", "b"]}, None),
        ({"has-none": ["b", "c"]}, False),
        ({"has": "b"}, None),
        ({"has-any": ["b", "c"]}, True),
        ({"has": "a"}, False),
    ]
    for test, expected in tests:
        assert answer({"fact": "parts", **test}, {"parts": parts}) is expected, test


def test_every_combination_of_three_small_facts_is_sound() -> None:
    """Not sampled: all partial states of a tree in which the same fact stands twice."""
    tree = {
        "any": [
            {"all": [{"fact": "colour", "is": "red"}, {"fact": "flag", "is": True}]},
            {"all": [{"not": {"fact": "colour", "is": "red"}}, {"fact": "parts", "has": "a"}]},
        ]
    }
    colours = [Choice(frozenset(c)) for c in ({"red"}, {"blue"}, {"red", "blue"})]
    flags = [Choice(frozenset(f)) for f in ({True}, {False}, {True, False})]
    parts = [Members(frozenset({"a"})), Members(frozenset()), Members(frozenset(), frozenset({"a"}))]
    for colour, flag, part in product(colours, flags, parts):
        facts: dict[str, Value] = {"colour": colour, "flag": flag, "parts": part}
        ways = {
            holds(tree, {"colour": c, "flag": f, "parts": p})
            for c, f, p in product(*(possible.completions(v) for v in facts.values()))
        }
        found = answer(tree, facts)
        assert found is None or ways == {found}, facts

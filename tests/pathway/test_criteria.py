"""Criteria are strong-Kleene and sound: what is answered for certain stays so however the facts turn out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Interval, Members, Scalar, Value
from cds_service.case.vocabulary import read_vocabulary
from cds_service.pathway.answer import Answer, every, some, state
from cds_service.pathway.criteria import NOTHING, compile_criterion
from cds_service.pathway.generated import made_when_called, results_of

from . import plain_criteria, possible

COLOURS = ("red", "green", "blue")
PARTS = ("a", "b", "c", "d")
MARKS = (2.0, 5.0, 10.0)
VOCABULARY = read_vocabulary(
    {
        "facts": [
            {"fact": "colour", "type": "code", "values": list(COLOURS), "because": "a code"},
            {"fact": "flag", "type": "boolean", "because": "a yes or no"},
            {"fact": "size", "type": "quantity", "unit": "cm", "because": "a number"},
            {"fact": "parts", "type": "codes", "values": list(PARTS), "because": "a set"},
        ]
    },
    queries=(),
)
PARTIAL = st.fixed_dictionaries(
    {
        "colour": possible.choices(COLOURS),
        "flag": possible.choices((True, False)),
        "size": possible.intervals(MARKS),
        "parts": possible.memberships(PARTS),
    }
)
BOUNDS = st.tuples(
    st.sampled_from(("above", "at-least", None)),
    st.sampled_from(("below", "up-to", None)),
    st.sampled_from(MARKS),
    st.sampled_from(MARKS),
).filter(lambda b: (b[0] is not None or b[1] is not None) and (None in b or b[2] < b[3]))


def _number_test(bounds: tuple[str | None, str | None, float, float]) -> dict[str, Any]:
    lower, upper, low, high = bounds
    tree: dict[str, Any] = {"fact": "size"}
    return tree | ({lower: low} if lower else {}) | ({upper: high} if upper else {})


def _some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda v: {"fact": "colour", "is": v}, st.sampled_from(COLOURS)),
    st.builds(lambda v: {"fact": "colour", "in": v}, _some(COLOURS)),
    st.builds(lambda v: {"fact": "flag", "is": v}, st.booleans()),
    st.builds(_number_test, BOUNDS),
    st.builds(lambda v: {"fact": "parts", "has": v}, st.sampled_from(PARTS)),
    st.builds(lambda k, v: {"fact": "parts", k: v}, st.sampled_from(("has-any", "has-none")), _some(PARTS)),
    st.just({"always": True}),
)
TREES = st.recursive(
    LEAVES,
    lambda child: st.one_of(
        st.builds(lambda c: {"not": c}, child),
        st.builds(
            lambda k, c: {k: c}, st.sampled_from(("all", "any")), st.lists(child, min_size=1, max_size=3)
        ),
    ),
    max_leaves=8,
)


def holds(tree: Mapping[str, Any], facts: Mapping[str, Value]) -> bool:
    """Ordinary two-valued truth of a tree about known facts, worked out independently of the engine."""
    if "always" in tree:
        return True
    if "not" in tree:
        return not holds(tree["not"], facts)
    if "all" in tree:
        return all(holds(child, facts) for child in tree["all"])
    if "any" in tree:
        return any(holds(child, facts) for child in tree["any"])
    value = facts[tree["fact"]]
    if isinstance(value, Choice):
        (only,) = value.possible
        return only in tree["in"] if "in" in tree else only == tree["is"]
    if isinstance(value, Members):
        if "has" in tree:
            return tree["has"] in value.present
        if "has-any" in tree:
            return any(m in value.present for m in tree["has-any"])
        return all(m not in value.present for m in tree["has-none"])
    number = value.low
    return (
        number > tree.get("above", -1)
        and number >= tree.get("at-least", -1)
        and number < tree.get("below", 1e9)
        and number <= tree.get("up-to", 1e9)
    )


KNOWING = st.recursive(
    TREES,
    lambda child: st.one_of(
        st.builds(lambda c: {"not": c}, child),
        st.builds(lambda c: {"stated": c}, child),
        st.builds(lambda f: {"known": f}, st.sampled_from(tuple(VOCABULARY))),
        st.builds(
            lambda k, c: {k: c}, st.sampled_from(("all", "any")), st.lists(child, min_size=1, max_size=3)
        ),
    ),
    max_leaves=6,
)


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

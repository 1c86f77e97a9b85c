"""Exported criteria in another implementation's FHIRPath: three answers, whatever the tree and the values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Interval, Value
from cds_service.case.vocabulary import read_vocabulary
from cds_service.export.case_bundle import case_bundle
from cds_service.export.fhirpath import render
from cds_service.pathway.answer import Answer

from ..pathway.criterion_trees import COLOURS, FACTS, MARKS, PARTS
from ..pathway.possible import choices, intervals, memberships
from .second_opinion import assert_same_answer, compiled

EMPTY = "{}"


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        *((f"{a} and {b}", r) for a, b, r in (
            ("true", EMPTY, None), (EMPTY, "true", None), ("false", EMPTY, False), (EMPTY, "false", False),
            (EMPTY, EMPTY, None), ("true", "true", True), ("true", "false", False),
        )),
        *((f"{a} or {b}", r) for a, b, r in (
            ("true", EMPTY, True), (EMPTY, "true", True), ("false", EMPTY, None), (EMPTY, "false", None),
            (EMPTY, EMPTY, None), ("false", "false", False), ("true", "false", True),
        )),
        ("({}).not()", None),
        ("(true).not()", False),
        ("(false).not()", True),
        ("iif({}, true, false)", False),
        ("iif(false, true)", None),
        ("iif({}, true, iif(false, false))", None),
    ],
)  # fmt: skip
def test_the_engine_is_three_valued(expression: str, answer: Answer) -> None:
    """On this the comparison rests: if an upgrade of fhirpathpy breaks it, this says where."""
    found = compiled(expression)({"resourceType": "Bundle", "type": "collection"})

    assert (found[0] if found else None) is answer


SCORE = {"fact": "score", "type": "integer", "because": "a whole number"}

VOCABULARY = read_vocabulary({"facts": [*FACTS, SCORE]}, queries=())

PARTIAL = st.fixed_dictionaries(
    {
        "colour": choices(COLOURS),
        "flag": choices((True, False)),
        "size": intervals(MARKS),
        "score": intervals(MARKS),
        "parts": memberships(PARTS),
    }
)


def some_of(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)


def bounds(fact: str) -> st.SearchStrategy[dict[str, Any]]:
    lower, upper = st.sampled_from(("above", "at-least")), st.sampled_from(("below", "up-to"))
    low, high = st.sampled_from(MARKS[:2]), st.just(MARKS[2])
    return st.one_of(
        st.builds(lambda w, n: {"fact": fact, w: n}, st.one_of(lower, upper), st.sampled_from(MARKS)),
        st.builds(lambda w, n, v, m: {"fact": fact, w: n, v: m}, lower, low, upper, high),
    )


LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda v: {"fact": "colour", "is": v}, st.sampled_from(COLOURS)),
    st.builds(lambda v: {"fact": "colour", "in": v}, some_of(COLOURS)),
    st.builds(lambda v: {"fact": "flag", "is": v}, st.booleans()),
    bounds("size"),
    bounds("score"),
    st.builds(lambda v: {"fact": "parts", "has": v}, st.sampled_from(PARTS)),
    st.builds(lambda k, v: {"fact": "parts", k: v}, st.sampled_from(("has-any", "has-none")), some_of(PARTS)),
    st.builds(lambda f: {"known": f}, st.sampled_from(tuple(VOCABULARY))),
    st.just({"always": True}),
)

TREES = st.recursive(
    LEAVES,
    lambda child: st.one_of(
        st.builds(lambda k, c: {k: c}, st.sampled_from(("not", "stated")), child),
        st.builds(
            lambda k, c: {k: c}, st.sampled_from(("all", "any")), st.lists(child, min_size=1, max_size=3)
        ),
    ),
    max_leaves=4,
)


@settings(max_examples=120)
@given(tree=LEAVES, values=PARTIAL)
def test_a_one_fact_test_is_answered_the_same_by_both(
    tree: Mapping[str, Any], values: Mapping[str, Value]
) -> None:
    assert_same_answer(tree, render(tree, VOCABULARY), values, VOCABULARY)


@settings(max_examples=60)
@given(tree=TREES, values=PARTIAL)
def test_any_tree_is_answered_the_same_by_both(tree: Mapping[str, Any], values: Mapping[str, Value]) -> None:
    assert_same_answer(tree, render(tree, VOCABULARY), values, VOCABULARY)


def test_what_does_not_count_is_never_a_no() -> None:
    """Another code system, a code that the fact does not have, another unit: unknown, not "not met"."""
    colour = render({"fact": "colour", "is": "red"}, VOCABULARY)
    size = render({"fact": "size", "above": 5}, VOCABULARY)
    known = case_bundle({"colour": Choice(frozenset({"red"})), "size": Interval(6, 6)}, VOCABULARY)
    first, second = (entry["resource"] for entry in known["entry"])
    assert (compiled(colour)(known), compiled(size)(known)) == ([True], [True])

    first["valueCodeableConcept"]["coding"][0]["code"] = "reddish"
    second["valueQuantity"]["code"] = "mm"
    assert (compiled(colour)(known), compiled(size)(known)) == ([], [])

    first["valueCodeableConcept"]["coding"][0] |= {"code": "green", "system": "http://example.org/colours"}
    second["valueQuantity"] |= {"value": 1, "system": "http://example.org/units"}
    assert (compiled(colour)(known), compiled(size)(known)) == ([], [])


def test_records_that_disagree_leave_the_answer_open() -> None:
    size = render({"fact": "size", "above": 5}, VOCABULARY)
    bundle = case_bundle({"size": Interval(6, 6)}, VOCABULARY)
    other = json.loads(json.dumps(bundle["entry"][0]))
    other["resource"]["valueQuantity"]["value"] = 4
    bundle["entry"].append(other)

    assert compiled(size)(bundle) == []

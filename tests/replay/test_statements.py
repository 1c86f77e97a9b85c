"""Every authored condition is found, named once, and known for what it can answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Choice
from cds_service.loading import KNOWLEDGE, Loaded
from cds_service.pathway.answer import state
from cds_service.pathway.criteria import compile_criterion
from cds_service.replay.statements import parts, possible, statements, terse
from tests.shipped import shipped


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return shipped()


def conditions(content: Any) -> Iterator[Any]:
    if isinstance(content, dict):
        if "when" in content:
            yield content["when"]
        for value in content.values():
            yield from conditions(value)
    elif isinstance(content, list):
        for value in content:
            yield from conditions(value)


def test_every_condition_of_the_authored_files_is_a_statement(loaded: Loaded) -> None:
    authored = sum(len(list(conditions(d.content))) for d in loaded.conditional)
    assert len(list(statements(loaded.conditional))) == authored > 300


def test_no_authored_file_with_a_condition_is_left_out(loaded: Loaded) -> None:
    read = {d.name for d in loaded.conditional}
    for path in KNOWLEDGE.rglob("*.yaml"):
        name = path.relative_to(KNOWLEDGE.parent).as_posix()
        # shared offers are read as part of every pathway that takes them in
        if "/offer_sets/" not in name and any(conditions(yaml.safe_load(path.read_text()))):
            assert name in read


def test_no_two_statements_share_an_address(loaded: Loaded) -> None:
    addresses = [s.address for s in statements(loaded.conditional)]
    assert len(addresses) == len(set(addresses))


def test_a_statement_says_where_it_is_written(loaded: Loaded) -> None:
    for one in statements(loaded.conditional):
        if "/pathways/sts-" in one.file or one.kind == "row":
            continue  # a row has no name; shared offers stand where a pathway takes them in
        lines = (KNOWLEDGE.parent / one.file).read_text().splitlines()
        name = one.address.rpartition(" > ")[2]
        near = "\n".join(lines[one.line - 1 : one.line + 1])
        assert name in near or "when" in near, (one.address, near)


LEAVES = [
    {"fact": "symptomatic", "is": True},
    {"fact": "heart-failure", "is": True},
    {"known": "symptomatic"},
    {"always": True},
]
TREES = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda c: {"all": c}),
        st.lists(inner, min_size=1, max_size=3).map(lambda c: {"any": c}),
        inner.map(lambda c: {"not": c}),
        inner.map(lambda c: {"stated": c}),
    ),
    max_leaves=6,
)
BOOLEANS = [Choice(frozenset(v)) for v in ({True}, {False}, {True, False})]


@given(TREES)
def test_no_case_gets_an_answer_that_the_form_rules_out(tree: Any) -> None:
    test = compile_criterion(tree, shipped().knowledge.vocabulary).test
    for one, other in product(BOOLEANS, BOOLEANS):
        assert state(test({"symptomatic": one, "heart-failure": other})) in possible(tree)


@pytest.mark.parametrize(
    ("tree", "answers"),
    [
        ({"always": True}, {"met"}),
        ({"not": {"always": True}}, {"not-met"}),
        ({"known": "genotype"}, {"met", "not-met"}),
        ({"stated": LEAVES[0]}, {"met", "not-met"}),
        (LEAVES[0], {"met", "not-met", "unknown"}),
        ({"all": [{"always": True}, LEAVES[0]]}, {"met", "not-met", "unknown"}),
        ({"any": [{"always": True}, LEAVES[0]]}, {"met"}),
        ({"all": [{"known": "genotype"}, LEAVES[0]]}, {"met", "not-met", "unknown"}),
    ],
)
def test_what_the_form_of_a_condition_allows(tree: Any, answers: set[str]) -> None:
    assert possible(tree) == answers


def test_the_parts_of_a_tree_with_their_paths() -> None:
    tree = {"all": [LEAVES[0], {"not": {"any": [LEAVES[1], LEAVES[2]]}}]}
    assert [(path, terse(part)) for path, part in parts(tree)] == [
        ("all.1", "symptomatic is yes"),
        ("all.2", "not (any of (heart-failure is yes; symptomatic known))"),
        ("all.2.not", "any of (heart-failure is yes; symptomatic known)"),
        ("all.2.not.any.1", "heart-failure is yes"),
        ("all.2.not.any.2", "symptomatic known"),
    ]

"""Trees of criteria over a small vocabulary, what may be known of its facts, and the plain truth of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from cds_service.case.fact import Choice, Members, Value
from cds_service.case.vocabulary import read_vocabulary

from . import possible

COLOURS = ("red", "green", "blue")
PARTS = ("a", "b", "c", "d")
MARKS = (2.0, 5.0, 10.0)
FACTS = (
    {"fact": "colour", "type": "code", "values": list(COLOURS), "because": "a code"},
    {"fact": "flag", "type": "boolean", "because": "a yes or no"},
    {"fact": "size", "type": "quantity", "unit": "cm", "because": "a number"},
    {"fact": "parts", "type": "codes", "values": list(PARTS), "because": "a set"},
)
VOCABULARY = read_vocabulary({"facts": list(FACTS)}, queries=())
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

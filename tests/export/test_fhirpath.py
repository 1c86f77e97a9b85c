"""FHIRPath as the second opinion: every authored criterion, rendered and run by another implementation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.export.fhirpath import criteria
from cds_service.pathway.answer import Answer
from cds_service.pathway.criteria import facts_of, leaves

from .authored_cases import SEED, expressions, fixture_cases, loaded, random_value
from .second_opinion import assert_same_answer, theirs

QUICK = 150
CASES_EACH = 20


def test_every_authored_criterion_is_rendered() -> None:
    """None is left out, wherever in the knowledge it stands; scope stands outside `trees`."""
    knowledge = loaded().knowledge

    def written(tree: Any) -> str:
        return json.dumps(tree, sort_keys=True)

    rendered = {written(tree) for _, tree in criteria(knowledge)}
    assert {written(tree) for tree in knowledge.trees} <= rendered
    assert {written(c.tree) for c in knowledge.out_of_scope} <= rendered
    names = [name for name, _ in criteria(knowledge)]
    assert len(set(names)) == len(names)
    for group in knowledge.groups.values():
        assert {f"{group.id}, offer {offer.id}" for offer in group.offers} <= set(names)


def on_fixtures() -> list[tuple[str, Mapping[str, Value]]]:
    """Each criterion with each combination of its facts' values that a fixture has, in a fixed mixed order."""
    found: dict[tuple[Any, ...], tuple[str, Mapping[str, Value]]] = {}
    for values in fixture_cases():
        for expression, tree in expressions().items():
            asked = {name: values[name] for name in sorted(facts_of(tree))}
            found.setdefault((expression, *asked.values()), (expression, asked))
    pairs = list(found.values())
    Random(SEED).shuffle(pairs)
    return pairs


def fitting(leaf: Mapping[str, Any], random: Random) -> Value:
    """A value that meets a one-fact test, so that conjunctions are met often enough to be compared."""
    definition = loaded().knowledge.vocabulary[leaf["fact"]]
    if definition.type == "codes":
        wanted = [leaf["has"]] if "has" in leaf else leaf.get("has-any")
        return Members(frozenset({random.choice(wanted)}) if wanted else frozenset())
    if definition.type in ("code", "boolean"):
        return Choice(frozenset({random.choice(leaf["in"]) if "in" in leaf else leaf["is"]}))
    low, high = leaf.get("above", leaf.get("at-least", 0)), leaf.get("below", leaf.get("up-to", None))
    point = (low + high) / 2 if high is not None else low + 1
    return Interval(float(point), float(point))


def random_case(tree: Mapping[str, Any], random: Random) -> dict[str, Value]:
    """Values for every fact of a criterion; half the cases start from values that meet its tests."""
    values = {name: random_value(name, random) for name in sorted(facts_of(tree))}
    if random.random() < 0.5:
        for leaf in leaves(tree):
            if random.random() < 0.8:
                values[leaf["fact"]] = fitting(leaf, random)
    return values


def at_random(each: int) -> list[tuple[str, Mapping[str, Value]]]:
    """Each criterion with as many random cases, in a fixed mixed order."""
    random = Random(SEED)
    pairs = [(e, random_case(tree, random)) for e, tree in expressions().items() for _ in range(each)]
    random.shuffle(pairs)
    return pairs


def compare(pairs: list[tuple[str, Mapping[str, Value]]]) -> Counter[Answer]:
    """Assert that both agree on every pair; how often each answer was given."""
    vocabulary = loaded().knowledge.vocabulary
    return Counter(assert_same_answer(expressions()[e], e, values, vocabulary) for e, values in pairs)


@pytest.mark.slow
def test_the_other_facts_of_a_bundle_make_no_difference() -> None:
    """Below, Bundles hold only what a criterion asks about; here a whole case, for some criteria."""
    vocabulary = loaded().knowledge.vocabulary
    values = fixture_cases()[0]
    for expression, tree in Random(SEED).sample(sorted(expressions().items()), 15):
        asked = {name: values[name] for name in facts_of(tree)}
        assert theirs(expression, values, vocabulary) is theirs(expression, asked, vocabulary)


@pytest.mark.slow
def test_both_agree_on_some_criteria_of_the_fixtures() -> None:
    assert set(compare(on_fixtures()[:QUICK])) == {True, False, None}


@pytest.mark.slow
def test_both_agree_on_some_random_cases() -> None:
    assert set(compare(at_random(CASES_EACH)[:QUICK])) == {True, False, None}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_agree_on_every_criterion_of_every_fixture() -> None:
    assert set(compare(on_fixtures())) == {True, False, None}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_agree_on_thousands_of_random_cases() -> None:
    counted = compare(at_random(CASES_EACH))

    assert sum(counted.values()) >= 3000
    assert min(counted[True], counted[False], counted[None]) >= 300, counted

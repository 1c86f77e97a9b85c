"""An exported plan offers, and applies to, what the engine says: its conditions run as FHIRPath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

import pytest

from cds_service.case.fact import Case, Choice, Value
from cds_service.export.fhirpath import render_offer, render_placement
from cds_service.pathway.answer import Answer
from cds_service.pathway.derivation import derive
from tests.shipped import shipped

from ..pathway.sarcomas import CHART_OF, in_group
from .authored_cases import SEED, fixture_cases, loaded, random_value
from .second_opinion import asked_by, theirs

CASES_NEAR = 12
GROUPS = sorted(shipped().knowledge.groups)


def placed(values: Mapping[str, Value]) -> frozenset[Any]:
    value = values["patient-group"]
    assert isinstance(value, Choice)
    return value.possible


def derived(recorded: Mapping[str, Value], disease: str) -> dict[str, Value]:
    """The values with what the tables of a disease derive from them."""
    knowledge = loaded().knowledge
    vocabulary = knowledge.vocabulary
    base = {n: v for n, v in recorded.items() if not vocabulary[n].derived}
    blank = {name: vocabulary[name].unknown() for name in vocabulary}
    return derive({**blank, **base}, Case("patient-1", {}), knowledge.of(disease))


@cache
def cases_near(group_id: str) -> list[dict[str, Value]]:
    """Patients of a group: from a fixture, for a sarcoma also a chart, and these with some facts changed."""
    knowledge = loaded().knowledge
    disease = knowledge.groups[group_id].disease
    random = Random(f"{SEED} {group_id}")
    found = [v for v in fixture_cases() if placed(v) == {group_id}]
    starts: list[Mapping[str, Value]] = random.sample(found, min(2, len(found)))
    if (name := group_id.removeprefix("sts-")) in CHART_OF:
        starts.append({fact.id: fact.value for fact in in_group(name).facts.values()})
    assert starts, f"no fixture is placed in {group_id}"
    recorded = [n for n in knowledge.vocabulary if not knowledge.vocabulary[n].derived and n != "disease"]
    cases = [derived(start, disease) for start in starts]
    for _ in range(CASES_NEAR):
        changed = {name: random_value(name, random) for name in random.sample(recorded, 4)}
        cases.append(derived({**random.choice(starts), **changed}, disease))
    return cases


def assert_offered_alike(group_id: str, cases: list[dict[str, Value]]) -> None:
    """Each offer of a group with what the group implies of open facts, and empty where the sources are silent."""
    group, vocabulary = loaded().knowledge.groups[group_id], loaded().knowledge.vocabulary
    for values in cases:
        for offer in group.offers:
            expression = render_offer(offer, group.implied, vocabulary)
            answered = theirs(expression, asked_by(expression, values, vocabulary), vocabulary)
            assert offer.evaluate(group.within(values)) is answered, (offer.id, values)


@pytest.mark.slow
@pytest.mark.parametrize("group_id", GROUPS[::7])
def test_a_plan_offers_what_the_engine_offers(group_id: str) -> None:
    assert_offered_alike(group_id, cases_near(group_id)[:1])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("group_id", GROUPS)
def test_a_plan_offers_what_the_engine_offers_to_changed_patients(group_id: str) -> None:
    assert_offered_alike(group_id, cases_near(group_id))


def applies(group_id: str, values: Mapping[str, Value]) -> Answer:
    """Whether the engine offers a patient what a group offers: placed in it, or treated as it."""
    knowledge = loaded().knowledge
    possible: set[Any] = set()
    for name in placed(values):
        treated_as = knowledge.situation(name).treated_as
        treated = values[treated_as] if treated_as else Choice(frozenset())
        assert isinstance(treated, Choice)
        possible |= {(name, as_) for as_ in treated.possible} if treated_as else {(name, name)}
    return every_or_none(group_id in pair for pair in possible)


def every_or_none(answers: Iterator[bool]) -> Answer:
    found = set(answers)
    return found.pop() if len(found) == 1 else None


def count_placements(cases: list[dict[str, Value]], groups: list[str]) -> Counter[tuple[Answer, Answer]]:
    knowledge = loaded().knowledge
    counted: Counter[tuple[Answer, Answer]] = Counter()
    for values in cases:
        for group_id in groups:
            expression = render_placement(knowledge.groups[group_id], knowledge)
            asked = asked_by(expression, values, knowledge.vocabulary)
            pair = applies(group_id, values), theirs(expression, asked, knowledge.vocabulary)
            assert pair not in ((True, False), (False, True)), (group_id, values)
            counted[pair] += 1
    return counted


def assert_placed_alike(counted: Counter[tuple[Answer, Answer]]) -> None:
    """Never opposite, and the same nearly always: that the only rows still open all lead to one group, a plan
    does not see, because each row is a condition of its own."""
    assert counted[True, True] and counted[False, False], counted
    assert (
        sum(n for (ours, answered), n in counted.items() if ours is not answered) * 20 <= counted.total()
    ), counted


@pytest.mark.parametrize("disease", sorted({g.disease for g in shipped().knowledge.groups.values()}))
def test_a_plan_applies_to_the_patients_of_its_group(disease: str) -> None:
    groups = [g for g in GROUPS if loaded().knowledge.groups[g].disease == disease]
    assert_placed_alike(count_placements([cases_near(g)[0] for g in groups[:1]], groups))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_plan_applies_to_changed_patients_as_the_engine_places_them() -> None:
    counted = count_placements([values for g in GROUPS for values in cases_near(g)], GROUPS)

    assert counted[None, None], counted
    assert_placed_alike(counted)

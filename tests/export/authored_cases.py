"""Cases for the authored criteria: those of the fixtures, and random ones near what the criteria compare with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.export.fhirpath import criteria, render
from cds_service.http.wire import Refusal
from cds_service.loading import Loaded
from cds_service.pathway.criteria import cut_points
from cds_service.replay.facts import fact_values
from tests.shipped import patients, service, shipped

SEED = 20261122


def loaded() -> Loaded:
    return shipped(affiliate=True)


@cache
def expressions() -> Mapping[str, Mapping[str, Any]]:
    """Every distinct expression of an authored criterion, with the criterion."""
    vocabulary = loaded().knowledge.vocabulary
    return {render(tree, vocabulary): tree for _, tree in criteria(loaded().knowledge)}


@cache
def fixture_cases() -> tuple[Mapping[str, Value], ...]:
    """The facts of every fixture that the service answers."""
    return tuple(_fixture_cases())


def _fixture_cases() -> Iterator[Mapping[str, Value]]:
    for fixture in patients():
        try:
            yield fact_values(fixture, service(fixture.profile))
        except Refusal:
            continue


def random_value(fact: str, random: Random) -> Value:
    """Known, partly known or unknown, and for numbers at, beside and between the authored cut points."""
    knowledge = loaded().knowledge
    definition = knowledge.vocabulary[fact]
    drawn = random.random()
    if drawn < 0.2:
        return definition.unknown()
    if definition.type == "codes":
        states = random.choices(
            ("in", "out", "open"), (1, 4, 4 if drawn < 0.4 else 0), k=len(definition.values)
        )
        members = list(zip(definition.values, states, strict=True))
        return Members(
            frozenset(m for m, s in members if s == "in"), frozenset(m for m, s in members if s == "open")
        )
    if definition.type in ("code", "boolean"):
        every = list(definition.values) or [True, False]
        few = random.randint(1, min(3, len(every))) if drawn < 0.4 else 1
        return Choice(frozenset(random.sample(every, few)))
    cuts = sorted(cut_points(expressions().values()).get(fact, ())) or [1.0]
    points = [cuts[0] / 2, *cuts, *((a + b) / 2 for a, b in pairwise(cuts)), cuts[-1] + 1]
    if drawn >= 0.4:
        point = random.choice(points)
        return Interval(point, point)
    low, high = sorted(random.sample(points, 2))
    if random.random() < 0.5:
        return Interval(low, low_open=random.random() < 0.5) if random.random() < 0.5 else Interval(0.0, high)
    return Interval(low, high, random.random() < 0.5, random.random() < 0.5)

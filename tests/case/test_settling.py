"""Facts of which no record speaks are not settled one by one: they come out as if they were, in the same order."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from cds_service.case.fact import Choice, Evidence, Fact, Interval, Value
from cds_service.case.settle import Reading, _settle_members, _settle_one, settle
from cds_service.case.vocabulary import FactDefinition
from cds_service.fhir.prefetch import KEYS
from tests.shipped import service

VOCABULARY = service().knowledge.vocabulary
TELLS_APART = service().extractor.tells_apart


def value_of(definition: FactDefinition) -> Value:
    if definition.type == "boolean":
        return Choice(frozenset({True}))
    return Choice(frozenset(definition.values[:1])) if definition.type == "code" else Interval(1.0, 1.0)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    definition = VOCABULARY[draw(st.sampled_from(list(VOCABULARY)))]
    here = Evidence(
        f"Observation/{draw(st.sampled_from('ab'))}", "value", draw(st.sampled_from([None, "2026-01"]))
    )
    if draw(st.booleans()):
        return Reading(definition.id, "coded", here, why="uncodable")
    if definition.type == "codes":
        return Reading(
            definition.id, "coded", here, member=definition.values[0], positive=draw(st.booleans())
        )
    return Reading(definition.id, "coded", here, value_of(definition))


def one_by_one(found: Sequence[Reading], failed: frozenset[str]) -> dict[str, Fact]:
    """The plain form: every fact is asked for its readings, in the order of the vocabulary."""
    facts = {}
    for name in VOCABULARY:
        definition, of_it = VOCABULARY[name], [r for r in found if r.fact == name]
        incomplete = any(query in failed for query in definition.queries)
        if definition.derived and not of_it:
            continue
        if definition.type == "codes":
            facts[name] = _settle_members(definition, of_it, incomplete)
        else:
            facts[name] = _settle_one(definition, of_it, incomplete, TELLS_APART)
    return facts


@given(st.lists(readings(), max_size=6), st.frozensets(st.sampled_from(KEYS), max_size=3))
def test_facts_are_as_if_each_were_settled(found: list[Reading], failed: frozenset[str]) -> None:
    settled = settle(found, VOCABULARY, failed, TELLS_APART)
    assert list(settled.items()) == list(one_by_one(found, failed).items())

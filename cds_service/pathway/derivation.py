"""Derived facts: what the tables say of a case, and of a fact that is supposed to have another value."""

from __future__ import annotations

from collections.abc import Mapping

from ..case.fact import Case, Choice, Evidence, Fact, Value
from .criteria import Values
from .groups import PLACED_BY
from .knowledge import Knowledge
from .tables import Table


def derive(base: Values, case: Case, knowledge: Knowledge, fixed: str = "") -> dict[str, Value]:
    """Base values with the answer of every table but the one of the fact `fixed`.

    A derived fact that the record states itself is taken if the table allows it; if the table says otherwise
    both stay possible.
    """
    values = dict(base)
    stated = case.facts
    for table in knowledge.tables:
        name = table.derives
        if name != fixed:
            values[name] = derived(table, values, case) if name in stated else table.evaluate(values)
    return values


def derived(table: Table, values: Values, case: Case) -> Choice:
    computed = table.evaluate(values)
    stated = case.facts.get(table.derives) if table.derives != PLACED_BY else None
    if stated is None or not stated.evidence or not isinstance(stated.value, Choice):
        return computed
    agreed = stated.value.possible & computed.possible
    return Choice(agreed if agreed == stated.value.possible else computed.possible | stated.value.possible)


def derived_fact(table: Table, values: Values, facts: Mapping[str, Fact]) -> Fact:
    evidence: list[Evidence] = []
    for name in table.inputs:
        fact = facts.get(name)
        if fact is not None and fact.evidence and fact.why is None and fact.value.known:
            evidence += fact.evidence
    stated = facts.get(table.derives)
    if stated is not None:
        evidence += stated.evidence
    # the same record stands behind several facts
    told = tuple(dict.fromkeys(evidence)) if len(evidence) > 1 else tuple(evidence)
    return Fact(table.derives, values[table.derives], None, told, (), table.remarks(values))

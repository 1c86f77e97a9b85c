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
    for table in knowledge.tables:
        if table.derives != fixed:
            values[table.derives] = derived(table, values, case)
    return values


def derived(table: Table, values: Values, case: Case) -> Choice:
    computed = table.evaluate(values)
    stated = case.facts.get(table.derives) if table.derives != PLACED_BY else None
    if stated is None or not stated.evidence or not isinstance(stated.value, Choice):
        return computed
    agreed = stated.value.possible & computed.possible
    return Choice(agreed if agreed == stated.value.possible else computed.possible | stated.value.possible)


def derived_fact(table: Table, values: Values, facts: Mapping[str, Fact]) -> Fact:
    # the same record stands behind several facts; its parts are quicker to tell apart than records
    evidence: dict[tuple[str, str, str | None], Evidence] = {}
    for name in table.inputs:
        fact = facts.get(name)
        if fact is not None and fact.evidence and fact.why is None and fact.value.known:
            for e in fact.evidence:
                evidence.setdefault((e.resource, e.element, e.date), e)
    stated = facts.get(table.derives)
    if stated is not None:
        for e in stated.evidence:
            evidence.setdefault((e.resource, e.element, e.date), e)
    return Fact(
        table.derives, values[table.derives], evidence=tuple(evidence.values()), remarks=table.remarks(values)
    )

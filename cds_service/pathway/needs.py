"""What to ask for: the facts that can be recorded, behind those on which a question hangs."""

from __future__ import annotations

from .criteria import NOTHING, Values
from .groups import PLACED_BY
from .knowledge import Knowledge
from .outcome import named


def placing_facts(values: Values, knowledge: Knowledge) -> frozenset[str]:
    """The derived facts that say which offers apply."""
    treated = (knowledge.situation(name).treated_as for name in named(values))
    return frozenset({PLACED_BY, *(fact for fact in treated if fact is not None)})


def base_needs(
    names: frozenset[str], values: Values, knowledge: Knowledge, *, through: bool = False
) -> frozenset[str]:
    """Facts that can be recorded, behind facts that may be derived.

    `through` looks behind settled ones too: a table that asks what is stated is settled while that is unknown.
    """
    found: frozenset[str] = NOTHING
    for name in names:
        table = knowledge.table(name)
        if table is None:
            found |= frozenset({name}) if not values[name].settled else NOTHING
        elif through or not values[name].settled or name == PLACED_BY:
            inputs = table.needs(values)
            if through:
                inputs |= frozenset(f for f in table.facts if knowledge.table(f) is not None)
            behind = base_needs(inputs, values, knowledge, through=through)
            if not values[name].settled:
                behind |= table.asks(values)
            # where no record could settle it, only a statement of the derived fact itself can
            found |= behind or (
                frozenset({name}) if not values[name].settled and name != PLACED_BY else NOTHING
            )
    return found


def in_order(names: frozenset[str], knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(name for name in knowledge.vocabulary if name in names)

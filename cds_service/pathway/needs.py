"""What to ask for: the facts that can be recorded, behind those on which a question hangs."""

from __future__ import annotations

from ..case.fact import Choice, Members
from .criteria import NOTHING, Values
from .groups import PLACED_BY
from .knowledge import Knowledge
from .outcome import named


def placing_facts(values: Values, knowledge: Knowledge) -> frozenset[str]:
    """The derived facts that say which offers apply."""
    placing = {PLACED_BY}
    for name in named(values):
        treated_as = knowledge.situation(name).treated_as
        if treated_as is not None:
            placing.add(treated_as)
    return frozenset(placing)


def unsettled(values: Values) -> frozenset[str]:
    """The facts of which something is still open."""
    # asked of every value in every call: without a call of its own
    return frozenset(
        [
            name
            for name, value in values.items()
            if (
                len(value.possible) != 1
                if type(value) is Choice
                else value.unknown
                if type(value) is Members
                else not value.settled
            )
        ]
    )


class Behind:
    """The facts to ask for in one case. What stands behind a fact is looked for once, however often it is needed."""

    def __init__(self, values: Values, knowledge: Knowledge) -> None:
        self._values, self._knowledge = values, knowledge
        self.open = unsettled(values)
        self._found: dict[tuple[str, bool], frozenset[str]] = {}

    def of(self, names: frozenset[str], *, through: bool = False) -> frozenset[str]:
        """Facts that can be recorded, behind facts that may be derived.

        `through` looks behind settled ones too: a table that asks what is stated is settled while that is unknown.
        """
        if len(names) == 1:
            (name,) = names
            return self._of(name, through)
        return NOTHING.union(*[self._of(name, through) for name in names])

    def _of(self, name: str, through: bool) -> frozenset[str]:
        found = self._found.get((name, through))
        if found is None:
            found = self._found[name, through] = self._looked_for(name, through)
        return found

    def _looked_for(self, name: str, through: bool) -> frozenset[str]:
        table = self._knowledge.table(name)
        settled = name not in self.open
        if table is None:
            return NOTHING if settled else frozenset({name})
        if settled and not through and name != PLACED_BY:
            return NOTHING
        # where no input is open, no row needs one
        inputs = NOTHING if table.facts.isdisjoint(self.open) else table.needs(self._values, self.open)
        if through:
            inputs |= self._knowledge.derived_inputs(table)
        behind = self.of(inputs, through=through) if inputs else NOTHING
        if not settled:
            behind |= table.asks(self._values)
        # where no record could settle it, only a statement of the derived fact itself can
        return behind or (NOTHING if settled or name == PLACED_BY else frozenset({name}))

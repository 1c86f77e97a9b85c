"""What a draft asks for, read with the drugs beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..case.fact import DraftOrder, Members
from .criteria import NOTHING, Values
from .options import Option

CURRENT_THERAPY = "current-therapy"


@dataclass(frozen=True, slots=True)
class Beside:
    """The drugs beside a draft: known, and those of which nobody knows."""

    known: frozenset[str]
    maybe: frozenset[str] = NOTHING


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of the options a draft asks for. `companions` are drugs that mean something only beside another."""

    options: Mapping[str, Option]
    companions: Mapping[str, str]
    _holding: Mapping[str, tuple[Option, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        held = {item for option in self.options.values() for item in option.items}
        holding = {item: tuple(o for o in self.options.values() if item in o.items) for item in held}
        object.__setattr__(self, "_holding", holding)

    def option_of(self, order: DraftOrder, beside: frozenset[str]) -> str | None:
        """The option that a draft asks for, read with the drugs beside it (other drafts, current therapy).

        A component of a regimen whose other components are beside it is that regimen; a dose above the
        option's threshold is the escalated option. A drug that is no option alone is part of the regimen of
        which most is beside it.
        """
        if order.item is None:
            return None
        named = self.options.get(order.item)
        if named is not None and (named.kind not in ("drug", "regimen") or not named.items):
            return named.id
        with_it = self.holding(order.item, beside)
        # a regimen of which only the companion is missing (mesna) is that regimen, incomplete
        there = {order.item, *beside, *self.companions}
        for option in with_it:
            if len(option.items) > 1 and there.issuperset(option.items):
                return option.id
        for option in with_it:
            threshold = option.above_daily_mg
            if threshold is not None and order.daily_mg is not None and order.daily_mg > threshold:
                return option.id
        alone = [o for o in with_it if len(o.items) == 1 and o.above_daily_mg is None]
        return next((o.id for o in [*alone, *with_it]), None)

    def may_be(self, item: str) -> frozenset[str]:
        """Every option that a draft of an item can be, whatever is beside it."""
        return frozenset({o.id for o in self._holding.get(item, ())} | ({item} & self.options.keys()))

    def looked_for_beside(self, order: DraftOrder) -> frozenset[str]:
        """The drugs by which it may differ what a draft asks for, if they are beside it."""
        drugs = {*self.companions, *self.companions.values()}
        for item in filter(None, order.alternatives or (order.item,)):
            named = (self.options[item],) if item in self.options else ()
            drugs.update(*[option.items for option in (*self._holding.get(item, ()), *named)])
        return frozenset(drugs)

    def holding(self, item: str, beside: frozenset[str]) -> Sequence[Option]:
        """The options that hold a drug, those first of which most is beside it."""
        found = self._holding.get(item, ())
        if len(found) < 2 or not beside:
            return found
        return sorted(found, key=lambda o: -len(beside.intersection(o.items)))

    def incomplete(self, order: DraftOrder, option: str, beside: frozenset[str]) -> bool:
        """Whether a draft is part of a regimen whose other drugs are nowhere beside it."""
        items = self.options[option].items
        return len(items) > 1 and not all(i == order.item or i in beside for i in items)


def drugs_beside(orders: Sequence[DraftOrder], values: Values) -> list[Beside]:
    """For each draft the drugs in the other drafts and in the current therapy, and those that may be in it."""
    current = values.get(CURRENT_THERAPY)
    taken, maybe = (current.present, current.unknown) if isinstance(current, Members) else (NOTHING, NOTHING)
    if len(orders) == 1:
        return [Beside(taken, maybe)]
    drafts_of = Counter(order.item for order in orders if order.item is not None)
    every = frozenset(drafts_of)
    # what only one draft asks for is not beside that draft itself
    others = {item: every - {item} if count == 1 else every for item, count in drafts_of.items()}
    return [Beside(others.get(order.item or "", every) | taken, maybe) for order in orders]

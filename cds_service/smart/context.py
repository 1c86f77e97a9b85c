"""What a card hands to the app: the `appContext` of its smart link, come back with the token."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from ..case.fact import DraftOrder
from ..pathway.options import Option

_REFERENCE = re.compile(r"(?:MedicationRequest|ServiceRequest)/[A-Za-z0-9._-]{1,256}")
_MOST_ORDERS = 20


class CardContext(msgspec.Struct, frozen=True):
    """The card that the app was opened from. Nothing in it is trusted: it went through the EHR and the browser."""

    hook: str = ""
    topic: str = ""
    option: str | None = None
    orders: list[str] = []

    @property
    def references(self) -> tuple[str, ...]:
        """The orders that can be read."""
        return tuple(dict.fromkeys(o for o in self.orders if _REFERENCE.fullmatch(o)))[:_MOST_ORDERS]


def read_context(app_context: str | None) -> CardContext:
    """The context as far as it is one of ours; an empty one for anything else."""
    try:
        return msgspec.json.decode(app_context or "{}", type=CardContext)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return CardContext()


def plain_orders(
    option: str | None, options: Mapping[str, Option], references: Iterable[str] = ()
) -> tuple[DraftOrder, ...]:
    """Drafts that ask for an option, for the tumour, and say no more: an order that the EHR holds in the user's
    session cannot be read. `references` name them as far as they go; none for what is no option."""
    named = options.get(option or "")
    if named is None:
        return ()
    plain = DraftOrder("", None, selected=True, indication="this-tumour", identified=False)
    if named.kind in ("drug", "regimen") and named.items:
        # the escalated dose is any above the threshold
        dose = None if named.above_daily_mg is None else named.above_daily_mg + 1
        drafts = [replace(plain, item=item, daily_mg=dose) for item in named.items]
    else:
        drafts = [replace(plain, item=named.id)]
    names = [*references, *(f"order-{n}" for n in range(1, len(drafts) + 1))]
    return tuple(replace(draft, reference=name) for draft, name in zip(drafts, names, strict=False))

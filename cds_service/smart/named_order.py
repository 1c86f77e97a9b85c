"""The orders that a card named, and what became of each when it was to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from ..case.fact import Case, DraftOrder, QueryFailure
from ..fhir.reach.lost import Lost
from ..fhir.reach.pages import read_page

Fate = Literal[
    "judged", "unknown-item", "held-back", "unnamed", "not-found", "deleted", "no-leave", "failed", "too-many",
    "unreadable", "no-subject", "other-patient", "no-status", "withdrawn", "not-to-be-done",
]  # fmt: skip
"""`judged`, or why not. `held-back`: it was read, but not one that it would have to be judged with."""

# of what the pathway does with the others nothing can be said while these may be open orders of the patient
_LEFT_OPEN = frozenset(
    {"unnamed", "not-found", "no-leave", "failed", "too-many", "unreadable", "no-subject", "no-status"}
)
_OPEN = frozenset({"draft", "active", "on-hold"})
_CLOSED = frozenset({"cancelled", "completed", "entered-in-error", "stopped", "revoked", "ended"})


class NamedOrder(msgspec.Struct, frozen=True):
    """One order of a card, or with `beside` another of its session. `reference` is empty for one without an id;
    `status` that of a withdrawn one, `why` the reason of a failed reading."""

    reference: str
    fate: Fate
    beside: bool = False
    status: str = ""
    why: QueryFailure | None = None


class CardSaid(msgspec.Struct, frozen=True):
    """What the card said: its verdict, empty if it is none of ours, and the options that it was about."""

    verdict: str
    options: tuple[str, ...]


class Opened(msgspec.Struct, frozen=True):
    """The orders with which the app was opened."""

    orders: tuple[NamedOrder, ...] = ()
    card: CardSaid | None = None

    @property
    def judged(self) -> bool:
        """Whether the app judges any order by itself."""
        return any(order.fate == "judged" and not order.beside for order in self.orders)


def not_asked(reference: str, fate: Fate, *, beside: bool) -> NamedOrder:
    """One that was not asked for."""
    return NamedOrder(reference, fate, beside)


def came_back(
    reference: str, raw: msgspec.Raw | None, *, beside: bool
) -> tuple[NamedOrder, dict[str, Any] | None]:
    """What a FHIR server answered, and its content if it is to be judged: an open order that says whose it is."""
    try:
        read_page(bytes(raw or b""))
        content = msgspec.json.decode(raw or b"", type=dict[str, Any])
    except Lost as lost:
        fate: Fate = _OF_FAILURE.get(lost.why, "failed")
        return NamedOrder(reference, fate, beside, why=lost.why if fate == "failed" else None), None
    except (msgspec.DecodeError, RecursionError):
        return NamedOrder(reference, "unreadable", beside), None
    subject, status = content.get("subject"), content.get("status")
    if not isinstance(subject, dict) or not subject.get("reference"):
        return NamedOrder(reference, "no-subject", beside), None
    if status in _CLOSED:
        return NamedOrder(reference, "withdrawn", beside, status=status), None
    if status not in _OPEN:
        return NamedOrder(reference, "no-status", beside), None
    if content.get("doNotPerform"):
        return NamedOrder(reference, "not-to-be-done", beside), None
    return NamedOrder(reference, "judged", beside), content


_OF_FAILURE: dict[QueryFailure, Fate] = {
    "not-found": "not-found",
    "deleted": "deleted",
    "forbidden": "no-leave",
    "structure": "unreadable",
}


def settled(
    named: Iterable[NamedOrder], case: Case, drafts: Sequence[DraftOrder]
) -> tuple[tuple[NamedOrder, ...], tuple[DraftOrder, ...]]:
    """The orders with what the record made of them, and the drafts to be judged.

    None are judged while one of them may be open that nobody could read: drugs are judged together.
    """
    by_reference = {draft.reference: draft for draft in drafts}
    unread = {each.resource for each in case.unread}
    found = []
    for order in named:
        draft = by_reference.get(order.reference)
        if order.fate != "judged":
            found.append(order)
        elif draft is None:
            fate: Fate = "unreadable" if order.reference in unread else "other-patient"
            found.append(NamedOrder(order.reference, fate, order.beside))
        else:
            known = draft.item or draft.alternatives
            found.append(order if known else NamedOrder(order.reference, "unknown-item", order.beside))
    if any(order.fate in _LEFT_OPEN for order in found):
        held = (
            NamedOrder(o.reference, "held-back", o.beside) if o.fate in ("judged", "unknown-item") else o
            for o in found
        )
        return tuple(held), ()
    judged = {o.reference for o in found if o.fate == "judged"}
    return tuple(found), tuple(d for d in drafts if d.reference in judged)

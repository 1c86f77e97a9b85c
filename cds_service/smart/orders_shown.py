"""The orders of a card as the page shows them: what became of each, and what the card said where the app does not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..cards.render import listed
from ..cards.wording import Wording
from ..pathway.verdict import VerdictWord
from .named_order import Fate, NamedOrder, Opened

_WORDS: dict[Fate, str] = {
    "unknown-item": "It was read. It is not an order that this pathway knows.",
    "held-back": "It was read, but is not judged: another order of the card or the session could not be read, and "
    "together they may be judged otherwise.",
    "unnamed": "An order came to the card without an id, so that it cannot be read from the EHR.",
    "not-found": "It is not at the FHIR server; it may not have been saved yet.",
    "deleted": "It was deleted at the FHIR server.",
    "no-leave": "The EHR gave no leave to read it.",
    "failed": "It could not be read from the EHR{why}.",
    "too-many": "It was not read: the card named more orders than are read at once.",
    "unreadable": "It was found, but could not be read as FHIR.",
    "no-subject": "It was found, but does not say which patient it is for.",
    "other-patient": "It is an order for another patient.",
    "no-status": "It was found, but does not say that it is a draft or active.",
    "withdrawn": "It is no longer open (status {status}).",
    "not-to-be-done": "It asks that something is not done.",
}


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order on which the app passes no verdict: its reference, empty without one, and why."""

    reference: str
    why: str


@dataclass(frozen=True, slots=True)
class OrdersShown:
    """The orders with which the app was opened. `without` are those without a verdict of the app's own, `card` what
    the card said where the app says nothing or something else."""

    opened: bool
    judged: bool
    without: tuple[OrderShown, ...]
    card: str


def orders_shown(opened: Opened, verdicts: Collection[VerdictWord], wording: Wording) -> OrdersShown:
    """The orders in words; `verdicts` are those that the app reaches on the record itself."""
    without = tuple(
        OrderShown(order.reference, _why(order, wording)) for order in opened.orders if order.fate != "judged"
    )
    return OrdersShown(bool(opened.orders), opened.judged, without, _card(opened, verdicts, wording))


def _why(order: NamedOrder, wording: Wording) -> str:
    why = f" ({wording.short('failures', order.why)})" if order.why else ""
    return _WORDS[order.fate].format(why=why, status=order.status)


def _card(opened: Opened, verdicts: Collection[VerdictWord], wording: Wording) -> str:
    if opened.card is None:
        return ""
    if verdicts and (not opened.card.verdict or set(verdicts) == {opened.card.verdict}):
        return ""
    named = listed([wording.short("options", option) for option in opened.card.options])
    if not opened.card.verdict:
        return f"The card was about {named}."
    return f"The card said{f' of {named}' if named else ''}: {wording.short('values', opened.card.verdict)}."

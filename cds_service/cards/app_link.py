"""The smart link: from a card to the SMART app, at the order that the card is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ..case.fact import DraftOrder
from .card import Card

LABEL = "Open the pathway for this patient"


@dataclass(frozen=True, slots=True)
class AppLink:
    """Where the app is launched, and whether the client hands it the context of the card."""

    url: str
    app_context: bool = True

    def added_to(self, card: Card, hook: str, drafts: Sequence[DraftOrder] = ()) -> None:
        """Give a card its smart link, before those to its sources. `drafts` are all of the session.

        The context is JSON: `hook` and `topic` (the card's); of a card about orders also `verdict`, `option` (or
        `options`, where it is not one), `orders` (their references), `beside` (the references of the other drafts,
        with which they were judged) and `unnamed` (how many drafts have no reference). It says nothing of the
        patient that neither the client nor the card said.
        """
        link: dict[str, Any] = {"label": LABEL, "url": self.url, "type": "smart"}
        if self.app_context:
            link["appContext"] = msgspec.json.encode(_context(card, hook, drafts)).decode()
        card.wire["links"] = [link, *card.wire.get("links", ())]


def _context(card: Card, hook: str, drafts: Sequence[DraftOrder]) -> dict[str, Any]:
    context: dict[str, Any] = {"hook": hook, "topic": card.wire["source"]["topic"]["code"]}
    if not card.verdicts:
        return context
    words = {verdict.verdict for verdict in card.verdicts}
    if len(words) == 1:
        context["verdict"] = words.pop()
    options = {v.option: None for v in card.verdicts if v.option}
    for verdict in card.verdicts:
        options |= dict.fromkeys(() if verdict.option else verdict.order.alternatives)
    if len(options) == 1:
        context["option"] = next(iter(options))
    elif options:
        context["options"] = list(options)
    own = {v.order.reference: None for v in card.verdicts if v.order.identified}
    if own:
        context["orders"] = list(own)
    if beside := [d.reference for d in drafts if d.identified and d.reference not in own]:
        context["beside"] = beside
    if unnamed := sum(not d.identified for d in drafts):
        context["unnamed"] = unnamed
    return context

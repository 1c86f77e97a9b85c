"""The smart link: from a card to the SMART app, at the order that the card is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from .card import Card

LABEL = "Open the pathway for this patient"


@dataclass(frozen=True, slots=True)
class AppLink:
    """Where the app is launched, and whether the client hands it the context of the card."""

    url: str
    app_context: bool = True

    def added_to(self, card: Card, hook: str) -> None:
        """Give a card its smart link, before those to its sources.

        The context is JSON: `hook`, `topic` (the card's), `option` and `orders` (references of the drafts that it
        is about). It says nothing of the patient that the client did not say itself.
        """
        link: dict[str, Any] = {"label": LABEL, "url": self.url, "type": "smart"}
        if self.app_context:
            link["appContext"] = msgspec.json.encode(_context(card, hook)).decode()
        card.wire["links"] = [link, *card.wire.get("links", ())]


def _context(card: Card, hook: str) -> dict[str, Any]:
    context: dict[str, Any] = {"hook": hook, "topic": card.wire["source"]["topic"]["code"]}
    options = {verdict.option for verdict in card.verdicts}
    if len(options) == 1 and (option := options.pop()) is not None:
        context["option"] = option
    if orders := [v.order.reference for v in card.verdicts if v.order.identified]:
        context["orders"] = orders
    return context

"""What a card hands to the app: the `appContext` of its smart link, come back with the token."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..pathway.options import Option

_REFERENCE = re.compile(r"(?:MedicationRequest|ServiceRequest)/[A-Za-z0-9._-]{1,256}")


class CardContext(msgspec.Struct, frozen=True):
    """The card that the app was opened from. Nothing in it is trusted: it went through the EHR and the browser.

    `verdict` is what the card said of its orders, `option` or `options` what these ask for, `orders` and `beside`
    the references of its orders and of the others of the session, `unnamed` how many drafts had no id.
    """

    hook: str = ""
    topic: str = ""
    verdict: str = ""
    option: str | None = None
    options: list[str] = []
    orders: list[str] = []
    beside: list[str] = []
    unnamed: int = 0

    @property
    def own(self) -> tuple[str, ...]:
        """The references of the card's orders."""
        return tuple(dict.fromkeys(o for o in self.orders if _REFERENCE.fullmatch(o)))

    @property
    def others(self) -> tuple[str, ...]:
        """The references of the other orders of the session."""
        own = self.own
        return tuple(dict.fromkeys(o for o in self.beside if _REFERENCE.fullmatch(o) and o not in own))

    def about(self, options: Mapping[str, Option]) -> tuple[str, ...]:
        """The known options that the card's orders ask for."""
        named = [self.option, *self.options] if self.option else self.options
        return tuple(dict.fromkeys(o for o in named if o in options))


def read_context(app_context: str | None) -> CardContext:
    """The context as far as it is one of ours; an empty one for anything else."""
    try:
        return msgspec.json.decode(app_context or "{}", type=CardContext)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return CardContext()

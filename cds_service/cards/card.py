"""A card: what is sent of it, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..pathway.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `kind` is the template it was made from, `wire` its CDS Hooks JSON, `verdicts` those that it
    tells (none where it is about the patient rather than an order)."""

    kind: str
    wire: dict[str, Any]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A source as a card names it."""

    label: str
    url: str

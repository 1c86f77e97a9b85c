"""Counts of what was done with cards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import NormalDist

_CONFIDENCE = NormalDist().inv_cdf(0.975)


@dataclass(slots=True)
class Tally:
    """Cards: how many were shown, how many of them offered a suggestion, and what became of them.

    A card counts once, by the last thing that its user did with it; `reasons` counts the reasons of overridden
    cards as `system|code`, without one as an empty string.
    """

    shown: int = 0
    offering: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str | None, reason: str, *, offering: bool) -> None:
        """Count one card; `outcome` is None if nothing was reported of it."""
        self.shown += 1
        self.offering += offering
        if outcome == "accepted":
            self.accepted += 1
        elif outcome == "overridden":
            self.overridden += 1
            self.reasons[reason] += 1

    @property
    def unanswered(self) -> int:
        return self.shown - self.accepted - self.overridden

    @property
    def accepted_rate(self) -> float | None:
        """Of the cards that could be accepted; None if none could."""
        return self.accepted / self.offering if self.offering else None

    @property
    def overridden_rate(self) -> float | None:
        """Of all shown; None if none was."""
        return self.overridden / self.shown if self.shown else None

    @property
    def noise(self) -> float:
        """The least override rate that the counts speak for: the lower end of Wilson's 95 % interval.

        One override of one card is thus less than thirty of forty.
        """
        if not self.shown:
            return 0.0
        n, rate, z = self.shown, self.overridden / self.shown, _CONFIDENCE
        middle = rate + z * z / (2 * n)
        spread = z * ((rate * (1 - rate) + z * z / (4 * n)) / n) ** 0.5
        return max(0.0, (middle - spread) / (1 + z * z / n))

"""The distributions that synthetic patients are drawn from, each with its source or the word that it is assumed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "distributions.yaml"


@dataclass(frozen=True, slots=True)
class Distributions:
    """The content of `distributions.yaml`. Raises KeyError for a distribution that it does not hold."""

    sources: Mapping[str, Mapping[str, str]]
    choices: Mapping[str, Mapping[str, Any]]
    shares: Mapping[str, Mapping[str, Any]]
    amounts: Mapping[str, Mapping[str, Any]]


@cache
def distributions() -> Distributions:
    return Distributions(**yaml.safe_load(FILE.read_text(encoding="utf-8")))


class Dice:
    """Draws from the distributions. The same seed and number draw the same, whoever else is drawn."""

    def __init__(self, seed: int, number: int) -> None:
        # a text as seed is hashed in full: neighbours have nothing in common
        self._random = random.Random(f"{seed}/{number}")
        self._known = distributions()

    def choice(self, name: str) -> Any:
        """One value of a choice."""
        weights = self._known.choices[name]["weights"]
        return self._random.choices(list(weights), list(weights.values()))[0]

    def happens(self, name: str) -> bool:
        """Whether what a share tells of is so."""
        return self._random.random() < self._known.shares[name]["share"]

    def amount(self, name: str) -> float:
        """A number within the bounds of an amount."""
        at = self._known.amounts[name]
        drawn = self._random.gauss(at["middle"], at["spread"])
        return float(min(max(drawn, at["least"]), at["most"]))

    def one_of(self, values: Any) -> Any:
        """One of the values, each as likely."""
        return self._random.choice(list(values))

    def between(self, least: int, most: int) -> int:
        """A whole number, each as likely, the bounds included."""
        return self._random.randint(least, most)

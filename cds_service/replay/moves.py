"""What moved in the answer to one call between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .recorded import expectation

Kind = Literal["status", "fact", "group", "option", "verdict", "missing", "trial", "card", "wording"]
_GROUPS = ("disease", "placement", "patientGroups", "treatedAs", "notAddressed", "possiblyNotAddressed")


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that moved: its kind, its name, and what it was and is; None where it was or is not there."""

    kind: Kind
    name: str
    before: Any
    after: Any


def moves(before: tuple[int, dict[str, Any]], after: tuple[int, dict[str, Any]]) -> list[Move]:
    """Everything that moved between two answers, each with its status; empty if nothing did.

    A card that came or went, or changed its indicator, is a `card`; one that only says something else is `wording`.
    """
    if before[0] != after[0]:
        return [Move("status", "status", before[0], after[0])]
    if before[0] != 200:
        return []
    old, new = expectation(before[1]), expectation(after[1])
    return [
        *_each("fact", old.get("facts", {}), new.get("facts", {})),
        *_each("group", _some(old, _GROUPS), _some(new, _GROUPS)),
        *_each("option", _options(old), _options(new)),
        *_each("verdict", old.get("orders", {}), new.get("orders", {})),
        *_each("missing", _some(old, ("missing",)), _some(new, ("missing",))),
        *_each("trial", old.get("trials", {}), new.get("trials", {})),
        *_each("card", _cards(old, "indicator"), _cards(new, "indicator")),
        *(move for move in _each("wording", _words(old), _words(new)) if move.before and move.after),
    ]


def facts_kept(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """The facts that two answers list alike."""
    old, new = expectation(before).get("facts", {}), expectation(after).get("facts", {})
    return frozenset(name for name in old if name in new and old[name] == new[name])


def _each(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Move]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Move(kind, name, old.get(name), new.get(name))


def _some(found: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: found[key] for key in keys if key in found}


def _options(found: Mapping[str, Any]) -> dict[str, str]:
    """By option with role and line its state."""
    return {
        " ".join(option[key] for key in ("option", "role", "line") if key in option): option["state"]
        for option in found.get("options", ())
    }


def _words(found: Mapping[str, Any]) -> dict[str, list[Any]]:
    return _cards(found, "summary", "detail")


def _cards(found: Mapping[str, Any], *keys: str) -> dict[str, list[Any]]:
    cards: dict[str, list[Any]] = {}
    for card in found.get("cards", ()):
        cards.setdefault(card["card"], []).append([card.get(key) for key in keys])
    return cards

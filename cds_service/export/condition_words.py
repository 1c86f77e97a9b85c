"""A condition as a clinician reads it: the words of the wording, nested as the condition is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..cards.render import UNITS, listed
from ..cards.wording import Wording
from ..case.vocabulary import Vocabulary

Tree = Mapping[str, Any]
LINES = {
    "first": "first line",
    "plus": "for all, beside the first line",
    "consider": "for some",
    "secondary": "later line",
}
BOUNDS = {"above": "more than", "at-least": "at least", "below": "less than", "up-to": "at most"}
OPPOSITE = {"above": "up-to", "at-least": "below", "below": "at-least", "up-to": "above"}


@dataclass(frozen=True, slots=True)
class Words:
    """One line of a condition; `inside` are its parts where it joins several."""

    text: str
    inside: tuple[Words, ...] = ()


def condition_words(tree: Tree, vocabulary: Vocabulary, wording: Wording, *, no: bool = False) -> Words:
    """A tree in words; `no` turns it round, so that no reader has to resolve two denials."""
    if "fact" in tree:
        return Words(_test(tree, vocabulary, wording, no))
    if "always" in tree:
        return Words("never" if no else "always")
    if "known" in tree:
        return Words(f"{wording.short('facts', tree['known'])} is {'not ' if no else ''}known")
    if "not" in tree:
        return condition_words(tree["not"], vocabulary, wording, no=not no)
    if "stated" in tree:
        inner = condition_words(tree["stated"], vocabulary, wording)
        text = "not on record: " if no else "on record: "
        return Words(text + inner.text, inner.inside)
    joined_by_all = ("all" in tree) != no
    children = tree.get("all", tree.get("any", ()))
    inside = tuple(condition_words(child, vocabulary, wording, no=no) for child in children)
    if len(inside) == 1:
        return inside[0]
    return Words("all of these:" if joined_by_all else "any of these:", inside)


def _test(tree: Tree, vocabulary: Vocabulary, wording: Wording, no: bool) -> str:
    definition = vocabulary[tree["fact"]]
    name = wording.short("facts", tree["fact"])
    if definition.type == "boolean":
        return f"{name}: {'yes' if tree['is'] is not no else 'no'}"
    if definition.type in ("quantity", "integer"):
        unit = UNITS.get(definition.unit or "", "")
        stated = [b for b in BOUNDS if b in tree]
        if no and len(stated) == 1:
            return f"{name}: {BOUNDS[OPPOSITE[stated[0]]]} {tree[stated[0]]:g} {unit}".strip()
        bounds = listed([f"{BOUNDS[b]} {tree[b]:g}" for b in stated])
        return f"{name}: {'not ' if no else ''}{bounds} {unit}".strip()
    for key in ("is", "in", "has", "has-any", "has-none"):
        if key in tree:
            values = tree[key] if isinstance(tree[key], list) else [tree[key]]
            shown = listed([wording.value(str(v)) for v in values], "or")
            denied = (key == "has-none") is not no
            return f"{name}: {'not ' if denied else ''}{shown}"
    raise AssertionError(tree)

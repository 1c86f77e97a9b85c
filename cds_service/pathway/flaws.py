"""What can be wrong with a decision table, and the cells it may be laid to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..case.vocabulary import Vocabulary
from .axis import Tree
from .criteria import Values, compile_criterion, facts_of
from .tables import Table

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: the row (from 1; 0 for none), the path below the table, and what stands there."""

    row: int
    where: Path
    text: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a table, the cells it may be laid to, and values of the inputs that show it."""

    table: str
    message: str
    cells: tuple[Cell, ...]
    shown_by: Values | None = None


def row_of(table: Table, number: int) -> Cell:
    """A whole row (from 0)."""
    return Cell(number + 1, ("rows", number, "when"), text(table.trees[number]))


def nearest(table: Table, values: Values, vocabulary: Vocabulary) -> Iterator[Cell]:
    """The cells that keep the nearest rows from covering a point: of the rows with the fewest such cells."""
    lacking = [
        (number, _short(tree, True, values, vocabulary, ())) for number, tree in enumerate(table.trees)
    ]
    fewest = min(len(cells) for _, cells in lacking)
    for number, cells in lacking:
        if len(cells) == fewest:
            for where, tree in cells:
                yield Cell(number + 1, ("rows", number, "when", *where), text(tree))


def _short(
    tree: Tree, wanted: bool, values: Values, vocabulary: Vocabulary, where: Path
) -> list[tuple[Path, Tree]]:
    """The fewest tests that would have to answer otherwise for the tree to be met (or not), with their paths."""
    if "not" in tree:
        return _short(tree["not"], not wanted, values, vocabulary, (*where, "not"))
    if "stated" in tree:
        return _short(tree["stated"], wanted, values, vocabulary, (*where, "stated"))
    for word, all_needed in (("all", wanted), ("any", not wanted)):
        if word in tree:
            parts = [
                _short(child, wanted, values, vocabulary, (*where, word, index))
                for index, child in enumerate(tree[word])
            ]
            return [cell for part in parts for cell in part] if all_needed else min(parts, key=len)
    answer = compile_criterion(tree, vocabulary).test(values)
    return [] if answer is wanted else [(where, tree)]


def differing(table: Table, one: int, other: int) -> Iterator[Cell]:
    """The cells in which two rows that clash differ: of facts that they do not test alike; else both rows."""
    tests = {n: list(_tests(table.trees[n], ())) for n in (one, other)}
    unlike = {
        fact
        for fact in facts_of(table.trees[one]) | facts_of(table.trees[other])
        if _of(fact, tests[one]) != _of(fact, tests[other])
    }
    for number in (one, other):
        apart = [(where, tree) for where, tree in tests[number] if facts_of(tree) & unlike]
        for where, tree in apart or [((), table.trees[number])]:
            yield Cell(number + 1, ("rows", number, "when", *where), text(tree))


def _of(fact: str, tests: Sequence[tuple[Path, Tree]]) -> set[str]:
    return {repr(tree) for _, tree in tests if fact in facts_of(tree)}


def _tests(tree: Tree, where: Path) -> Iterator[tuple[Path, Tree]]:
    """Every one-fact test of a tree with its path."""
    for word in ("not", "stated"):
        if word in tree:
            yield from _tests(tree[word], (*where, word))
            return
    for word in ("all", "any"):
        if word in tree:
            for index, child in enumerate(tree[word]):
                yield from _tests(child, (*where, word, index))
            return
    yield where, tree


def reading_silence(tree: Tree, where: Path = ()) -> Iterator[tuple[Path, Tree]]:
    """Every test of a tree that asks whether something is stated or known, with its path."""
    if "stated" in tree or "known" in tree:
        yield where, tree
    elif "not" in tree:
        yield from reading_silence(tree["not"], (*where, "not"))
    for word in ("all", "any"):
        for index, child in enumerate(tree.get(word, ())):
            yield from reading_silence(child, (*where, word, index))


def text(tree: Tree) -> str:
    """A test as it is written, without braces; a longer tree by the facts it names."""
    if "fact" in tree:
        told = (f"{k} {_plain(v)}" for k, v in tree.items() if k != "fact")
        return f"{tree['fact']} {' '.join(told)}"
    for word in ("known", "stated"):
        if word in tree:
            return f"{word} {tree[word] if word == 'known' else text(tree[word])}"
    return ", ".join(sorted(facts_of(tree))) or "always"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:3]))
        return f"[{shown}{', ...' if len(value) > 3 else ''}]"
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Statements: everything authored that holds under a condition, with the place where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..authored import Document
from ..pathway.answer import State

Kind = Literal[
    "row",
    "offer",
    "reason",
    "refusal",
    "silent",
    "unaddressed",
    "early",
    "unoffered",
    "contraindication",
    "off-pathway",
    "caution",
    "criterion",
]
Tree = Mapping[str, Any]
STATES: tuple[State, ...] = ("met", "not-met", "unknown")
_INSIDE_OFFER: Mapping[str, Kind] = {
    "reasons": "reason",
    "refusals": "refusal",
    "silent": "silent",
    "unaddressed": "unaddressed",
    "early": "early",
}
_RULES: Mapping[str, Kind] = {
    "contraindicated": "contraindication",
    "off-pathway": "off-pathway",
    "caution": "caution",
}
# stands for the group of a patient of whom the sources do not speak
NOT_ADDRESSED = "not-addressed"


@dataclass(frozen=True, slots=True)
class Statement:
    """One authored condition and what it decides.

    `address` names it uniquely: the offer's id, `offer > reason`, `disease option > rule`, `table row 3`, or the id
    of a criterion. `disease`, `group`, `option`, `unoffered` (options) and `derives` say where it counts. `never`
    holds the answers that its author says it cannot have, and why; `content` is all that is written of it, but for
    statements inside it.
    """

    address: str
    kind: Kind
    tree: Tree
    file: str
    line: int
    disease: str | None = None
    group: str | None = None
    option: str | None = None
    unoffered: tuple[str, ...] = ()
    derives: str | None = None
    never: Mapping[str, str] = field(default_factory=dict)
    content: Tree = field(default_factory=dict, compare=False, repr=False)


def statements(documents: Iterable[Document]) -> Iterator[Statement]:
    """Every condition of the authored files, in the order in which they are read."""
    for document in documents:
        content = document.content
        if "tables" in content:
            yield from _rows(document)
        elif "group" in content:
            yield from _offers(document, content["group"])
        elif NOT_ADDRESSED in content:
            yield from _offers(document, NOT_ADDRESSED)
        elif "orders" in content:
            yield from _rules(document)
        else:
            yield from _criteria(document, content, ())


def _statement(
    document: Document,
    row: Mapping[str, Any],
    where: tuple[str | int, ...],
    address: str,
    kind: Kind,
    **more: Any,
) -> Statement:
    line = document.line(where)
    content = {k: v for k, v in row.items() if k not in _INSIDE_OFFER and k != "never"}
    never = row.get("never", {})
    return Statement(address, kind, row["when"], document.name, line, never=never, content=content, **more)


def _rows(document: Document) -> Iterator[Statement]:
    for number, table in enumerate(document.content["tables"]):
        for index, row in enumerate(table["rows"]):
            where = ("tables", number, "rows", index)
            address = f"{table['table']} row {index + 1}"
            disease = document.content["disease"]
            yield _statement(document, row, where, address, "row", derives=table["derives"], disease=disease)


def _offers(document: Document, group: str) -> Iterator[Statement]:
    for number, offer in enumerate(document.content["offers"]):
        at = {"group": group, "option": offer["option"], "disease": document.content.get("disease")}
        where = ("offers", number)
        yield _statement(document, offer, where, offer["offer"], "offer", **at)
        for name, kind in _INSIDE_OFFER.items():
            for index, row in enumerate(offer.get(name, ())):
                address = f"{offer['offer']} > {row['id']}"
                yield _statement(document, row, (*where, name, index), address, kind, **at)


def _rules(document: Document) -> Iterator[Statement]:
    disease = document.content["disease"]
    for number, order in enumerate(document.content["orders"]):
        for name, kind in _RULES.items():
            for index, row in enumerate(order.get(name, ())):
                where = ("orders", number, name, index)
                address = f"{disease} {order['option']} > {row['id']}"
                yield _statement(document, row, where, address, kind, option=order["option"], disease=disease)
    for index, row in enumerate(document.content.get("unoffered", ())):
        address = f"{disease} unoffered > {row['id']}"
        options = tuple(row["options"])
        yield _statement(
            document, row, ("unoffered", index), address, "unoffered", unoffered=options, disease=disease
        )


def _criteria(document: Document, content: Any, where: tuple[str | int, ...]) -> Iterator[Statement]:
    """Conditions of every other file: whatever has a `when` and an id."""
    if isinstance(content, dict):
        if "when" in content:
            named = content.get("id") or content.get("criterion")
            stands_in = document.content.get("trial", document.name)
            address = named or f"{stands_in} {'.'.join(map(str, where))}"
            disease = document.content.get("disease")
            yield _statement(document, content, where, address, "criterion", disease=disease)
        for key, value in content.items():
            if key != "when":
                yield from _criteria(document, value, (*where, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _criteria(document, value, (*where, index))


def parts(tree: Tree, path: str = "") -> Iterator[tuple[str, Tree]]:
    """The sub-tests below a tree, each with its path (`all.2.not`, counted from 1)."""
    for key in ("all", "any"):
        for index, child in enumerate(tree.get(key, ()), 1):
            yield from _part(child, f"{path}{key}.{index}")
    for key in ("not", "stated"):
        if key in tree:
            yield from _part(tree[key], f"{path}{key}")


def _part(tree: Tree, path: str) -> Iterator[tuple[str, Tree]]:
    yield path, tree
    yield from parts(tree, f"{path}.")


def terse(tree: Tree) -> str:
    """A tree on one line, in the words in which it is authored."""
    if "fact" in tree:
        tests = (f"{k} {_listed(v)}" for k, v in tree.items() if k != "fact")
        return f"{tree['fact']} {' '.join(tests)}"
    if "known" in tree:
        return f"{tree['known']} known"
    if "always" in tree:
        return "always"
    for key in ("not", "stated"):
        if key in tree:
            return f"{key} ({terse(tree[key])})"
    word = "all" if "all" in tree else "any"
    return f"{word} of ({'; '.join(terse(child) for child in tree[word])})"


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def possible(tree: Tree) -> frozenset[State]:
    """The answers that a tree can have by its form alone: `always` is met, and what asks whether something is
    known or stated is never unknown."""
    if "always" in tree:
        return frozenset({"met"})
    if "known" in tree:
        return frozenset({"met", "not-met"})
    if "fact" in tree:
        return frozenset(STATES)
    if "stated" in tree:
        return frozenset("met" if s == "met" else "not-met" for s in possible(tree["stated"]))
    if "not" in tree:
        turned: Mapping[State, State] = {"met": "not-met", "not-met": "met", "unknown": "unknown"}
        return frozenset(turned[s] for s in possible(tree["not"]))
    children = [possible(child) for child in tree.get("all", tree.get("any", ()))]
    settles: State = "not-met" if "all" in tree else "met"
    else_: State = "met" if "all" in tree else "not-met"
    found: set[State] = set()
    if any(settles in child for child in children):
        found.add(settles)
    if all(else_ in child for child in children):
        found.add(else_)
    if any("unknown" in child for child in children):
        # one unknown is unknown as long as nothing else settles it
        others = (child for child in children if "unknown" not in child)
        if all(child - {settles} for child in others):
            found.add("unknown")
    return frozenset(found)

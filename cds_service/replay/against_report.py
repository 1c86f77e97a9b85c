"""What moved between two versions, grouped by what moved it: as text, JSON or one page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..pages import pages_of
from .against import Comparison
from .changes import Change
from .moves import Move
from .side_by_side import as_written

PAGES = pages_of("cds_service.replay")


def comparison_as_text(comparison: Comparison) -> str:
    """How many calls moved, then for each cause where it is written and what of which call it moved."""
    return "\n".join(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    yield f"{comparison.before} → {comparison.after}"
    yield _count(comparison)
    if comparison.problem:
        yield f"Causes are not told: {comparison.problem}"
    for cause, moved in comparison.by_cause().items():
        yield ""
        yield _headline(cause, len(moved))
        yield from (f"    {sign} {text}" for sign, text in (("-", cause.before), ("+", cause.after)) if text)
        for one in sorted(moved, key=lambda one: not one.advice):
            yield f"  {one.call.name}: {one.call.title}".removesuffix(": ")
            yield from (f"    {words}" for words in map(_words, one.moves))


def _count(comparison: Comparison) -> str:
    advice = sum(1 for one in comparison.moved if one.advice)
    words = len(comparison.moved) - advice
    return (
        f"{advice} of {comparison.calls} calls are advised differently, {words} more only in facts or words"
    )


def _headline(cause: Change, count: int) -> str:
    where = f" ({cause.file}:{cause.line})" if cause.file else ""
    return f"{cause.kind}: {cause.address}{where} moved {count}"


def _words(move: Move) -> str:
    return "{}: {} → {}".format(*_told(move))


def _told(move: Move) -> tuple[str, str, str]:
    """What moved, what it was and what it is."""
    if move.kind == "wording":
        cards = zip(move.before, move.after, strict=False)
        pairs = (pair for card in cards for pair in zip(*map(_said, card), strict=False))
        old, new = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
        return f"wording {move.name}", old, new
    if move.kind == "card":
        return f"card {move.name}", _indicators(move.before), _indicators(move.after)
    name = move.kind if move.kind == move.name else f"{move.kind} {move.name}"
    return name, _plain(move.before), _plain(move.after)


def _said(card: list[str | None]) -> list[str]:
    """Summary and paragraphs of a card."""
    return [" ".join(part.split()) for text in card if text for part in text.split("\n\n")]


def _indicators(cards: list[list[str]] | None) -> str:
    return ", ".join(indicator for (indicator,) in cards) if cards else "none"


def _plain(value: Any) -> str:
    return "none" if value is None else as_written(value)


def comparison_as_json(comparison: Comparison) -> str:
    """As an object with `before`, `after`, `calls`, `problem`, and two lists.

    `causes` have `kind`, `address`, `file`, `line`, `before` and `after`; `moved` have `name`, `title`, `advice`
    (whether more moved than facts and words), `moves` (each `kind`, `name`, `before`, `after`) and
    their `causes` by number in that list, from 0.
    """
    causes = list(comparison.by_cause())
    plain = {
        "before": comparison.before,
        "after": comparison.after,
        "calls": comparison.calls,
        "problem": comparison.problem,
        "causes": [
            {key: getattr(cause, key) for key in ("kind", "address", "file", "line", "before", "after")}
            for cause in causes
        ],
        "moved": [
            {
                "name": one.call.name,
                "title": one.call.title,
                "advice": one.advice,
                "moves": one.moves,
                "causes": [causes.index(cause) for cause in one.causes],
            }
            for one in comparison.moved
        ],
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode() + "\n"


def comparison_as_page(comparison: Comparison) -> str:
    """One page: each cause with the calls that it moved."""
    return PAGES.get_template("against.html.jinja").render(
        before=comparison.before,
        after=comparison.after,
        count=_count(comparison),
        problem=comparison.problem,
        causes=[
            {
                "headline": _headline(cause, len(moved)),
                "before": cause.before,
                "after": cause.after,
                "moved": [
                    {
                        "name": one.call.name,
                        "title": one.call.title,
                        "moves": [_told(move) for move in one.moves],
                    }
                    for one in sorted(moved, key=lambda one: not one.advice)
                ],
            }
            for cause, moved in comparison.by_cause().items()
        ],
    )

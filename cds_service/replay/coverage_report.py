"""The coverage as text, JSON or one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..pages import pages_of
from .coverage import Coverage, Covered, Part, sums
from .statements import STATES, possible, terse

PAGES = pages_of("cds_service.replay")
PLURALS = {
    "row": "table rows",
    "offer": "offers",
    "reason": "reasons",
    "refusal": "refusals",
    "silent": "silences",
    "unaddressed": "gaps of the sources",
    "contraindication": "contraindications",
    "early": "orders before their turn",
    "unoffered": "options that no group offers",
    "off-pathway": "orders off the pathway",
    "caution": "cautions",
    "criterion": "other criteria",
}


def as_text(coverage: Coverage) -> str:
    """How much is shown, then every answer that no fixture shows and every one that was ruled out."""
    return "\n".join(_lines(coverage))


def _lines(coverage: Coverage) -> Iterator[str]:
    yield f"Knowledge {coverage.version}, {len(coverage.fixtures)} fixtures"
    for kind, (count, complete) in sums(coverage).items():
        yield f"  {PLURALS[kind]}: {complete} of {count} with every answer shown"
    branches = [part for covered in coverage.covered for part in covered.parts]
    shown = sum(1 for part in branches if part.shown["met"] and part.shown["not-met"])
    yield f"  sub-tests: {shown} of {len(branches)} shown both met and not met"
    problems = sorted(coverage.problems())
    if problems:
        yield "Not shown or wrongly ruled out:"
        yield from (f"  {line}" for line in problems)
    ruled_out = [c for c in coverage.covered if c.statement.never]
    if ruled_out:
        yield "Said to be impossible, and why:"
    for covered in sorted(ruled_out, key=lambda c: c.statement.address):
        for word, why in sorted(covered.statement.never.items()):
            yield f"  {covered.statement.address}: never {word}: {why}"


def as_json(coverage: Coverage) -> str:
    """The whole coverage; fixtures are named once and then meant by their number in that list, from 0.

    Same knowledge and fixtures: same bytes.
    """
    return msgspec.json.format(msgspec.json.encode(_plain(coverage)), indent=1).decode()


def as_html(coverage: Coverage) -> str:
    """One page with everything in it, to filter and to open statement by statement."""
    return PAGES.get_template("coverage.html.jinja").render(
        version=coverage.version,
        fixtures=len(coverage.fixtures),
        sums=[(PLURALS[kind], count, complete) for kind, (count, complete) in sums(coverage).items()],
        kinds=list(sums(coverage)),
        content=_plain(coverage),
    )


def _plain(coverage: Coverage) -> dict[str, Any]:
    number = {name: index for index, name in enumerate(coverage.fixtures)}
    return {
        "knowledgeVersion": coverage.version,
        "fixtures": list(coverage.fixtures),
        "statements": [_statement(covered, number) for covered in coverage.covered],
    }


def _statement(covered: Covered, number: dict[str, int]) -> dict[str, Any]:
    one = covered.statement
    found: dict[str, Any] = {
        "address": one.address,
        "kind": one.kind,
        "file": one.file,
        "line": one.line,
        "condition": terse(one.tree),
        "answers": _numbers(covered, number),
        "possible": [s for s in STATES if s in possible(one.tree)],
        "lacks": list(covered.lacks),
    }
    if one.group:
        found["group"] = one.group
    if one.option:
        found["option"] = one.option
    if one.never:
        found["never"] = dict(one.never)
    if covered.contradicted:
        found["contradicted"] = list(covered.contradicted)
    if covered.parts:
        found["parts"] = [
            {"path": p.path, "condition": p.words, "answers": _numbers(p, number)} for p in covered.parts
        ]
    return found


def _numbers(of: Covered | Part, number: dict[str, int]) -> dict[str, list[int]]:
    return {word: [number[name] for name in of.shown[word]] for word in STATES}

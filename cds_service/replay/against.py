"""The same calls answered by two versions: whose advice moves, and what was written differently that moved it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..authored import AuthoringMistakes
from ..loading import load
from .changes import Change, changed_codes, changed_files, changed_statements
from .inputs import Replayable
from .moves import Move, facts_kept, moves
from .statements import Statement, statements
from .version import Answered, Version, ask

_UNATTRIBUTED = Change("program", "nothing written differently explains it", "", 0, "", "", None, None)


@dataclass(frozen=True, slots=True)
class Moved:
    """One call whose answer moved, what of it, and which of the changes moved it."""

    call: Replayable
    moves: tuple[Move, ...]
    causes: tuple[Change, ...]

    @property
    def advice(self) -> bool:
        """Whether more moved than facts behind the advice and the words of cards."""
        return any(move.kind not in ("fact", "wording") for move in self.moves)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions held against each other on the same calls. `problem` says why causes are not told, if so."""

    before: str
    after: str
    calls: int
    moved: tuple[Moved, ...]
    problem: str = ""

    def by_cause(self) -> dict[Change, list[Moved]]:
        """The calls that each cause moved, the cause that moved most first."""
        found: dict[Change, list[Moved]] = {}
        for one in self.moved:
            for cause in one.causes:
                found.setdefault(cause, []).append(one)
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def compare(calls: Sequence[Replayable], before: Version, after: Version) -> Comparison:
    """Answer all calls by both versions, side by side. Raises VersionError."""
    with ThreadPoolExecutor(2) as both:
        old, new = both.map(lambda version: ask(version, calls), (before, after))
    problem = ""
    try:
        changes = [*_changes(before, after)]
    except AuthoringMistakes as refused:
        changes, problem = (
            [],
            f"what {before.name} has written is not read by this version: {refused.mistakes[0]}",
        )
    attributed = _Attribution(changes, old, new)
    found = []
    for number, (call, was, is_) in enumerate(zip(calls, old.answers, new.answers, strict=True)):
        if moved := moves(was, is_):
            kept = facts_kept(was[1], is_[1])
            found.append(Moved(call, tuple(moved), tuple(attributed.causes(number, call, moved, kept))))
    return Comparison(_told(before, old), _told(after, new), len(calls), tuple(found), problem)


def _told(version: Version, answered: Answered) -> str:
    return f"{version.name} (knowledge {answered.knowledge_version})"


def _changes(before: Version, after: Version) -> Iterator[Change]:
    yield from changed_statements(_written(before), _written(after))
    yield from changed_codes(before.knowledge, after.knowledge)
    yield from changed_files(before.knowledge, after.knowledge, "mapping", "knowledge")
    yield from changed_files(before.wording, after.wording, "wording", "cards")


def _written(version: Version) -> list[Statement]:
    loaded = load(version.knowledge, version.wording, snomed_affiliate=True)
    return list(statements(loaded.conditional))


class _Attribution:
    """Which changes moved an answer.

    A statement moved it if the answer rests on it, before or after, and it is met or unknown there; a table row not
    if the fact that it derives stayed the same. A code moved it if the call holds the code and a fact or the order's
    option is read otherwise; another file of readings, if nothing else did. Wording, if cards only say something else.
    """

    def __init__(self, changes: Sequence[Change], old: Answered, new: Answered) -> None:
        self.changes = changes
        self.old = old
        self.new = new

    def causes(
        self, number: int, call: Replayable, moved: Sequence[Move], kept: frozenset[str]
    ) -> list[Change]:
        """At least one for every answer that moved. `kept` are the facts that stayed the same."""
        stated = [c for c in self.changes if (c.old or c.new) and self._rests_on(c, number, kept)]
        coded = [c for c in self.changes if c.codes]
        body = json.dumps(call.call(_NO_TEMPLATES)) + json.dumps(getattr(call, "resources", ()))
        mapped = (
            [c for c in coded if any(f'"{code}' in body for _, code in c.codes)]
            if _read_otherwise(moved)
            else []
        )
        if not mapped and not stated:
            mapped = [c for c in self.changes if c.kind == "mapping" and not c.codes]
        worded = (
            [c for c in self.changes if c.kind == "wording"] if {m.kind for m in moved} == {"wording"} else []
        )
        return [*stated, *mapped, *worded] or [_UNATTRIBUTED]

    def _rests_on(self, change: Change, number: int, kept: frozenset[str]) -> bool:
        sides = ((change.old, self.old), (change.new, self.new))
        return any(
            s and s.derives not in kept and number in a.shown.get((s.kind, s.address, s.group), ())
            for s, a in sides
        )


_NO_TEMPLATES: dict[str, str] = {}


def _read_otherwise(moved: Sequence[Move]) -> bool:
    return any(m.kind in ("fact", "verdict", "status", "group") for m in moved)

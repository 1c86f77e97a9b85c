"""What was written differently in two folders of knowledge and wording: statements, codes, files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import yaml

from .statements import Kind as StatementKind
from .statements import Statement, terse

Kind = Literal["table row", "option", "rule", "mapping", "wording", "program"]
_KINDS: Mapping[StatementKind, Kind] = {
    "row": "table row",
    "offer": "option",
    "reason": "option",
    "refusal": "option",
    "silent": "option",
    "unaddressed": "option",
    "early": "option",
    "contraindication": "rule",
    "off-pathway": "rule",
    "caution": "rule",
    "unoffered": "rule",
    "criterion": "rule",
}
# files whose statements are compared one by one
_STATED = ("tables", "pathways", "offer_sets", "orders", "trials", "not-addressed.yaml", "scope.yaml")
_NOT_READ = ("CHECKED", "sources.yaml")


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is written differently: where, and what it was and is in one line each (empty: not there).

    `old` and `new` are the statements, `codes` the (system, code) pairs that came or went, where it is one of these.
    """

    kind: Kind
    address: str
    file: str
    line: int
    before: str
    after: str
    old: Statement | None = field(default=None, compare=False, repr=False)
    new: Statement | None = field(default=None, compare=False, repr=False)
    codes: frozenset[tuple[str, str]] = frozenset()


def changed_statements(old: Iterable[Statement], new: Iterable[Statement]) -> list[Change]:
    """Statements that differ. A table row is the same row wherever it stands; rows left over are paired in order."""
    before, after = _by_place(old), _by_place(new)
    found = []
    for place in dict.fromkeys((*before, *after)):
        gone, came = _without_same(before.get(place, []), after.get(place, []))
        for number in range(max(len(gone), len(came))):
            one = gone[number] if number < len(gone) else None
            other = came[number] if number < len(came) else None
            found.append(_change(one, other))
    return found


def _by_place(statements: Iterable[Statement]) -> dict[tuple[str | None, ...], list[Statement]]:
    found: dict[tuple[str | None, ...], list[Statement]] = {}
    for one in statements:
        address = one.address.rsplit(" row ", 1)[0] if one.kind == "row" else one.address
        found.setdefault((one.kind, address, one.group, one.disease), []).append(one)
    return found


def _without_same(old: list[Statement], new: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    was, is_ = {_text(s.content) for s in old}, {_text(s.content) for s in new}
    return [s for s in old if _text(s.content) not in is_], [s for s in new if _text(s.content) not in was]


def _change(old: Statement | None, new: Statement | None) -> Change:
    one = new or old
    assert one is not None
    before, after = (_words(s) if s else "" for s in (old, new))
    if before == after:
        before, after = (_text(s.content) if s else "" for s in (old, new))
    return Change(_KINDS[one.kind], one.address, one.file, one.line, before, after, old, new)


def _words(statement: Statement) -> str:
    """A statement on one line, without what is cited."""
    rest = {k: v for k, v in statement.content.items() if k not in ("when", "cite")}
    told: str = yaml.safe_dump(
        rest, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return f"when {terse(statement.tree)}: {told.strip()[1:-1]}"


def changed_codes(old: Path, new: Path) -> Iterator[Change]:
    """Concepts of the value sets whose codes differ."""
    before, after = _concepts(old), _concepts(new)
    for place in dict.fromkeys((*before, *after)):
        was, is_ = before.get(place, {}), after.get(place, {})
        if moved := was.keys() ^ is_.keys():
            told = [", ".join(f"{s} {c}" for s, c in sorted(codes.keys() & moved)) for codes in (was, is_)]
            line = next((line for codes in (is_, was) for pair, line in codes.items() if pair in moved), 1)
            yield Change("mapping", place[1], place[0], line, told[0], told[1], codes=frozenset(moved))


def _concepts(knowledge: Path) -> dict[tuple[str, str], dict[tuple[str, str], int]]:
    """By file and concept the codes with their lines."""
    found: dict[tuple[str, str], dict[tuple[str, str], int]] = {}
    for path in sorted((knowledge / "value_sets").rglob("*.yaml")):
        text = path.read_text("utf-8")
        name = f"knowledge/{path.relative_to(knowledge).as_posix()}"
        lines = {part: n for n, part in reversed(list(enumerate(text.splitlines(), 1)))}
        for concept, codings in (yaml.load(text, yaml.CSafeLoader).get("concepts") or {}).items():
            for coding in codings or ():
                pair = (str(coding.get("system")), str(coding.get("code")))
                line = next((n for part, n in lines.items() if f'"{pair[1]}"' in part), 1)
                found.setdefault((name, concept), {})[pair] = line
    return found


def changed_files(old: Path, new: Path, kind: Kind, name: str) -> Iterator[Change]:
    """Files that differ, other than those of which statements and codes are compared one by one."""
    before, after = _files(old), _files(new)
    for path in sorted(before.keys() | after.keys()):
        if kind == "mapping" and path.split("/")[0] in (*_STATED, "value_sets", *_NOT_READ):
            continue
        if before.get(path) != after.get(path):
            was, is_ = (
                files.get(path, b"").decode(errors="replace").splitlines() for files in (before, after)
            )
            pairs = enumerate(zip_longest(was, is_, fillvalue=""))
            same, told = next(((n, pair) for n, pair in pairs if pair[0] != pair[1]), (0, ("", "")))
            yield Change(kind, path, f"{name}/{path}", same + 1, told[0].strip(), told[1].strip())


def _files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.suffix in (".yaml", ".md")
    }


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)

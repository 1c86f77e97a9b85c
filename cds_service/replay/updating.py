"""Expectations brought up to date where only words moved: ids of cards and their wording.

Groups, facts, options, verdicts and the kind of advice follow from the sources; they are never taken from an answer.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml

from ..case.vocabulary import Vocabulary
from .building import build
from .case_file import FILE
from .compare import differences
from .fixture import Fixture
from .run import Outcome

EXPECTED = "expected.yaml"
_WORDING = ("summary", "detail")


@dataclass(frozen=True, slots=True)
class Update:
    """What an expectation becomes: the file in which it is authored, and its new text.

    `refused` are the differences that only its author can settle; then nothing changes.
    """

    file: Path
    text: str = ""
    refused: tuple[str, ...] = ()

    def diff(self) -> str:
        """The change as a unified diff."""
        before = self.file.read_text("utf-8").splitlines(keepends=True)
        return "".join(
            unified_diff(before, self.text.splitlines(keepends=True), str(self.file), str(self.file))
        )

    def write(self, vocabulary: Vocabulary) -> None:
        """Write the file, and the expectation that is built from it if it is a `case.yaml`."""
        self.file.write_text(self.text, encoding="utf-8")
        if self.file.name == FILE:
            built = self.file.with_name(EXPECTED)
            built.write_text(build(self.file, vocabulary)[EXPECTED], encoding="utf-8")


def update_of(outcome: Outcome, card_ids: Collection[str]) -> Update:
    """The update of a fixture that differs. `card_ids` are the cards that the wording has.

    A card's id is rewritten only if the wording has none of the expected id any more: else another card came for
    a clinical reason. What stands in a `case.yaml` is changed there.
    """
    if not isinstance(outcome.call, Fixture):
        return Update(outcome.call.path, refused=outcome.differences)
    folder = outcome.call.folder
    changes = dict(
        _changes(outcome.call.expected.get("cards", ()), outcome.answer.get("cards", ()), card_ids)
    )
    expected = copy.deepcopy(dict(outcome.call.expected))
    for (number, key), value in changes.items():
        expected["cards"][number][key] = value
    refused = tuple(differences(expected, outcome.status, outcome.answer))
    if refused or not changes:
        return Update(folder, refused=refused or outcome.differences)
    described = (folder / FILE).is_file()
    file, inside = (folder / FILE, ("expect", "cards")) if described else (folder / EXPECTED, ("cards",))
    at = {(*inside, *where): value for where, value in changes.items()}
    return Update(file, rewritten(file.read_text("utf-8"), at))


def _changes(
    wanted: Sequence[Mapping[str, Any]], came: Sequence[Mapping[str, Any]], card_ids: Collection[str]
) -> Iterator[tuple[tuple[int, str], str]]:
    """By number of the card and key: what an expectation of ids or wording would have to be."""
    if len(wanted) != len(came):
        return
    for number, (want, card) in enumerate(zip(wanted, came, strict=True)):
        code, subject = card["source"]["topic"]["code"], "".join(filter(str.isalnum, want.get("option", "")))
        if want["card"] not in card_ids:
            yield from (((number, "card"), name) for name in card_ids if name + subject == code)
        for key in _WORDING:
            if key in want and key in card and want[key] != card[key]:
                yield (number, key), card[key]


def rewritten(text: str, changes: Mapping[tuple[str | int, ...], str]) -> str:
    """YAML with other strings at some paths of keys and indexes; all else, comments and layout, stays as it is.

    Raises KeyError for a path that leads to no scalar.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    spots = sorted((_spot(root, path), value) for path, value in changes.items())
    for (start, end), value in reversed(spots):
        # the mark of a block scalar is at the beginning of what follows it
        ending = "\n" if text[start:end].endswith("\n") else ""
        text = text[:start] + _scalar(value) + ending + text[end:]
    return text


def _spot(node: Any, path: tuple[str | int, ...]) -> tuple[int, int]:
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = {key.value: value for key, value in node.value}[step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        else:
            raise KeyError(path)
    if not isinstance(node, yaml.ScalarNode):
        raise KeyError(path)
    return node.start_mark.index, node.end_mark.index


def _scalar(value: str) -> str:
    """A string on one line, quoted where YAML asks for it inside brackets as well."""
    if "\n" in value:
        return json.dumps(value, ensure_ascii=False)
    listed: str = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=1_000_000)
    return listed.strip()[1:-1]

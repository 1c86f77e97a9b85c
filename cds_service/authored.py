"""Authored YAML with the line of every value, so that a mistake is reported where its author will look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs
import yaml

from .case.vocabulary import AuthoringError, nearest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Where = tuple[str | int, ...]

_TEXT = "tag:yaml.org,2002:str"
# far beyond what anybody can follow, far below what Python compiles
_MOST_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in an authored file. `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class AuthoringMistakes(Exception):
    """Authored content was refused; `mistakes` says where and why, one entry each."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Document:
    """One authored file: plain content, and the line of each path of keys and indexes."""

    name: str
    content: Any
    lines: Mapping[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int:
        """The line of a path, or of the nearest enclosing one."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def mistake(self, error: AuthoringError) -> Mistake:
        return Mistake(self.name, self.line(error.where), error.message)

    def rearranged(self, content: Any, key: str, places: Sequence[int]) -> Document:
        """The document with other content, the list under `key` made of its own entries: entry n of the new
        list stands at the line of entry `places[n]`."""
        kept = {where: line for where, line in self.lines.items() if where[:1] != (key,)}
        inside: dict[int, dict[Where, int]] = {}
        for where, line in self.lines.items():
            if where[:1] == (key,) and len(where) > 1 and isinstance(where[1], int):
                inside.setdefault(where[1], {})[where[2:]] = line
        for new, old in enumerate(places):
            kept |= {(key, new, *rest): line for rest, line in inside.get(old, {}).items()}
        return Document(self.name, content, kept)


def read_yaml(path: Path, name: str) -> Document:
    """Read one YAML file. Raises AuthoringMistakes for broken YAML, for a key that stands twice or is no word, for what
    nests too deep, for a date that no calendar has, and for a number without end (`.inf`) or none at all (`.nan`), of
    which nothing authored can make use."""
    lines: dict[Where, int] = {}
    try:
        with path.open("rb") as stream:
            loader = yaml.CSafeLoader(stream)
            try:
                node = loader.get_single_node()
                content = _construct(loader, node, (), lines, name)
            finally:
                loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise AuthoringMistakes([Mistake(name, line, f"not readable as YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise AuthoringMistakes(
            [Mistake(name, 1, "not readable as YAML: this is not text in UTF-8")]
        ) from error
    return Document(name, content, lines)


def _construct(loader: Any, node: Any, where: Where, lines: dict[Where, int], name: str) -> Any:
    """Plain Python of a YAML node; scalars by YAML's own rules."""
    if node is None:
        return None
    lines[where] = node.start_mark.line + 1
    if len(where) > _MOST_LEVELS:
        told = f"this stands more than {_MOST_LEVELS} levels deep: part it"
        raise AuthoringMistakes([Mistake(name, lines[where], told)])
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, child, (*where, i), lines, name) for i, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        value = _scalar(loader, node, name)
        if isinstance(value, float) and not isfinite(value):
            raise AuthoringMistakes(
                [Mistake(name, lines[where], f"{node.value} is no number that can be used")]
            )
        return value
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise AuthoringMistakes([Mistake(name, line, "a key is a word, not a list of more")])
        key = _scalar(loader, key_node, name)
        if key in found:
            raise AuthoringMistakes([Mistake(name, line, f"the key {key!r} stands twice")])
        found[key] = _construct(loader, value_node, (*where, key), lines, name)
        lines[(*where, key)] = key_node.start_mark.line + 1
    return found


def _scalar(loader: Any, node: Any, name: str) -> Any:
    # nearly all are plain text, for which the loader would look through everything that it can make
    if node.tag == _TEXT and isinstance(node, yaml.ScalarNode):
        return node.value
    try:
        return loader.construct_object(node)
    except ValueError as error:
        told = f"{node.value} looks like a date or a number and is none"
        raise AuthoringMistakes([Mistake(name, node.start_mark.line + 1, told)]) from error


class Schema:
    """A JSON Schema (Draft 2020-12), made ready once for all the documents that are held against it."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._rules = rules
        self._quick = jsonschema_rs.Draft202012Validator(dict(rules))

    def mistakes(self, document: Document) -> list[Mistake]:
        """What the schema says against a document, one mistake a place, with the nearest valid word."""
        # Content is nearly always sound: the quick validator says so, the thorough one explains what is not.
        return [] if self._fits(document.content) else _mistakes(document, self._rules)

    def _fits(self, content: Any) -> bool:
        try:
            return self._quick.is_valid(content)
        except ValueError:  # what YAML knows and JSON does not: a date, a key that is a number
            return False


def _mistakes(document: Document, rules: Mapping[str, Any]) -> list[Mistake]:
    # content is nearly always sound: what explains mistakes is not imported at each start
    from jsonschema import Draft202012Validator

    deepest = [_deepest(e) for e in Draft202012Validator(rules).iter_errors(document.content)]
    mistakes: dict[tuple[int, str], Mistake] = {}
    for error in deepest:
        where: Where = tuple(error.absolute_path)
        extra = _extra_key(error)
        if extra is not None:
            where = (*where, extra)
        mistake = Mistake(document.name, document.line(where), _message(error, extra))
        mistakes[mistake.line, mistake.message] = mistake
    return sorted(mistakes.values(), key=lambda m: (m.line, m.message))


def _deepest(error: ValidationError) -> ValidationError:
    """The most specific error behind one that only says that no alternative fits."""
    while error.context and error.validator in ("anyOf", "oneOf"):
        error = max(error.context, key=lambda e: len(e.absolute_path))
    return error


def _extra_key(error: ValidationError) -> str | None:
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return None
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return next((str(k) for k in error.instance if k not in known), None)


def _message(error: ValidationError, extra: str | None) -> str:
    place = ".".join(str(p) for p in error.absolute_path)
    at = f"{place}: " if place else ""
    if extra is not None and isinstance(error.schema, dict):
        known = list(error.schema.get("properties", {}))
        return f"{at}{extra!r} is not allowed here{nearest(extra, known) or '; allowed: ' + ', '.join(known)}"
    if error.validator == "enum" and isinstance(error.validator_value, list):
        valid = error.validator_value
        told = ", ".join(str(v) for v in valid[:12]) + (", ..." if len(valid) > 12 else "")
        return f"{at}{error.instance!r} is not valid{nearest(error.instance, valid) or f'; expected one of {told}'}"
    if error.validator == "required":
        instance: Any = error.instance
        absent = [k for k in cast("list[str]", error.validator_value) if k not in instance]
        return f"{at}missing: {', '.join(absent)}"
    if error.validator == "not":
        pair = error.validator_value.get("required", []) if isinstance(error.validator_value, dict) else []
        return f"{at}{' and '.join(pair)} exclude each other: one of them would be ignored"
    if error.validator == "oneOf":
        alternatives: Any = error.validator_value
        names = ", ".join(name for one in alternatives for name in one.get("required", ()))
        return f"{at}expected exactly one of {names}"
    return f"{at}{error.message[:200]}"

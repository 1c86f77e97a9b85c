"""The shape of a document: the rules of `shape.yaml`, and the members that must not be null or empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import jsonschema_rs
import yaml

from .finding import Finding, held

Kind = Literal["discovery", "response"]
MAY_BE_EMPTY = ("cards", "services")
NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class _Rule:
    requirement: str
    at: tuple[str, ...]
    schema: jsonschema_rs.Validator
    only: jsonschema_rs.Validator | None


def shape_findings(kind: Kind, document: Any, where: str) -> Iterator[Finding]:
    """A finding for each rule and each place of the document that it is about."""
    for rule in _rules(kind):
        for place, element in elements(document, rule.at) if rule.at else [("", document)]:
            if rule.only is None or rule.only.is_valid(element):
                yield _judged(rule, element, where, place)
    yield from emptiness_findings(document, where)


def _judged(rule: _Rule, element: Any, where: str, place: str) -> Finding:
    try:
        rule.schema.validate(element)
    except jsonschema_rs.ValidationError as broken:
        inner = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in broken.instance_path)
        keyword = str(broken.schema_path[-1]) if broken.schema_path else "schema"
        told = f"breaks `{keyword}` at {(place + inner).lstrip('.') or 'the top'}"
        return Finding(rule.requirement, "fail", where, told)
    return Finding(rule.requirement, "pass", where)


def emptiness_findings(document: Any, where: str) -> Iterator[Finding]:
    """Whether members are null, and whether they are empty; inside FHIR resources too."""
    places = list(empty_members(document))
    nulls = [place for place, value in places if value is None]
    empties = [place for place, value in places if value is not None]
    yield held("json.no-null", not nulls, where, f"null at {', '.join(nulls[:5])}")
    yield held("json.no-empty", not empties, where, f"empty: {', '.join(empties[:5])}")
    told = ", ".join(place for place, _ in places[:5])
    yield held("json.omitted", not places, where, f"without a value, yet sent: {told}")


def empty_members(document: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each member that is null or empty, by its path; `cards` and `services` at the top may be empty arrays."""
    if isinstance(document, dict):
        inner = [(f"{place}.{name}".lstrip("."), value) for name, value in document.items()]
    elif isinstance(document, list):
        inner = [(f"{place}[{index}]", value) for index, value in enumerate(document)]
    else:
        return
    for path, value in inner:
        if value in NOTHING and not (path in MAY_BE_EMPTY and value == []):
            yield path, value
        yield from empty_members(value, path)


def elements(document: Any, path: Sequence[str], place: str = "") -> Iterator[tuple[str, Any]]:
    """Every element at the end of a path, with where it stands; what cannot be walked has none."""
    if isinstance(document, list):
        for index, element in enumerate(document):
            yield from elements(element, path, f"{place}[{index}]")
    elif not path:
        yield place, document
    elif isinstance(document, dict) and path[0] in document:
        yield from elements(document[path[0]], path[1:], f"{place}.{path[0]}".lstrip("."))


@cache
def _rules(kind: Kind) -> tuple[_Rule, ...]:
    text = files(__package__).joinpath("shape.yaml").read_text(encoding="utf-8")
    return tuple(
        _Rule(
            row["requirement"],
            tuple(row["at"].split(".")) if row["at"] else (),
            jsonschema_rs.Draft202012Validator(row["schema"]),
            jsonschema_rs.Draft202012Validator(row["only"]) if "only" in row else None,
        )
        for row in yaml.safe_load(text)[kind]
    )

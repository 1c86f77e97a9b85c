"""A site's ConceptMap: local codes that stand for codes we know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

# in R4 the equivalence says what the target is to the source: as wide or wider is safe to read as the target
USABLE = frozenset({"equal", "equivalent", "wider", "subsumes"})
LEFT_OUT = frozenset({"unmatched", "disjoint"})

Aliases = Mapping[tuple[str, str], tuple[tuple[str, str], ...]]


class ConceptMapError(Exception):
    """A ConceptMap that cannot be used; the message says where and why."""


class _Target(msgspec.Struct):
    code: str | None = None
    equivalence: str = "equivalent"


class _Element(msgspec.Struct):
    code: str
    target: list[_Target] = []


class _Group(msgspec.Struct):
    source: str
    target: str
    element: list[_Element] = []


class _ConceptMap(msgspec.Struct, rename="camel"):
    resource_type: str
    group: list[_Group] = []


def read_concept_map(path: Path) -> Aliases:
    """Local (system, code) -> the (system, code) pairs that it stands for.

    Raises ConceptMapError if the file is missing, is no R4 ConceptMap, or maps a code to a narrower or merely
    related one: such a target would say more than the record.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_ConceptMap)
    except OSError as error:
        raise ConceptMapError(f"cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ConceptMapError(f"is no R4 ConceptMap: {error}") from error
    if found.resource_type != "ConceptMap":
        raise ConceptMapError(f"holds a {found.resource_type}, not a ConceptMap")
    aliases: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for group in found.group:
        for element in group.element:
            for target in element.target:
                if target.equivalence in LEFT_OUT or target.code is None:
                    continue
                if target.equivalence not in USABLE:
                    raise ConceptMapError(
                        f"{group.source}|{element.code} maps to {target.code} as "
                        f"{target.equivalence!r}; only {', '.join(sorted(USABLE))} can be read"
                    )
                aliases.setdefault((group.source, element.code), []).append((group.target, target.code))
    return {local: tuple(targets) for local, targets in aliases.items()}

"""Code tables: which concept of ours a coding stands for, whatever system, alias or spelling it came in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..case.vocabulary import AuthoringError, nearest
from .concept_map import Aliases
from .resources import CodeableConcept, Coding

# as in LOINC, SNOMED CT, RxNorm, ICD, ATC: no word is one
_PUBLIC = re.compile(r"[A-Z]{0,3}\d[\dA-Z./-]{0,16}")

NONE: frozenset[str] = frozenset()

SYSTEMS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["systems"],
    "additionalProperties": False,
    "properties": {
        "systems": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["system", "uri"],
                "additionalProperties": False,
                "properties": {
                    "system": {"type": "string"},
                    "uri": {"type": "string"},
                    "also": {"type": "array", "items": {"type": "string"}},
                    "spelling": {"enum": ["as-is", "dots-optional", "morphology", "hgnc"]},
                },
            },
        }
    },
}
VALUE_SET_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["value_set", "concepts"],
    "additionalProperties": False,
    "properties": {
        "value_set": {"type": "string"},
        "concepts": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["system", "code"],
                    "additionalProperties": False,
                    "properties": {
                        "system": {"type": "string"},
                        "code": {"type": "string"},
                        "display": {"type": "string"},
                        "prefix": {"const": True},
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class _System:
    name: str
    uri: str
    spelling: str

    def normal(self, code: str) -> str:
        code = code.strip()
        if self.spelling == "dots-optional":
            return code.replace(".", "").upper()
        if self.spelling == "morphology":
            return code.replace(".", "").upper()
        if self.spelling == "hgnc":
            return code.upper().removeprefix("HGNC:")
        return code


@dataclass(frozen=True, slots=True)
class Terminology:
    """Every code that the service knows. Immutable and shared.

    `codings` gives back, for a concept, its (system uri, code, display) rows, for what we emit.
    """

    systems: Mapping[str, _System]
    exact: Mapping[tuple[str, str], frozenset[str]]
    prefixes: Mapping[tuple[str, str], frozenset[str]]
    codings: Mapping[str, tuple[tuple[str, str, str | None], ...]]
    displays: Mapping[tuple[str, str], str] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=dict)
    _memo: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def concepts_of(self, coding: Coding) -> frozenset[str]:
        """The concepts of one coding; empty if its system or code is not known (which is never a *no*)."""
        if not coding.system or not coding.code:
            return NONE
        key = (coding.system, coding.code)
        found = self._memo.get(key)
        if found is None:
            found = self._look_up(*key)
            # Codes of an EHR are few. Text put into `code` may be about the patient: it is not kept.
            if len(self._memo) < 20_000 and self._may_keep(*key):
                self._memo[key] = found
        return found

    def display_of(self, coding: Coding) -> str | None:
        """Our own display of a coding's code, whatever display the record gives."""
        system = self.systems.get((coding.system or "").strip().split("|")[0].rstrip("/"))
        return self.displays.get((system.name, system.normal(coding.code or ""))) if system else None

    def system_name(self, uri: str | None) -> str | None:
        """Our short name of a code system, by any of its spellings."""
        system = self.systems.get(uri or "")
        if system is None:
            plain = (uri or "").strip()
            system = self.systems.get(plain) or self.systems.get(plain.split("|")[0].rstrip("/"))
        return system.name if system else None

    def codes_in(self, system: str, concept: CodeableConcept | None) -> list[str]:
        """The codes of one system among the codings, and those that local codings stand for."""
        found = []
        for coding in (concept.coding or ()) if concept else ():
            if not coding.system or not coding.code:
                continue
            if coding.system == system or coding.system.startswith(f"{system}|"):
                found.append(coding.code)
            if self.aliases:
                local = self.aliases.get((coding.system, coding.code), ())
                found += [code for uri, code in local if uri.split("|")[0] == system]
        return found

    def concepts(self, concept: CodeableConcept | None) -> frozenset[str]:
        """The concepts of every coding, wherever the standard one stands in the list."""
        if concept is None or not (codings := concept.coding):
            return NONE
        if len(codings) == 1:
            # as nearly all are, and their code was asked for before
            (coding,) = codings
            found = self._memo.get((coding.system or "", coding.code or ""))
            return self.concepts_of(coding) if found is None else found
        return NONE.union(*[self.concepts_of(c) for c in codings])

    def _may_keep(self, uri: str, code: str) -> bool:
        """Whether this is a code that is authored, or has the form of the public ones, whatever it means."""
        system = self.systems.get(uri)
        if system is None:
            return (uri, code) in self.aliases
        return _PUBLIC.fullmatch(code) is not None or (system.name, system.normal(code)) in self.exact

    def _look_up(self, uri: str, code: str) -> frozenset[str]:
        aliased = (self._look_up_known(*target) for target in self.aliases.get((uri, code), ()))
        return self._look_up_known(uri, code).union(*aliased)

    def _look_up_known(self, uri: str, code: str) -> frozenset[str]:
        system = self.systems.get(uri.strip()) or self.systems.get(uri.strip().split("|")[0].rstrip("/"))
        if system is None:
            return NONE
        normal = system.normal(code)
        found = self.exact.get((system.name, normal), NONE)
        if found or system.spelling not in ("dots-optional", "morphology"):
            return found
        if system.spelling == "morphology":
            # behaviour may be missing or another digit of the same morphology
            return self.prefixes.get((system.name, normal.split("/")[0]), NONE)
        for end in range(len(normal) - 1, 2, -1):
            found = self.prefixes.get((system.name, normal[:end]), NONE)
            if found:
                return found
        return NONE


def read_terminology(
    systems: Mapping[str, Any], documents: Iterable[Mapping[str, Any]], aliases: Aliases | None = None
) -> Terminology:
    """Build the code tables. Raises AuthoringError for a system that `systems.yaml` does not name."""
    by_name: dict[str, _System] = {}
    by_uri: dict[str, _System] = {}
    for row in systems["systems"]:
        system = _System(row["system"], row["uri"], row.get("spelling", "as-is"))
        by_name[system.name] = system
        for uri in (row["uri"], *row.get("also", ())):
            by_uri[uri] = by_uri[uri.rstrip("/")] = system
    exact: dict[tuple[str, str], frozenset[str]] = {}
    prefixes: dict[tuple[str, str], frozenset[str]] = {}
    codings: dict[str, list[tuple[str, str, str | None]]] = {}
    displays: dict[tuple[str, str], str] = {}
    for document in documents:
        for concept, rows in document["concepts"].items():
            for index, row in enumerate(rows):
                if row["system"] not in by_name:
                    raise AuthoringError(
                        f"no system {row['system']!r}{nearest(row['system'], by_name)}",
                        ("concepts", concept, index, "system"),
                    )
                system = by_name[row["system"]]
                key = (system.name, system.normal(row["code"]))
                exact[key] = exact.get(key, NONE) | {concept}
                if row.get("display"):
                    displays[key] = row["display"]
                if system.spelling == "hgnc" and row.get("display"):
                    # the symbol stands in place of the id in some records
                    symbol = (system.name, system.normal(row["display"]))
                    exact[symbol] = exact.get(symbol, NONE) | {concept}
                if row.get("prefix"):
                    prefixes[key] = prefixes.get(key, NONE) | {concept}
                codings.setdefault(concept, []).append((system.uri, row["code"], row.get("display")))
    return Terminology(
        by_uri, exact, prefixes, {c: tuple(r) for c, r in codings.items()}, displays, aliases or {}
    )


# a longer text is no name or result; reading a part of it could miss the word that turns it around
LONGEST_TEXT = 500


def readable(text: str | None) -> str:
    """The text, or nothing if it is too long to be a name or a result."""
    return text if text and len(text) <= LONGEST_TEXT else ""


def texts_of(concept: CodeableConcept | None) -> list[str]:
    """The free text of a concept and the displays of its codings, as far as they can be names."""
    if concept is None:
        return []
    text = concept.text
    found = [text] if text and len(text) <= LONGEST_TEXT else []
    for coding in concept.coding or ():
        display = coding.display
        if display and len(display) <= LONGEST_TEXT:
            found.append(display)
    return found

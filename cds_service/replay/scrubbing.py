"""A patient's record with everything removed that names somebody: for fixtures made from a Bundle.

Kept is only what the service reads, by the types with which it reads; of that no free text, no name, no identifier,
no code of an unknown system. Ids are new, dates are moved by one number of days, and the Patient is synthetic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, get_args

import msgspec

from ..fhir import resources as fhir
from .built_record import synthetic_patient
from .built_values import Json

_STRUCTS = {t.__name__: t for t in get_args(fhir.Readable) if t not in (fhir.OperationOutcome, fhir.Bundle)}
_DATES = frozenset(
    {"birthDate", "recordedDate", "onsetDateTime", "effectiveDateTime", "effectiveInstant", "issued", "start", "end",
     "performedDateTime", "authoredOn", "dateAsserted", "collectedDateTime", "lastUpdated"}
)  # fmt: skip
_FREE_TEXT = frozenset({"text", "display", "valueString", "conclusion"})
_CODES = frozenset({"status", "intent", "comparator", "periodUnit"})
_CODE = re.compile(r"[a-z-]{1,30}|[<>]=?")
_CODED = re.compile(r"\S{1,80}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(T.*)?")
_TIME = re.compile(r"T[0-9:.]+(Z|[+-]\d\d:\d\d)?")
_PUBLIC = ("http://terminology.hl7.org/", "http://hl7.org/fhir/", "http://unitsofmeasure.org")
_UNITS = frozenset({"cm", "mm", "m", "in", "mg", "g", "ug", "mcg", "d", "wk", "mo", "a", "%"})
_OTHERS = "http://example.org/fhir/another"


@dataclass(slots=True)
class Scrubbed:
    """What is left of a record, and what was taken out: elements and types by name with their number."""

    resources: list[Json] = field(default_factory=list)
    drafts: list[Json] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    wordless: list[str] = field(default_factory=list)
    """Elements of which only words were recorded, so that nothing is left: their author may give them codes."""


def scrubbed(
    resources: Iterable[Mapping[str, Any]],
    drafts: Iterable[Mapping[str, Any]],
    *,
    systems: Collection[str],
    days: int,
    number: int,
) -> Scrubbed:
    """A record without what names somebody.

    `systems` are the code systems whose codes stay (those of HL7 do too), `days` by how many days every date moves,
    `number` the number of the synthetic patient.
    """
    everything, ordered = [*resources, *drafts], list(drafts)
    work = _Work(systems, days, _new_ids(everything, number))
    for resource in everything:
        if (kept := work.resource(resource)) is not None:
            (work.found.drafts if resource in ordered else work.found.resources).append(kept)
    for kept in work.found.resources:
        if kept["resourceType"] == "Patient":
            kept |= synthetic_patient(number)
    return work.found


def _new_ids(resources: Iterable[Mapping[str, Any]], number: int) -> dict[str, str]:
    """By reference the new one: `condition-1` for the first Condition."""
    counts: Counter[str] = Counter()
    found: dict[str, str] = {}
    for resource in resources:
        kind = resource["resourceType"]
        counts[kind] += 1
        new = f"pat-{number:05d}" if kind == "Patient" else f"{kind.lower()}-{counts[kind]}"
        found[f"{kind}/{resource.get('id', '')}"] = f"{kind}/{new}"
    return found


class _Work:
    def __init__(self, systems: Collection[str], days: int, ids: dict[str, str]) -> None:
        self.systems = systems
        self.days = timedelta(days)
        self.ids = ids
        self.found = Scrubbed()

    def resource(self, resource: Mapping[str, Any]) -> Json | None:
        kind = resource["resourceType"]
        if kind not in _STRUCTS:
            self.found.dropped[kind] += 1
            return None
        try:
            read = msgspec.convert({**resource, "contained": []}, _STRUCTS[kind], strict=False)
        except (msgspec.ValidationError, RecursionError):
            self.found.dropped[f"{kind} (not readable)"] += 1
            return None
        plain = msgspec.to_builtins(read)
        new = self.ids.get(f"{kind}/{resource.get('id', '')}", f"{kind}/contained-1").partition("/")[2]
        contained = [
            {**kept, "id": f"contained-{i}"}
            for i, inside in enumerate(resource.get("contained", ()), 1)
            if inside.get("resourceType") == "Medication" and (kept := self.resource(inside))
        ]
        for i, inside in enumerate(resource.get("contained", ()), 1):
            self.ids[f"#{inside.get('id')}"] = f"#contained-{i}"
        kept = self._object({k: v for k, v in plain.items() if k not in ("id", "contained")}, f"{kind}/{new}")
        return {"resourceType": kind, "id": new, **kept, **({"contained": contained} if contained else {})}

    def _object(self, value: Mapping[str, Any], where: str) -> Json:
        kept: Json = {}
        for key, inside in value.items():
            if inside is None or key == "resourceType":
                continue
            left = self._value(key, inside, f"{where} {key}")
            if left not in (None, {}, []):
                kept[key] = left
        return kept

    def _value(self, key: str, value: Any, where: str) -> Any:
        if isinstance(value, list):
            return [left for v in value if (left := self._value(key, v, where)) not in (None, {})]
        if isinstance(value, dict):
            return self._concept(value, where)
        if isinstance(value, bool | int | float):
            return value
        kept = self._string(key, value)
        if kept is None:
            self.found.dropped[key] += 1
        return kept

    def _concept(self, value: Json, where: str) -> Json | None:
        """An object; a coding of an unknown system is dropped whole, a Quantity keeps the units it is read by."""
        code, system = value.get("code"), value.get("system")
        if isinstance(code, str) and not self._known(system, code) and "value" not in value:
            self.found.dropped["coding"] += 1
            return None
        kept = self._object(value, where)
        if not kept and ("text" in value or "coding" in value):
            self.found.wordless.append(where)
        return kept

    def _known(self, system: str | None, code: str) -> bool:
        public = system is not None and (system in self.systems or system.startswith(_PUBLIC))
        return public and _CODED.fullmatch(code) is not None

    def _string(self, key: str, value: str) -> str | None:
        """A string of the kind that its element holds; None where it could be anything."""
        if key in _FREE_TEXT:
            return None
        if key in _DATES:
            return self._moved(value)
        if key == "reference":
            return self._reference(value)
        if key in _CODES:
            return value if _CODE.fullmatch(value) else None
        if key == "unit":
            return value if value in _UNITS else None
        if key in ("url", "implicitRules"):
            # that something is said stays; who said it does not
            return value if value.startswith(_PUBLIC) else _OTHERS
        if key == "system":
            return value if value in self.systems or value.startswith(_PUBLIC) else None
        return value if key == "code" and _CODED.fullmatch(value) else None

    def _reference(self, value: str) -> str:
        """The new name of what is referred to; of what did not come too, so that it stays another one."""
        bare = "/".join(value.split("/_history/")[0].rsplit("/", 2)[-2:])
        if bare not in self.ids:
            kind = bare.partition("/")[0] if bare.partition("/")[0] in _STRUCTS else "Basic"
            self.ids[bare] = f"{kind}/elsewhere-{len(self.ids)}"
        return self.ids[bare]

    def _moved(self, value: str) -> str | None:
        """A date moved, as exact as it was; the time of day stays, so that what came later stays later."""
        found = _DATE.fullmatch(value)
        if not found or (found[4] and not _TIME.fullmatch(found[4])):
            return None
        # of a year or month the middle is moved
        year, month, day = int(found[1]), int(found[2] or 7), int(found[3] or 15)
        try:
            moved = date(year, month, day) + self.days
        except (ValueError, OverflowError):
            return None
        text = moved.isoformat()
        return (text if found[3] else text[:7] if found[2] else text[:4]) + (found[4] or "")

"""Orders that can be drafted: what the pathways speak of, as an EHR would send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ..cards.wording import Wording
from ..case.vocabulary import Vocabulary
from ..pathway.options import Option
from .built_record import Record
from .encoding import encodings

_DRAFTS = Path(__file__).parent / "drafts.yaml"
_STYLE = "mcode-stu4-snomed"
_KINDS = {
    "drug": "Drugs",
    "regimen": "Regimens",
    "procedure": "Procedures",
    "radiotherapy": "Radiotherapy",
    "strategy": "Tests",
}


@dataclass(frozen=True, slots=True)
class Draftable:
    """An option that can be drafted: its id, its name, the kind under which it is listed, and the orders that make it
    up in the words of a `case.yaml`."""

    option: str
    label: str
    kind: str
    orders: tuple[Mapping[str, Any], ...]


class Drafts:
    """What can be drafted, by option id."""

    def __init__(self, options: Mapping[str, Option], wording: Wording, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        stated: dict[str, Any] = yaml.load(_DRAFTS.read_bytes(), yaml.CSafeLoader)
        self.by_option: dict[str, Draftable] = {}
        for option in options.values():
            orders = _drugs(option) if option.kind in ("drug", "regimen") else ()
            if not orders and option.id in stated:
                orders = (stated[option.id],)
            if orders:
                label = wording.short("options", option.id)
                self.by_option[option.id] = Draftable(option.id, label, _KINDS[option.kind], orders)

    def by_kind(self) -> Mapping[str, tuple[Draftable, ...]]:
        """What can be drafted by the heading under which it is listed; each kind by its labels."""
        found: dict[str, list[Draftable]] = {heading: [] for heading in _KINDS.values()}
        for draftable in self.by_option.values():
            found[draftable.kind].append(draftable)
        return {k: tuple(sorted(v, key=lambda d: d.label.lower())) for k, v in found.items() if v}

    def resources(
        self, option: str, patient: str, today: date, reasons: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """The FHIR orders of an option in draft for a Patient id, `reasons` being References to what they treat.

        Raises KeyError for an option that cannot be drafted.
        """
        orders = [{**order, "reason": "none"} for order in self.by_option[option].orders]
        case = {"encoding": _STYLE, "today": today, "tumour": {}, "drafts": orders}
        record = Record("sandbox", case, self._vocabulary, encodings(), 0)
        record.patient = patient
        found = []
        for number, (order, _) in enumerate(record.drafts(), 1):
            # no id that an order in the patient's record may have
            named = {**order, "id": f"sandbox-{number}"}
            found.append({**named, "reasonReference": reasons} if reasons else named)
        return found


def _drugs(option: Option) -> tuple[Mapping[str, Any], ...]:
    known = encodings().drugs
    if not option.items or not all(item in known for item in option.items):
        return ()
    dose = {"daily-mg": option.above_daily_mg * 2} if option.above_daily_mg is not None else {}
    return tuple({"drug": item, **dose} for item in option.items)

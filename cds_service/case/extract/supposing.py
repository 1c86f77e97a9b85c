"""Facts that are supposed instead of read: they stand in the record as if they had been recorded there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from msgspec import structs

from ...fhir.record import Record
from ...fhir.resources import CodeableConcept, Coding, Observation, Quantity, Reference, Resource
from ..fact import Choice, Evidence, Interval, Members, Value
from ..settle import Reading
from ..vocabulary import CASE_FACTS, FactDefinition, Vocabulary
from .stated import SUPPOSED
from .surgery import Resection
from .treatment import Use

UCUM = "http://unitsofmeasure.org"
_STARTS = f"Observation/{SUPPOSED}"
_SURVEY = Coding(system="http://terminology.hl7.org/CodeSystem/observation-category", code="survey")


def supposed_fact(evidence: Evidence) -> str | None:
    """The fact whose supposition an evidence is; None for one of the record."""
    if not evidence.resource.startswith(_STARTS):
        return None
    return evidence.resource.removeprefix(_STARTS).split(":", 1)[0]


@dataclass(frozen=True, slots=True)
class Supposition:
    """Values by fact (None: nothing is known of it) that hold in place of what the record says of these facts.

    Each is read as an Observation with our own code of the day of the call, so that everything follows from it that
    would follow if it were recorded. `condition` is the tumour's Condition (`Condition/id`), if one is on record.
    """

    values: Mapping[str, Value | None]
    condition: str | None = None

    def added_to(self, record: Record, patient: str, today: date, vocabulary: Vocabulary) -> Record:
        """The record with the Observations; the one that is given stays as it is."""
        added = {
            f"{SUPPOSED}{name}:{number}": structs.replace(replaced, id=f"{SUPPOSED}{name}:{number}")
            for name, value in self.values.items()
            for number, replaced in enumerate(
                self._observations(vocabulary[name], value, patient, today.isoformat())
            )
        }
        observations = {**record.by_type.get(Observation, {}), **added}
        by_type: dict[type[Resource], dict[str, Any]] = {**record.by_type, Observation: observations}
        return replace(record, by_type=by_type, count=record.count + len(added), _sorted={})

    def _observations(
        self, definition: FactDefinition, value: Value | None, patient: str, day: str
    ) -> Iterator[Observation]:
        def stated(
            concept: str | None = None, boolean: bool | None = None, amount: float | None = None
        ) -> Observation:
            return Observation(
                status="final",
                category=[CodeableConcept(coding=[_SURVEY])],
                code=_ours(definition.id),
                subject=Reference(f"Patient/{patient}"),
                focus=[Reference(self.condition)] if self.condition else None,
                effective_date_time=day,
                value_codeable_concept=_ours(concept) if concept is not None else None,
                value_boolean=boolean,
                value_quantity=_quantity(definition, amount) if amount is not None else None,
                data_absent_reason=CodeableConcept(text="unknown") if value is None else None,
            )

        match value:
            case None:
                yield stated()
            case Members(present):
                for member in sorted(present):
                    yield stated(concept=member)
            case Interval(low):
                yield stated(amount=low)
            case Choice(possible):
                (only,) = possible
                yield stated(boolean=only) if isinstance(only, bool) else stated(concept=only)

    def over(self, readings: Iterable[Reading], vocabulary: Vocabulary, today: date) -> list[Reading]:
        """The readings without what the record says of a supposed fact; what is not in a supposed set is excluded."""
        if not self.values:
            return readings if isinstance(readings, list) else list(readings)
        kept: list[Reading] = []
        for reading in readings:
            if reading.fact not in self.values:
                kept.append(reading)
            elif supposed_fact(reading.evidence) == reading.fact and reading.positive:
                missing = self.values[reading.fact] is None
                kept.append(structs.replace(reading, why="missing") if missing else reading)
        for name, value in self.values.items():
            if isinstance(value, Members):
                here = Evidence(f"{_STARTS}{name}:", "value", today.isoformat())
                left = [m for m in vocabulary[name].values if m not in value.present]
                kept += [Reading(name, "stated", here, member=m, positive=False) for m in left]
        return kept

    def resections(self, found: list[Resection]) -> list[Resection]:
        """The operations that fit: none where the tumour is supposed not to have been resected, or not known to."""
        if "tumour-resected" in self.values and self.values["tumour-resected"] != Choice(frozenset({True})):
            return []
        return found

    def uses(self, found: list[Use]) -> list[Use]:
        """The drugs given that fit what is supposed to have been given and to be given now."""
        return [u for u in found if self._fits("current-therapy" if u.current else "prior-therapies", u.drug)]

    def _fits(self, fact: str, drug: str) -> bool:
        if fact not in self.values:
            return True
        value = self.values[fact]
        return isinstance(value, Members) and drug in value.present


def _ours(code: str) -> CodeableConcept:
    return CodeableConcept(coding=[Coding(system=CASE_FACTS, code=code)])


def _quantity(definition: FactDefinition, amount: float) -> Quantity:
    unit = definition.unit if definition.unit in ("cm", "a") else "1"
    return Quantity(value=amount, system=UCUM, unit=unit, code=unit)

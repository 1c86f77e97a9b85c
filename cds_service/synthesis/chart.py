"""A described patient's whole chart: what the case builder makes of it, and what else stands in a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ..case.vocabulary import Vocabulary
from ..replay.built_record import Record
from ..replay.built_values import Json
from ..replay.encoding import encodings
from ..replay.fixture import FHIR_BASE
from .description import describe
from .distributions import Dice

# in words, so that no code is claimed for what no source of ours lists
_ILLNESSES = (
    "Type 2 diabetes mellitus",
    "Hyperlipidaemia",
    "Osteoarthritis of the knee",
    "Hypothyroidism",
    "Asthma",
)
_DRUGS = ("metformin", "ramipril", "atorvastatin", "levothyroxine", "pantoprazole")
_MEASUREMENTS = (
    ("laboratory", "Creatinine", "mg/dL", 1),
    ("laboratory", "Leucocytes", "10*9/L", 6),
    ("laboratory", "Platelets", "10*9/L", 240),
    ("vital-signs", "Body weight", "kg", 74),
    ("vital-signs", "Heart rate", "/min", 72),
)
_EXAMINATIONS = ("Screening colonoscopy", "Cataract surgery", "Electrocardiogram")


def chart(number: int, seed: int, today: date, vocabulary: Vocabulary) -> list[Json]:
    """All resources of one synthetic patient, drafted orders included. `number` is from 0; ids are unique among all
    numbers. The same arguments make the same chart."""
    dice = Dice(seed, number)
    record = Record("synthetic", describe(dice, today), vocabulary, encodings(), number=number)
    made = [*record.resources(), *(order for order, _ in record.drafts()), *_background(record, dice, today)]
    made += _mistaken(made, dice)
    habits = (dice.happens("absolute-references"), dice.happens("with-time-of-day"))
    for resource in made:
        if resource["resourceType"] == "Observation" and dice.happens("without-category"):
            del resource["category"]
    return [_owned(resource, record.patient, *habits) for resource in made]


def _background(record: Record, dice: Dice, today: date) -> Iterator[Json]:
    """What says nothing of the tumour."""
    for number in range(round(dice.amount("background-resources"))):
        on = today - timedelta(days=dice.between(3, 2000))
        name = f"other-{number + 1}"
        match dice.between(1, 10):
            case 1:
                yield record.condition(name, {"text": dice.one_of(_ILLNESSES)}, on)
            case 2:
                drug = {"text": dice.one_of(_DRUGS)}
                period = {"start": str(on)}
                yield record.mine(
                    "MedicationStatement",
                    name,
                    status="active",
                    medicationCodeableConcept=drug,
                    effectivePeriod=period,
                )
            case 3:
                done = {"text": dice.one_of(_EXAMINATIONS)}
                yield record.mine("Procedure", name, status="completed", code=done, performedDateTime=str(on))
            case 4:
                report = {"text": "Chest radiograph"}
                yield record.mine(
                    "DiagnosticReport", name, status="final", code=report, effectiveDateTime=str(on)
                )
            case _:
                category, words, unit, usual = dice.one_of(_MEASUREMENTS)
                value = round(usual * dice.between(80, 120) / 100, 1)
                quantity = {"value": value, "unit": unit}
                yield record.observation(name, category, {"text": words}, on, valueQuantity=quantity)


def _mistaken(made: list[Json], dice: Dice) -> list[Json]:
    """A copy of a measurement that was entered in error, with another value, in some charts."""
    measured = [r for r in made if r["id"] == "tumour-size-cm" and "valueQuantity" in r]
    if not measured or not dice.happens("entered-in-error"):
        return []
    quantity = measured[0]["valueQuantity"]
    wrong = quantity | {"value": round(quantity["value"] * 10, 3)}
    return [measured[0] | {"id": "mistake-1", "status": "entered-in-error", "valueQuantity": wrong}]


def _owned(resource: Json, patient: str, absolute: bool, timed: bool) -> Json:
    """The resource with ids and references that are the patient's own, written as the patient's site does."""

    def written(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: written(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [written(name, v) for v in value]
        if name == "reference":
            kind, _, target = value.partition("/")
            own = value if kind == "Patient" else f"{kind}/{patient}-{target}"
            return f"{FHIR_BASE}/{own}" if absolute else own
        if timed and name in ("effectiveDateTime", "performedDateTime", "authoredOn"):
            return f"{value}T10:30:00+01:00"
        return value

    copy = {name: written(name, value) for name, value in resource.items()}
    if resource["resourceType"] != "Patient":
        copy["id"] = f"{patient}-{resource['id']}"
    return copy

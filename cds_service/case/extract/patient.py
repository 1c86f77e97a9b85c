"""Age from the Patient resource."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...fhir.datatypes import day, first_day, last_day
from ...fhir.resources import Patient
from ..fact import Evidence, Interval
from ..settle import Reading
from .sources import Sources


def read_patient(sources: Sources) -> Iterator[Reading]:
    """`age-years`; a partial date of birth gives the range of ages that it allows."""
    reference = f"Patient/{sources.patient}"
    patient = sources.record.find(reference, Patient)
    born = day(patient.birth_date) if patient else None
    if born is None:
        return
    youngest, oldest = _years(last_day(born), sources.today), _years(first_day(born), sources.today)
    if oldest < 0:
        return
    value = Interval(float(max(youngest, 0)), float(oldest))
    yield Reading("age-years", "patient", Evidence(reference, "birthDate"), value)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

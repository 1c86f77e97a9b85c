"""What the record says of a sarcoma that came back, and of the one that was there before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...fhir.datatypes import first_day, last_day, surely_before
from ..fact import Choice, Evidence
from ..settle import Reading

# facts that describe the tumour that is there now
OF_TUMOUR = frozenset(
    {"tumour-size-cm", "tumour-depth", "residual-tumour", "wide-margin", "unplanned-excision",
     "margin-on-critical-structure", "stated-stage", "t-category"}
)  # fmt: skip
RESECTED = "recurrence-resected"
# a report may follow the operation by so many days
REPORTED_WITHIN_DAYS = 60


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A recurrence on record; `on` is its day where a record of its own dates it."""

    evidence: Evidence
    on: str | None


def find_recurrence(readings: Iterable[Reading], diagnosed_on: str | None) -> Recurrence | None:
    """The newest recurrence that may be local; one that is elsewhere leaves the primary what it was."""
    found = [
        r
        for r in readings
        if r.fact == "recurrence" and isinstance(r.value, Choice) and "local" in r.value.possible
        and "none" not in r.value.possible
    ]  # fmt: skip
    dated = [r for r in found if r.evidence.date and not _dates_diagnosis(r, diagnosed_on)]
    if dated:
        newest = max(dated, key=lambda r: r.evidence.date or "")
        return Recurrence(newest.evidence, newest.evidence.date)
    return Recurrence(found[0].evidence, None) if found else None


def _dates_diagnosis(reading: Reading, diagnosed_on: str | None) -> bool:
    """A clinical status has no date: that of its Condition is the day of the diagnosis, unless it is a later one."""
    if reading.evidence.element != "clinicalStatus":
        return False
    return diagnosed_on is None or not surely_before(diagnosed_on, reading.evidence.date or diagnosed_on)


def narrowed(readings: Iterable[Reading]) -> list[Reading]:
    """Without readings of `recurrence` that leave open what another says."""
    every = list(readings)
    said = [r.value.possible for r in every if r.fact == "recurrence" and isinstance(r.value, Choice)]
    return [
        r
        for r in every
        if r.fact != "recurrence"
        or not isinstance(r.value, Choice)
        or not any(other < r.value.possible for other in said)
    ]


def of_present_tumour(
    readings: Sequence[Reading], recurrence: Recurrence, resected_on: Sequence[str | None]
) -> list[Reading]:
    """The readings without what was found of the earlier tumour.

    A dated recurrence parts the two by date. Beside one without a date, what was found up to a resection
    describes the tumour that was removed then.
    """
    return [r for r in readings if r.fact not in OF_TUMOUR or not _of_earlier(r, recurrence, resected_on)]


def read_recurrence_resected(recurrence: Recurrence, resections: Iterable[Evidence]) -> Iterator[Reading]:
    """`recurrence-resected`: a resection after the day of the recurrence removed it.

    One that may have been before or after leaves it open, as does a second resection beside a recurrence without
    a date; a single one there is that of the earlier tumour.
    """
    every = list(resections)
    for here in every:
        if recurrence.on is not None and here.date is not None:
            if surely_before(recurrence.on, here.date):
                yield Reading(RESECTED, "procedure", here, Choice(frozenset({True})))
            elif not surely_before(here.date, recurrence.on):
                yield Reading(RESECTED, "procedure", here, why="uncodable", remark="timing-unclear")
        elif recurrence.on is not None or len(every) > 1:
            yield Reading(RESECTED, "procedure", here, why="uncodable", remark="timing-unclear")


def _of_earlier(reading: Reading, recurrence: Recurrence, resected_on: Sequence[str | None]) -> bool:
    when = reading.evidence.date
    if recurrence.on is not None:
        return when is not None and surely_before(when, recurrence.on)
    if reading.rank == "stated":
        return False
    if reading.fact in ("residual-tumour", "unplanned-excision") and len(resected_on) <= 1:
        return True
    days = [d for d in resected_on if d]
    if not days or when is None:
        return False
    return (first_day(when) - last_day(max(days))).days <= REPORTED_WITHIN_DAYS

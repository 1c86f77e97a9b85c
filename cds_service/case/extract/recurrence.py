"""What the record says of a sarcoma that came back, and of the one that was there before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...fhir.datatypes import first_day, last_day, surely_before
from ..fact import Choice, Evidence
from ..settle import Reading

# facts that describe the tumour that is there now
OF_TUMOUR = frozenset(
    {"tumour-size-cm", "tumour-depth", "tumour-resected", "residual-tumour", "wide-margin", "unplanned-excision",
     "margin-on-critical-structure", "stated-stage", "t-category"}
)  # fmt: skip
# a report may follow the operation by so many days
REPORTED_WITHIN_DAYS = 60


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A recurrence on record; `on` is its day where a record of its own dates it."""

    evidence: Evidence
    on: str | None


def find_recurrence(readings: Iterable[Reading], diagnosed_on: str | None) -> Recurrence | None:
    """The newest local or regional recurrence; one that can only be distant leaves the primary what it was."""
    found = [
        r
        for r in readings
        if r.fact == "recurrence" and isinstance(r.value, Choice) and r.value.possible & {"local", "regional"}
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
    """The readings with those of the earlier tumour left out.

    A dated recurrence parts them by date. Beside one without a date a single resection counts as that of the
    earlier tumour, and what was found up to it describes that one; of several, which was which is open.
    """
    kept: list[Reading] = []
    dropped = False
    for reading in readings:
        if reading.fact not in OF_TUMOUR or not _of_earlier(reading, recurrence, resected_on):
            kept.append(reading)
        elif recurrence.on is None and reading.fact == "tumour-resected" and len(resected_on) > 1:
            kept.append(replace(reading, value=None, why="uncodable", remark="timing-unclear"))
        else:
            dropped = dropped or reading.fact == "tumour-resected"
    if dropped:
        no = Choice(frozenset({False}))
        here = replace(recurrence.evidence, date=recurrence.on)
        kept.append(Reading("tumour-resected", "procedure", here, no, remark="earlier-tumour"))
    return kept


def _of_earlier(reading: Reading, recurrence: Recurrence, resected_on: Sequence[str | None]) -> bool:
    when = reading.evidence.date
    if recurrence.on is not None:
        return when is not None and surely_before(when, recurrence.on)
    if reading.rank == "stated":
        return False
    if reading.fact in ("tumour-resected", "residual-tumour", "unplanned-excision"):
        return True
    days = [d for d in resected_on if d]
    if not days or when is None:
        return False
    return (first_day(when) - last_day(max(days))).days <= REPORTED_WITHIN_DAYS

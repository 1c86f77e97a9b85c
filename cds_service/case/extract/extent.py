"""In how many organs there are metastases."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from ...fhir.datatypes import day
from ...fhir.resources import Condition
from ..fact import Evidence, Interval
from ..settle import Reading
from .conditions import metastatic_sites
from .diagnosis import Diagnosis
from .sources import Sources

# one or more organs, of which the record does not say which
OPEN = frozenset({"unspecified", "other-site", "digestive-other"})


def read_organ_count(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """`metastatic-organ-count` from secondary Conditions: several of one organ are one, lymph nodes are none.

    A metastasis without its organ may be in one of those named or in another, so it leaves the count open upwards,
    as does an answer that did not hold all Conditions.
    """
    sites: set[str] = set()
    named: list[Evidence] = []
    for reference, condition in sources.conditions():
        if reference not in diagnosis.metastases:
            continue
        found = _organs(sources, condition)
        if found:
            when = day(condition.recorded_date) or day(condition.onset_date_time)
            named.append(Evidence(reference, "code", when))
            sites |= found
    if not named:
        return
    known = sites - OPEN
    complete = sites <= known and sources.record.answers.get("conditions") == "ok"
    least = float(max(len(known), 1))
    value = Interval(least, least if complete else inf)
    for evidence in named:
        yield Reading("metastatic-organ-count", "condition", evidence, value)


def _organs(sources: Sources, condition: Condition) -> frozenset[str]:
    return metastatic_sites(sources, condition) - {"lymph-node"}

"""Assessments of fixtures to put on the map."""

from __future__ import annotations

from functools import cache

from cds_service.pathway.assessment import Assessment
from cds_service.replay.run import explained
from tests.shipped import patients, service


@cache
def assessed(name: str) -> Assessment:
    """The assessment of one fixture by its name."""
    (fixture,) = [f for f in patients() if f.name == name]
    return explained(fixture, service(fixture.profile)).assessment


def on_the_map() -> list[str]:
    """Fixtures that stand on a map: two of each folder, and all in whose name several groups are spoken of."""
    found, taken = [], dict[str, int]()
    for fixture in patients():
        folder = fixture.name.partition("/")[0]
        taken[folder] = taken.get(folder, 0) + 1
        if taken[folder] > 2 and "several" not in folder and folder != "not-placed":
            continue
        if fixture.expected.get("patientGroups") or fixture.expected.get("notAddressed"):
            found.append(fixture.name)
    return found

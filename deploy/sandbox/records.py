"""The fixtures as one FHIR server holds them: every patient's record, no id twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cds_service.replay.fixture import Fixture

_LONGEST_ID = 64


def write_records(fixtures: Iterable[Fixture], path: Path) -> int:
    """Write the resources of all fixtures, one a line; returns how many."""
    lines = [json.dumps(resource) for fixture in fixtures for resource in distinct(fixture).resources]
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(lines)


def distinct(fixture: Fixture) -> Fixture:
    """The same patient with ids that no other fixture has: fixtures share those of their Conditions, Observations
    and so on, and each patient's own id is theirs alone. References follow, those of the draft orders too."""
    patient = str(fixture.request["context"]["patientId"])
    new = {
        f"{resource['resourceType']}/{resource['id']}": _own(patient, str(resource["id"]))
        for resource in fixture.resources
        if resource["resourceType"] != "Patient"
    }
    resources = tuple(
        {
            **_referring(resource, new),
            "id": new.get(f"{resource['resourceType']}/{resource['id']}", resource["id"]),
        }
        for resource in fixture.resources
    )
    return replace(fixture, resources=resources, request=_referring(fixture.request, new))


def _own(patient: str, name: str) -> str:
    made = f"{patient}.{name}"
    return made if len(made) <= _LONGEST_ID else name  # such long ids are one EHR's, and unique by themselves


def _referring(content: Any, new: Mapping[str, str]) -> Any:
    if isinstance(content, list):
        return [_referring(each, new) for each in content]
    if not isinstance(content, Mapping):
        return content
    followed = {name: _referring(value, new) for name, value in content.items()}
    reference = content.get("reference")
    if isinstance(reference, str) and reference in new:
        followed["reference"] = f"{reference.partition('/')[0]}/{new[reference]}"
    return followed

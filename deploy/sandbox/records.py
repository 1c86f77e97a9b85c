"""The fixtures as one FHIR server holds them: every patient's record, no id twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cds_service.replay.fixture import Fixture

_LONGEST_ID = 64
_NAME = {"family": "Testpractitioner", "given": ["Synthetic"]}


PRACTITIONERS = ("prac-1", "sandbox")
"""Who opens charts: the user of the fixtures, and whom the authorization server signs in."""


def write_records(fixtures: Iterable[Fixture], path: Path) -> int:
    """Write the resources of all fixtures, a visit for each and those who use them, one a line; returns how many.

    Launchers of SMART apps look for a visit and a user before they open one.
    """
    users = [{"resourceType": "Practitioner", "id": each, "name": [_NAME]} for each in PRACTITIONERS]
    own = [distinct(fixture) for fixture in fixtures]
    held = (resource for fixture in own for resource in (visit(fixture), *fixture.resources))
    lines = [json.dumps(resource) for resource in (*users, *held)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(lines)


def visit(fixture: Fixture) -> Mapping[str, Any]:
    """The Encounter in which the hook of a fixture fires."""
    patient = str(fixture.request["context"]["patientId"])
    return {
        "resourceType": "Encounter",
        "id": _visit_id(patient),
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{patient}"},
    }


def distinct(fixture: Fixture) -> Fixture:
    """The same patient with ids that no other fixture has: fixtures share those of their Conditions, Observations
    and so on, and each patient's own id is theirs alone. References follow, those of the draft orders too, and so
    does the visit."""
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
    request = _referring(fixture.request, new)
    if "encounterId" in request["context"]:
        request["context"]["encounterId"] = _visit_id(patient)
    return replace(fixture, resources=resources, request=request)


def _visit_id(patient: str) -> str:
    # one EHR's visits, of several patients, share a long id
    made = f"{patient}.visit"
    return made if len(made) <= _LONGEST_ID else str(uuid5(NAMESPACE_URL, made))


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

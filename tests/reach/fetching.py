"""Fetching from a stub, as the service does it, and reading what came."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec

from cds_service.fhir.reach.allowance import Limits
from cds_service.fhir.reach.asking import Access
from cds_service.fhir.reach.base import FhirBase
from cds_service.fhir.reach.completing import Reach

TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "procedures": "Procedure?patient={{context.patientId}}",
    "specimens": "Specimen?patient={{context.patientId}}",
}
TOKEN = "t0ken-of-one-call"
PATIENT = "p1"


def reach_of(*, limits: Limits | None = None, **chosen: Any) -> Reach:
    return Reach(time.monotonic, limits=limits, **chosen)


def fetched(
    reach: Reach,
    base: str,
    *keys: str,
    sent: dict[str, Any] | None = None,
    patient: str = PATIENT,
    token: str | None = TOKEN,
    seconds: float = 5.0,
    allow_private: bool = True,
) -> dict[str, Any]:
    """What stands under each key after fetching, as JSON."""
    address = FhirBase.of(base)
    assert address is not None
    raw = {k: None if v is None else msgspec.Raw(json.dumps(v).encode()) for k, v in (sent or {}).items()}
    answers = reach.complete(
        raw,
        {key: TEMPLATES[key] for key in keys or ("conditions",)},
        {"patientId": patient},
        Access(address, token, allow_private),
        time.monotonic() + seconds,
    )
    return {k: None if v is None else json.loads(bytes(v)) for k, v in answers.items()}


def why(answer: dict[str, Any]) -> str:
    """Why a query failed, by the OperationOutcome that stands for its answer."""
    assert answer["resourceType"] == "OperationOutcome", answer
    (issue,) = answer["issue"]
    assert issue["severity"] == "error"
    return str(issue["code"])


def notice(answer: dict[str, Any]) -> str:
    """Why an answer is incomplete, by its last entry."""
    entry = answer["entry"][-1]
    assert entry["search"] == {"mode": "outcome"}
    return str(entry["resource"]["issue"][0]["code"])


def ids(answer: dict[str, Any]) -> list[str]:
    """The ids of the resources in a searchset, its notices left out."""
    resources = [entry["resource"] for entry in answer["entry"]]
    return [r["id"] for r in resources if r["resourceType"] != "OperationOutcome"]

"""The synthetic patients that the service under test is called about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

HOOKS = ("order-select", "order-sign", "patient-view")
"""The hooks that a sample can be sent on."""

USER = "Practitioner/sample-practitioner"


@dataclass(frozen=True, slots=True)
class Sample:
    """A record as one EHR would hold it, and orders drafted for its patient."""

    name: str
    patient_id: str
    resources: tuple[Mapping[str, Any], ...]
    drafts: tuple[Mapping[str, Any], ...]

    def context(self, hook: str) -> dict[str, Any]:
        """The context of a hook, its required members alone."""
        context: dict[str, Any] = {"userId": USER, "patientId": self.patient_id}
        if hook != "patient-view":
            entries = [{"resource": dict(draft)} for draft in self.drafts]
            context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        if hook == "order-select":
            context["selections"] = [f"{d['resourceType']}/{d['id']}" for d in self.drafts]
        return context


@cache
def samples() -> tuple[Sample, ...]:
    """A patient of general medicine and one with a tumour, in this order."""
    return tuple(_sample(name) for name in ("general", "tumour"))


def _sample(name: str) -> Sample:
    text = files(__package__).joinpath("samples", f"{name}.json").read_text(encoding="utf-8")
    bundle = json.loads(text)
    resources = [entry["resource"] for entry in bundle["entry"]]
    (patient,) = [r["id"] for r in resources if r["resourceType"] == "Patient"]
    return Sample(
        name,
        patient,
        tuple(r for r in resources if r.get("status") != "draft"),
        tuple(r for r in resources if r.get("status") == "draft"),
    )

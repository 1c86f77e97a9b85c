"""A service as the wire sees it, and valid calls of it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from cds_service.app import create_app
from cds_service.http.wire import HookCall, ServiceDescription
from cds_service.settings import Settings

SERVICE = ServiceDescription(
    id="sarcoma-pathway",
    title="Sarcoma pathway",
    description="Says where a drafted order stands on the pathway.",
    usage_requirements="Prefetch or access to the FHIR server.",
    hooks=("order-select", "order-sign", "patient-view"),
    prefetch={
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?patient={{context.patientId}}",
    },
)

ADDRESS = f"/cds-services/{SERVICE.id}"

CARD = {"summary": "A card", "indicator": "info", "source": {"label": "A source"}}


class RecordingAnswer:
    """Stands where the service stands: keeps the calls that reached it and returns one card."""

    def __init__(self) -> None:
        self.calls: list[HookCall] = []
        self.error: Exception | None = None

    def __call__(self, call: HookCall) -> dict[str, Any]:
        self.calls.append(call)
        if self.error is not None:
            raise self.error
        return {"cards": [CARD]}

    @property
    def last(self) -> HookCall:
        return self.calls[-1]


def app_with(answer: RecordingAnswer, **chosen: Any) -> Flask:
    """The application with a fake behind the wire and some settings chosen; anyone may call it."""
    return create_app(Settings(development=True, **chosen), SERVICE, answer)


def order_call(hook: Any = "order-select", **members: Any) -> dict[str, Any]:
    """A valid call on a hook about orders; `members` replace members of the envelope."""
    context: dict[str, Any] = {
        "userId": "Practitioner/abc",
        "patientId": "1288992",
        "encounterId": "89284",
        "draftOrders": {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {
                    "resource": {
                        "resourceType": "MedicationRequest",
                        "id": "rx-1",
                        "status": "draft",
                        "intent": "order",
                        "medicationCodeableConcept": {"text": "imatinib"},
                        "subject": {"reference": "Patient/1288992"},
                    }
                }
            ],
        },
    }
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/rx-1"]
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "1288992", "gender": "female"},
            "conditions": {"resourceType": "Bundle", "type": "searchset", "total": 0},
        },
        **members,
    }


def view_call(**members: Any) -> dict[str, Any]:
    """A valid call on patient-view; `members` replace members of the envelope."""
    context = {"userId": "Practitioner/abc", "patientId": "1288992"}
    return {"hook": "patient-view", "hookInstance": "8d2d5f0e", "context": context, **members}

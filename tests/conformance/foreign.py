"""A CDS service of somebody else's: whole and lawful, about nothing oncological, and easy to spoil in one point."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request

from .listening import listening

Json = dict[str, Any]

SERVICE = "blood-pressure"
HOOKS = ("order-select", "order-sign", "patient-view")
PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "user": "PractitionerRole?_id={{userPractitionerRoleId}}",
    "conditions": "Condition?patient={{context.patientId}}&clinical-status=active",
    "recent": "Observation?patient={{context.patientId}}&category=laboratory&date=ge{{today() - 90 days}}&_count=20",
    "drugs": "Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).id}}",
    "asserters": "Practitioner?_id={{%conditions.entry.resource.asserter.resolve().ofType(Practitioner).id}}",
}
REASONS = "https://foreign.example.org/CodeSystem/reasons"
ANSWER: Json = {
    "cards": [
        {
            "uuid": "0c1cc2f5-6f5b-4f6c-8a52-6a6a4f1f7f01",
            "summary": "Blood pressure has not been measured for a year",
            "detail": "**Last** measured in 2024.",
            "indicator": "warning",
            "source": {
                "label": "A guideline",
                "url": "https://foreign.example.org/guideline",
                "topic": {"code": "bp", "system": "https://foreign.example.org/CodeSystem/topics"},
            },
            "selectionBehavior": "at-most-one",
            "suggestions": [
                {
                    "label": "Order a measurement",
                    "uuid": "a7b2e4a8-6c0e-4b34-a3f1-6e2c8d0d4a02",
                    "isRecommended": True,
                    "actions": [
                        {
                            "type": "create",
                            "description": "Order it",
                            "resource": {
                                "resourceType": "ServiceRequest",
                                "status": "draft",
                                "intent": "order",
                            },
                        },
                        {
                            "type": "update",
                            "description": "Raise the dose",
                            "resource": {"resourceType": "MedicationRequest", "id": "1"},
                        },
                        {
                            "type": "delete",
                            "description": "Remove the other",
                            "resourceId": "MedicationRequest/2",
                        },
                    ],
                },
                {"label": "Later", "uuid": "e2d6b3f5-8b8e-4a38-9a3f-2b7d1c9d5a03"},
            ],
            "overrideReasons": [{"code": "refused", "system": REASONS, "display": "The patient refuses"}],
            "links": [
                {
                    "label": "An app",
                    "url": "https://foreign.example.org/launch",
                    "type": "smart",
                    "appContext": "x",
                }
            ],
            "extension": {"org.example.foreign.score": {"value": 3}},
        },
        {
            "uuid": "5a0f3c1e-2b61-4f4e-8d7b-0b9f0b9d6a04",
            "summary": "A second card",
            "indicator": "info",
            "source": {"label": "A guideline"},
        },
    ],
    "systemActions": [
        {"type": "delete", "resourceId": "Task/1"},
        {"type": "update", "resource": {"resourceType": "Task", "id": "2"}},
    ],
}

Rule = tuple[Callable[[Json | None], Any], int]


class ForeignService:
    """What it lists, answers and refuses; a test changes one member of it before it is asked.

    `rules` come before its own judgement: the first whose condition is true of a call (None if the body is no JSON
    object) gives the status. `feedback_rules` do the same for feedback.
    """

    def __init__(self, hooks: tuple[str, ...] = HOOKS) -> None:
        self.hooks = hooks
        self.entries: list[Json] = [
            {
                "hook": hook,
                "title": "Blood pressure",
                "description": "Says when blood pressure should be measured.",
                "id": SERVICE,
                "prefetch": dict(PREFETCH),
                "version": "3.0.0",
                "hookVersion": "1.0",
                "extension": {"org.example.foreign.kind": "demonstration"},
            }
            for hook in hooks
        ]
        self.discovery: Any = {"services": self.entries}
        self.discovery_status = 200
        self.answer: Json = copy.deepcopy(ANSWER)
        self.success = 200
        self.content_type = "application/json"
        self.written: Callable[[str], str] = str
        self.outcome: Any = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "invalid"}],
        }
        self.rules: list[Rule] = []
        self.feedback_rules: list[Rule] = []
        self.knows_every_id = False
        self.wants_token = ""
        self.preflight = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Content-Type",
        }

    @property
    def card(self) -> Json:
        """The first card of the answer."""
        first: Json = self.answer["cards"][0]
        return first

    @property
    def suggestion(self) -> Json:
        """The first suggestion of the first card: a create, an update and a delete."""
        first: Json = self.card["suggestions"][0]
        return first

    def judge(self, call: Json | None) -> int:
        """The status of a call."""
        for applies, status in self.rules:
            if applies(call):
                return status
        if call is None or missing(call) or call["hook"] not in self.hooks:
            return 400
        if "fhirAuthorization" in call and "fhirServer" not in call:
            return 400
        conditions = call.get("prefetch", {}).get("conditions", ...)
        if conditions is ... or (conditions or {}).get("resourceType") == "OperationOutcome":
            return 412
        return self.success

    def judge_feedback(self, body: Json | None) -> int:
        """The status of feedback."""
        for applies, status in self.feedback_rules:
            if applies(body):
                return status
        told = (body or {}).get("feedback")
        if not isinstance(told, list):
            return 400
        return 200 if all(understood(one) for one in told) else 400

    def sent(self, body: Any, status: int) -> Response:
        """A body as this service writes it."""
        return Response(self.written(json.dumps(body)), status=status, content_type=self.content_type)


def missing(call: Json) -> bool:
    """Whether a call lacks a member that its hook requires."""
    context = call.get("context")
    if not isinstance(context, dict) or "hook" not in call or "hookInstance" not in call:
        return True
    needed = {"userId", "patientId"}
    needed |= {"draftOrders"} if call["hook"].startswith("order") else set()
    needed |= {"selections"} if call["hook"] == "order-select" else set()
    return not needed <= set(context)


def understood(told: Json) -> bool:
    """Whether one piece of feedback is as the specification has it."""
    if not {"card", "outcome", "outcomeTimestamp"} <= set(told):
        return False
    if told["outcome"] == "accepted":
        return bool(told.get("acceptedSuggestions"))
    return bool(told["outcome"] == "overridden")


@contextmanager
def served(service: ForeignService) -> Iterator[str]:
    """The base address of the service, over real HTTP, until the block ends."""
    app = Flask(__name__)

    @app.before_request
    def ask_who() -> Response | None:
        wanted = service.wants_token
        if not wanted or request.headers.get("Authorization") == f"Bearer {wanted}":
            return None
        return None if request.method == "OPTIONS" else service.sent(service.outcome, 401)

    @app.get("/cds-services")
    def discover() -> Response:
        return service.sent(service.discovery, service.discovery_status)

    @app.route("/cds-services/<name>", methods=["POST", "OPTIONS"], provide_automatic_options=False)
    def call(name: str) -> Response:
        if request.method == "OPTIONS":
            return Response(headers=service.preflight)
        body = request.get_json(silent=True)
        known = service.knows_every_id or name == SERVICE
        status = service.judge(body if isinstance(body, dict) else None) if known else 404
        return service.sent(service.answer if 200 <= status < 300 else service.outcome, status)

    @app.post("/cds-services/<name>/feedback")
    def feedback(name: str) -> Response:
        body = request.get_json(silent=True)
        status = service.judge_feedback(body if isinstance(body, dict) else None)
        return Response(status=status) if status == 200 else service.sent(service.outcome, status)

    with listening(app) as url:
        yield url

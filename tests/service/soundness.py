"""What holds for every 200 answer: CDS Hooks 3.0, HL7's invariants for responses, and the house's own rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import jsonschema_rs
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.conformance.invariant import violated
from cds_service.conformance.shape import empty_members

from .charts import Json

TEXT = {"type": "string", "minLength": 1}
WEB_ADDRESS = {"type": "string", "pattern": r"^https?://[^/\s]+"}


def _closed(required: str, **properties: Any) -> Json:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _some(items: Any) -> Json:
    return {"type": "array", "minItems": 1, "items": items}


CODING = _closed("code", system=TEXT, code=TEXT, display=TEXT, version=TEXT)
ACTION: Json = {
    **_closed(
        "type description",
        type={"enum": ["create", "update", "delete"]},
        description=TEXT,
        resource={"type": "object", "required": ["resourceType"]},
        resourceId={"type": "string", "pattern": "^[A-Z][A-Za-z]+/."},
    ),
    "if": {"properties": {"type": {"const": "delete"}}},
    "then": {"required": ["resourceId"]},
    "else": {"required": ["resource"]},
}
SUGGESTION = _closed(
    "label uuid actions",  # uuid and actions are optional in CDS Hooks; EHRs need both to file and to report
    label=TEXT,
    uuid=TEXT,
    isRecommended={"type": "boolean"},
    actions=_some(ACTION),
    actionSelectionBehavior={"enum": ["all", "any", "at-most-one"]},
)
LINK = _closed(
    "label url type",
    label=TEXT,
    url=WEB_ADDRESS,
    type={"enum": ["absolute", "smart"]},
    appContext=TEXT,
    autolaunchable={"type": "boolean"},
)
CARD: Json = {
    **_closed(
        "uuid summary indicator source",
        uuid=TEXT,
        summary={"type": "string", "minLength": 1, "maxLength": 139},
        detail=TEXT,
        indicator={"enum": ["info", "warning", "critical"]},
        source=_closed("label topic", label=TEXT, url=WEB_ADDRESS, icon=WEB_ADDRESS, topic=CODING),
        suggestions=_some(SUGGESTION),
        selectionBehavior={"enum": ["at-most-one", "any"]},
        overrideReasons=_some({**CODING, "required": ["code", "system", "display"]}),
        links=_some(LINK),
        extension={"type": "object"},
    ),
    "dependentRequired": {"suggestions": ["selectionBehavior"], "selectionBehavior": ["suggestions"]},
}
RESPONSE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_closed(
        "cards",
        cards={"type": "array", "items": CARD},
        systemActions=_some({"type": "object"}),
        extension={"type": "object", "minProperties": 1},
    ),
}
_RESPONSE = jsonschema_rs.Draft202012Validator(RESPONSE)

MODELS = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}

_ASSESSMENT = jsonschema_rs.Draft202012Validator(
    json.loads(files("cds_service.pathway").joinpath("assessment.schema.json").read_text(encoding="utf-8"))
)


def assert_sound(body: Json, sent: Json) -> None:
    """Everything that holds for any 200 answer to the call `sent`."""
    _RESPONSE.validate(body)
    assert not list(empty_members({"cards": body["cards"]}))
    assert violated("response", body) == []
    uuids = list(uuids_in(body))
    assert len(set(uuids)) == len(uuids)
    assert all(str(UUID(u)) == u for u in uuids)
    for card in body["cards"]:
        assert re.fullmatch(r"[A-Za-z0-9]+", card["source"]["topic"]["code"])
        assert all(urlsplit(link["url"]).netloc for link in card.get("links", ()))
        recommended = [s for s in card.get("suggestions", ()) if s.get("isRecommended")]
        # a client that knows `any` alone gets removal and creation as two suggestions, both recommended
        assert len(recommended) <= (2 if card.get("selectionBehavior") == "any" else 1)
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                assert_can_be_filed(action, sent)
    for assessment in body.get("extension", {}).values():
        _ASSESSMENT.validate(assessment)


def assert_can_be_filed(action: Json, sent: Json) -> None:
    """A delete names a draft of this call; a create holds valid FHIR about this patient, without a dose."""
    if action["type"] == "delete":
        assert action["resourceId"] in drafts_of(sent)
        return
    resource = action["resource"]
    MODELS[resource["resourceType"]].model_validate_json(json.dumps(resource))
    assert resource["status"] == "draft"
    patient = str(sent["context"]["patientId"]).removeprefix("Patient/")
    assert resource["subject"] == {"reference": f"Patient/{patient}"}
    assert "dosageInstruction" not in resource


def drafts_of(sent: Json) -> set[str]:
    """`Type/id` of every draft that has an id."""
    entries = [
        e for e in (sent["context"].get("draftOrders") or {}).get("entry") or () if isinstance(e, dict)
    ]
    resources = [e["resource"] for e in entries if isinstance(e.get("resource"), dict)]
    return {f"{r.get('resourceType')}/{r['id']}" for r in resources if r.get("id")}


def uuids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("uuid"), str):
            yield value["uuid"]
        for inner in value.values():
            yield from uuids_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from uuids_in(inner)

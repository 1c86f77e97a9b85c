"""The service described for other programs: an OpenAPI 3.1 document at GET /openapi.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import msgspec
from flask import Blueprint, Response

from cds_service.http.wire import ServiceDescription

Json = dict[str, Any]


def openapi_document(
    service: ServiceDescription, version: str, public_url: str | None, *, feedback: bool = False
) -> Json:
    """The addresses of the service, with `feedback` that for feedback too, what each takes, and every status it may
    answer with."""
    hooks = {hook: _schema(hook) for hook in service.hooks}
    call = {
        "title": "A CDS Hooks call",
        "oneOf": [
            {
                "allOf": [{"$ref": "#/components/schemas/envelope"}],
                "properties": {"hook": {"const": hook}, "context": {"$ref": f"#/components/schemas/{hook}"}},
            }
            for hook in hooks
        ],
    }
    asked = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/call"}}},
    }
    calling = {
        "summary": "Call the service",
        "requestBody": asked,
        "security": [{}, {"client": []}],
        "responses": {
            "200": _json("Cards, and the assessment as an extension", "cards"),
            **{str(status): _json(text, "outcome") for status, text in _REFUSALS.items()},
        },
    }
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": service.title, "version": version, "description": service.description},
        "paths": {
            "/cds-services": {"get": _reading("Discovery: what is offered", "discovery")},
            **{f"/cds-services/{each}": {"post": calling} for each in service.ids},
            "/ready": {
                "get": {
                    "summary": "Whether calls should be sent here",
                    "responses": {"200": _json("Yes", "readiness"), "503": _json("No, and why", "readiness")},
                }
            },
            "/live": {"get": _reading("Whether the process lives", "liveness")},
        },
        "components": {
            "schemas": {"envelope": _schema("envelope"), **hooks, "call": call, **_ANSWERS},
            "securitySchemes": {
                "client": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "The client's own signed token, new for each call.",
                }
            },
        },
    }
    if feedback:
        document["components"]["schemas"]["feedback"] = _schema("feedback")
        for each in service.ids:
            document["paths"][f"/cds-services/{each}/feedback"] = {"post": _feedback()}
    if public_url:
        document["servers"] = [{"url": public_url}]
    return document


def _feedback() -> Json:
    refusals = {**_REFUSALS, 503: "The feedback cannot be kept now"}
    return {
        "summary": "Say what users did with cards",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/feedback"}}},
        },
        "security": [{}, {"client": []}],
        "responses": {
            "200": {
                "description": "All of it is kept",
                "content": {"application/json": {"schema": {"type": "object", "maxProperties": 0}}},
            },
            **{str(status): _json(text, "outcome") for status, text in refusals.items()},
        },
    }


def openapi_routes(
    service: ServiceDescription, version: str, public_url: str | None, *, feedback: bool = False
) -> Blueprint:
    """GET /openapi.json."""
    routes = Blueprint("openapi", __name__)
    body = msgspec.json.encode(openapi_document(service, version, public_url, feedback=feedback))

    @routes.get("/openapi.json")
    def show() -> Response:
        return Response(body, mimetype="application/json")

    return routes


_REFUSALS = {
    400: "The call is not as CDS Hooks has it; the outcome says where and how to mend it",
    401: "The client is not known: its token is missing or not valid",
    403: "The client may not call this",
    412: "The patient's Conditions are needed and were not to be had",
    413: "The body is too large",
    415: "The body is not JSON in UTF-8",
    429: "The client calls too often",
    500: "The service failed",
    503: "The service is busy",
}

_ANSWERS: Mapping[str, Json] = {
    "discovery": {
        "type": "object",
        "required": ["services"],
        "properties": {
            "services": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["hook", "description", "id"],
                    "properties": {
                        "hook": {"type": "string"},
                        "title": {"type": "string"},
                        "description": {"type": "string"},
                        "id": {"type": "string"},
                        "prefetch": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                },
            }
        },
    },
    "cards": {
        "type": "object",
        "required": ["cards"],
        "properties": {
            "cards": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["uuid", "summary", "indicator", "source"],
                    "properties": {
                        "uuid": {"type": "string", "minLength": 1},
                        "summary": {"type": "string", "minLength": 1, "maxLength": 140},
                        "detail": {"type": "string", "minLength": 1},
                        "indicator": {"enum": ["info", "warning", "critical"]},
                        "source": {
                            "type": "object",
                            "required": ["label"],
                            "properties": {"label": {"type": "string", "minLength": 1}},
                        },
                        "suggestions": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                        "overrideReasons": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                        "links": {"type": "array", "minItems": 1, "items": {"type": "object"}},
                    },
                },
            },
            "extension": {"type": "object"},
        },
    },
    "outcome": {
        "title": "A FHIR R4 OperationOutcome",
        "type": "object",
        "required": ["resourceType", "id", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "id": {"type": "string", "description": "The correlation id, as in the header X-Correlation-ID."},
            "issue": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["severity", "code", "details"],
                    "properties": {
                        "severity": {"enum": ["fatal", "error"]},
                        "code": {"type": "string"},
                        "details": {"type": "object", "required": ["text"]},
                        "diagnostics": {"type": "string"},
                        "expression": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
        },
    },
    "readiness": {
        "type": "object",
        "required": ["status", "knowledgeVersion"],
        "properties": {
            "status": {"enum": ["ready", "not-ready"]},
            "knowledgeVersion": {"type": "string"},
            "problem": {"type": "string"},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
    },
    "liveness": {"type": "object", "required": ["status"], "properties": {"status": {"const": "live"}}},
}


def _reading(summary: str, answer: str) -> Json:
    return {"summary": summary, "responses": {"200": _json(summary, answer)}}


def _json(text: str, schema: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": text, "content": content}


def _schema(name: str) -> Json:
    """One of the wire's own schemas, its references turned to where they are in the document."""
    text = files("cds_service.http").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    for other in ("envelope",):
        text = text.replace(f'"{other}.json#/', f'"#/components/schemas/{other}/')
    text = text.replace('"#/$defs/', f'"#/components/schemas/{name}/$defs/')
    schema: Json = json.loads(text)
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}

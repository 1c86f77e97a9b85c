"""The gate before the FHIR server: a token opens what its scopes name, of its own patient alone."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import requests
from flask import Blueprint, Response, jsonify, request

from .granted import Memory, Token
from .grants import base

_SCOPE = re.compile(r"(?:patient|user)/(\*|[A-Za-z]+)\.(read|\*|[cruds]+)")
_TIMEOUT_SECONDS = 30


def fhir_gate(upstream: str, kept: Memory) -> Blueprint:
    """`/fhir/`: what lies under `upstream`, for whoever has a token of `kept`."""
    gate = Blueprint("fhir", __name__)

    @gate.get("/fhir/<path:path>")
    def read(path: str) -> Response:
        opened = kept.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if opened is None or opened.until < time.time():
            return _outcome(401, "login")
        kind, _, name = path.partition("/")
        if not _granted(opened, kind, "r" if name else "s"):
            return _outcome(403, "forbidden")
        asked = requests.get(
            f"{upstream}/{path}",
            params=request.args.to_dict(flat=False),
            headers={"Accept": "application/fhir+json"},
            timeout=_TIMEOUT_SECONDS,
        )
        if asked.status_code == 200 and not _of_patient(asked.json(), opened.patient):
            return _outcome(403, "forbidden")
        # a page that follows lies behind the same gate
        text = asked.text.replace(upstream, f"{base()}/fhir")
        return Response(text, asked.status_code, content_type="application/fhir+json")

    return gate


def patients_of(upstream: str) -> list[tuple[str, str]]:
    """The patients of a FHIR server to choose from: id and name, by name."""
    found = requests.get(f"{upstream}/Patient", params={"_count": "500"}, timeout=_TIMEOUT_SECONDS).json()
    people = [entry["resource"] for entry in found.get("entry", ())]
    names = [(person, (person.get("name") or [{}])[0]) for person in people]
    told = [
        (p["id"], n.get("text") or " ".join([*n.get("given", ()), n.get("family", "")]).strip() or "no name")
        for p, n in names
    ]
    return sorted(told, key=lambda row: row[1])


def _granted(token: Token, kind: str, action: str) -> bool:
    for scope in token.scopes:
        found = _SCOPE.fullmatch(scope)
        if found and found[1] in ("*", kind) and (found[2] in ("read", "*") or action in found[2]):
            return True
    return False


def _of_patient(resource: Mapping[str, Any], patient: str) -> bool:
    """Whether everything in an answer is about the patient of the token."""
    if resource.get("resourceType") == "Bundle":
        return all(_of_patient(e.get("resource", {}), patient) for e in resource.get("entry", ()))
    if resource.get("resourceType") == "Patient":
        return bool(resource.get("id") == patient)
    about = resource.get("subject") or resource.get("patient")
    return about is None or str(about.get("reference", "")).endswith(f"Patient/{patient}")


def _outcome(status: int, code: str) -> Response:
    issue = {"severity": "error", "code": code}
    response = jsonify(resourceType="OperationOutcome", issue=[issue])
    response.status_code = status
    return response

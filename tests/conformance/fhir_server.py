"""A FHIR server that holds one record, over real HTTP: reads, and the searches that prefetch templates make."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, request

from cds_service.replay.fixture import answer

from .listening import listening

FHIR_PATH = "/fhir/R4"
NOT_FOUND = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}


@contextmanager
def serving(resources: tuple[Mapping[str, Any], ...], patient_id: str) -> Iterator[tuple[str, list[str]]]:
    """The server's address without FHIR_PATH, and the queries that reach it, until the block ends."""
    app = Flask(__name__)
    asked: list[str] = []

    @app.get(f"{FHIR_PATH}/<path:query>")
    def get(query: str) -> Response:
        url = f"{query}?{request.query_string.decode()}".rstrip("?")
        asked.append(url)
        found = answer(url, {"patientId": patient_id}, resources)
        body = json.dumps(NOT_FOUND if found is None else found)
        return Response(body, status=404 if found is None else 200, content_type="application/fhir+json")

    with listening(app) as url:
        yield url, asked

"""What every error of the wire must be: a valid OperationOutcome with the answer's correlation id."""

from __future__ import annotations

import json
import re
from typing import Any

from fhir.resources.R4B.operationoutcome import OperationOutcome
from werkzeug.test import TestResponse


def issue_of(response: TestResponse, status: int) -> dict[str, Any]:
    """The one issue of an error with this status; asserts everything that holds for all errors."""
    assert response.status_code == status, response.get_data(as_text=True)
    return checked_issue(
        response.data, response.headers["X-Correlation-ID"], response.headers["Content-Type"]
    )


def checked_issue(body: bytes, correlation_id: str, content_type: str) -> dict[str, Any]:
    """The issue of an OperationOutcome that was sent as `body`."""
    assert content_type.partition(";")[0] == "application/json"
    OperationOutcome.model_validate_json(body)
    outcome = json.loads(body)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["id"] == correlation_id
    assert re.fullmatch(r"[A-Za-z0-9.\-]{1,64}", correlation_id)
    (issue,) = outcome["issue"]
    assert issue["details"]["text"]
    assert all(value not in (None, "", [], {}) for value in issue.values())
    return dict(issue)

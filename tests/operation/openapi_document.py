"""The service's own OpenAPI document."""

from __future__ import annotations

from typing import Any

from cds_service.http.openapi import openapi_document
from tests.http.calls import SERVICE


def checked_document() -> dict[str, Any]:
    return openapi_document(SERVICE, "1", None, feedback=True)

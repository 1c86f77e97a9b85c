"""The correlation id: one word that ties a call, its answer and the lines of the log together."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, request

HEADER = "X-Correlation-ID"

_ACCEPTED_HEADERS = (HEADER, "X-Request-ID")

# FHIR's id, so that it can be the OperationOutcome's.
_ACCEPTED = re.compile(r"[A-Za-z0-9.\-]{1,64}")


def correlate(app: Flask) -> None:
    """Give each request of `app` a correlation id, `flask.g.correlation_id`, and send it back.

    It is the client's own (X-Correlation-ID, else X-Request-ID) if that is 1 to 64 letters, digits, dots
    and hyphens; a new UUID otherwise.
    """

    @app.before_request
    def choose() -> None:
        stated = (request.headers.get(name, "") for name in _ACCEPTED_HEADERS)
        g.correlation_id = next((word for word in stated if _ACCEPTED.fullmatch(word)), None) or str(
            uuid.uuid4()
        )

    @app.after_request
    def send_back(response: Response) -> Response:
        response.headers[HEADER] = g.correlation_id
        return response

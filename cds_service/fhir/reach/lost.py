"""Why a query got no complete answer, in one word of FHIR's IssueType, and how that is said in FHIR.

401 login · 403 forbidden · 404 not-found · 410 deleted · 408 timeout · 429 throttled · 5xx transient
(500, 501 exception) · any other status processing · a redirect, an address or another origin that may not be
asked, a certificate security · no connection transient · too late timeout · cut short incomplete · no FHIR,
or another resource than asked for structure · more than a call may bring too-costly · an OperationOutcome its
own word.
"""

from __future__ import annotations

import msgspec

from cds_service.case.fact import QueryFailure

OF_STATUS: dict[int, QueryFailure] = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    408: "timeout",
    410: "deleted",
    429: "throttled",
    500: "exception",
    501: "exception",
}


class Lost(Exception):
    """A query got no complete answer. Carries nothing that a server said but one known word."""

    def __init__(self, why: QueryFailure) -> None:
        super().__init__(why)
        self.why: QueryFailure = why


def of_status(status: int) -> Lost:
    """What an HTTP status other than 200 says."""
    if 300 <= status < 400:
        return Lost("security")
    return Lost(OF_STATUS.get(status, "transient" if status >= 500 else "processing"))


def outcome(why: QueryFailure, severity: str = "error") -> msgspec.Raw:
    """An OperationOutcome that says it."""
    issue = {"severity": severity, "code": why}
    return msgspec.Raw(msgspec.json.encode({"resourceType": "OperationOutcome", "issue": [issue]}))

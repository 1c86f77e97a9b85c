"""Errors in a browser: a page that says what the OperationOutcome says to programs."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from .calls import ADDRESS, RecordingAnswer, app_with, order_call
from .outcomes import issue_of

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PROGRAMS = [
    None,
    "*/*",
    "application/json",
    "application/fhir+json",
    "application/fhir+json, application/json;q=0.9, */*;q=0.1",
    "application/json, text/html;q=0.5",
]
ASKED: list[tuple[str, str, int, dict[str, Any]]] = [
    ("GET", "/nope", 404, {}),
    ("GET", "/sources/nope", 404, {}),
    ("GET", "/cds-services/sarcoma-pathwy", 404, {}),
    ("DELETE", "/cds-services", 405, {}),
    ("POST", ADDRESS, 400, {"json": {"hook": "order-selekt"}}),
    ("POST", ADDRESS, 413, {"json": order_call(padding="x" * 2_000_000)}),
    ("POST", ADDRESS, 500, {"json": order_call()}),
]


@pytest.fixture
def failing() -> FlaskClient:
    answer = RecordingAnswer()
    answer.error = ZeroDivisionError("of a patient")
    return app_with(answer, max_body_bytes=1_000_000).test_client()


@pytest.mark.parametrize(("method", "path", "status", "sent"), ASKED)
def test_a_browser_is_told_on_a_page_what_programs_are_told(
    failing: FlaskClient, method: str, path: str, status: int, sent: dict[str, Any]
) -> None:
    correlation = {"X-Correlation-ID": "one-and-the-same"}
    issue = issue_of(failing.open(path, method=method, headers=correlation, **sent), status)
    page = failing.open(path, method=method, headers={**correlation, "Accept": CHROMIUM}, **sent)
    text = html.unescape(page.get_data(as_text=True))
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert f"<h1>{issue['details']['text']}</h1>" in text
    assert issue["diagnostics"] in text and f"<code>{issue['code']}</code>" in text
    for where in issue.get("expression", ()):
        assert f"<code>{where}</code>" in text
    assert "<code>one-and-the-same</code>" in text and page.headers["X-Correlation-ID"] == "one-and-the-same"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store" and "Accept" in page.headers["Vary"]
    assert "of a patient" not in text


@pytest.mark.parametrize("accepted", PROGRAMS)
@pytest.mark.parametrize(("method", "path", "status", "sent"), ASKED)
def test_programs_keep_the_operation_outcome(
    failing: FlaskClient, accepted: str | None, method: str, path: str, status: int, sent: dict[str, Any]
) -> None:
    headers = {"Accept": accepted} if accepted else {}
    response = failing.open(path, method=method, headers=headers, **sent)
    assert issue_of(response, status) and "Accept" in response.headers["Vary"]


def test_what_the_headers_say_is_said_with_the_page_too(failing: FlaskClient) -> None:
    response = failing.delete("/cds-services", headers={"Accept": CHROMIUM})
    assert "GET" in response.headers["Allow"]


def test_the_links_of_the_page_lead_somewhere(failing: FlaskClient) -> None:
    text = failing.get("/nope", headers={"Accept": CHROMIUM}).get_data(as_text=True)
    addresses = re.findall(r'(?:href|src)="(/[^"]*)"', text)
    assert {"/", "/cds-services", "/openapi.json"} <= set(addresses)
    for address in addresses:
        assert failing.get(address, headers={"Accept": CHROMIUM}).status_code == 200, address


def test_an_address_is_not_taken_for_markup(failing: FlaskClient) -> None:
    page = failing.get("/map/<script>alert(1)</script>", headers={"Accept": CHROMIUM})
    assert page.status_code == 404 and "<script" not in page.get_data(as_text=True)

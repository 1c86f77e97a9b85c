"""POST /cds-services/<id>: what reaches the service, and what comes back."""

from __future__ import annotations

import json
import logging
import re

import msgspec
import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.http.wire import Refusal, ServiceDescription
from cds_service.settings import Settings

from .calls import ADDRESS, CARD, SERVICE, RecordingAnswer, app_with, order_call, view_call
from .outcomes import issue_of


@pytest.mark.parametrize(
    "call", [order_call(), order_call("order-sign"), view_call()], ids=lambda call: call["hook"]
)
def test_the_answer_is_sent_as_json(
    client: FlaskClient, answer: RecordingAnswer, call: dict[str, object]
) -> None:
    response = client.post(ADDRESS, json=call)
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json == {"cards": [CARD]}
    assert answer.last.service == SERVICE.id
    assert answer.last.hook == call["hook"]
    assert answer.last.hook_instance == call["hookInstance"]
    assert answer.last.context == call["context"]


def test_prefetch_reaches_the_service_as_it_was_sent(client: FlaskClient, answer: RecordingAnswer) -> None:
    patient = '{"resourceType" : "Patient","id":"1","note":"\\u00e9 \\"{[\\" é"}'
    body = json.dumps(order_call()).replace(
        '"prefetch": {', f'"prefetch": {{"patient": {patient}, "none" :  null ,'
    )
    body = body.replace('"patient": {"resourceType": "Patient", "id": "1288992"', '"other": {"id": "1288992"')
    assert client.post(ADDRESS, data=body.encode(), content_type="application/json").status_code == 200
    prefetch = answer.last.prefetch
    assert prefetch["none"] is None
    assert isinstance(prefetch["patient"], msgspec.Raw)
    assert bytes(prefetch["patient"]) == patient.encode()


@pytest.mark.parametrize("sent", [{}, {"prefetch": {}}, {"prefetch": None}])
def test_absent_empty_and_null_prefetch_are_an_empty_mapping(
    client: FlaskClient, answer: RecordingAnswer, sent: dict[str, object]
) -> None:
    assert client.post(ADDRESS, json=view_call(**sent)).status_code == 200
    assert answer.last.prefetch == {}


def test_unknown_members_and_extensions_are_tolerated(client: FlaskClient, answer: RecordingAnswer) -> None:
    call = order_call(
        extension={"com.epic.cdshooks.request.bpa-trigger-action": 23, "nothing": None},
        unheardOf=[1, {"a": None}],
    )
    call["context"] |= {"com.epic.cdshooks.more": {"x": 1}, "encounterId": None}
    call["prefetch"]["asked-by-nobody"] = {"resourceType": "Basic"}
    assert client.post(ADDRESS, json=call).status_code == 200
    assert answer.last.context["com.epic.cdshooks.more"] == {"x": 1}


def test_an_unknown_member_may_hold_any_json(client: FlaskClient) -> None:
    body = json.dumps(order_call())[:-1] + f', "huge": 1e999, "long": {"9" * 5000}}}'
    assert client.post(ADDRESS, data=body, content_type="application/json").status_code == 200


def test_ids_as_real_clients_send_them(client: FlaskClient, answer: RecordingAnswer) -> None:
    long_id = "e" * 200 + "_.-3"
    call = order_call(hookInstance="not-a-uuid")
    call["context"] |= {"patientId": f"Patient/{long_id}", "selections": ["103", "https://ehr/fhir/X/1", ""]}
    assert client.post(ADDRESS, json=call).status_code == 200
    assert answer.last.context["patientId"] == long_id
    assert answer.last.context["selections"] == ["103", "https://ehr/fhir/X/1", ""]


def test_incomplete_draft_orders_are_the_clinical_sides_concern(client: FlaskClient) -> None:
    call = order_call()
    call["context"]["draftOrders"] = {
        "resourceType": "Bundle",
        "entry": [{}, {"resource": None}, {"resource": {}}],
    }
    assert client.post(ADDRESS, json=call).status_code == 200
    call["context"]["draftOrders"] = {"resourceType": "Bundle"}
    assert client.post(ADDRESS, json=call).status_code == 200


def test_the_fhir_server_is_passed_on(client: FlaskClient, answer: RecordingAnswer) -> None:
    assert client.post(ADDRESS, json=view_call(fhirServer="https://ehr.example.org/fhir")).status_code == 200
    assert answer.last.fhir_server == "https://ehr.example.org/fhir"
    assert client.post(ADDRESS, json=view_call(fhirServer=None)).status_code == 200
    assert answer.last.fhir_server is None


def test_a_byte_order_mark_and_other_json_types_are_understood(client: FlaskClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(view_call()).encode()
    for content_type in ("application/json; charset=UTF-8", "application/fhir+json", "Application/JSON"):
        assert client.post(ADDRESS, data=body, content_type=content_type).status_code == 200


def test_a_trailing_slash_makes_no_difference(client: FlaskClient) -> None:
    assert client.post(f"{ADDRESS}/", json=view_call()).status_code == 200


def test_what_the_service_refuses_becomes_an_outcome(client: FlaskClient, answer: RecordingAnswer) -> None:
    answer.error = Refusal(412, "incomplete", "No conditions.", "prefetch.conditions", "Send conditions.")
    assert issue_of(client.post(ADDRESS, json=view_call()), 412) == {
        "severity": "error",
        "code": "incomplete",
        "details": {"text": "No conditions."},
        "diagnostics": "Send conditions.",
        "expression": ["prefetch.conditions"],
    }


def test_a_failure_says_nothing_of_its_cause(
    client: FlaskClient, answer: RecordingAnswer, caplog: pytest.LogCaptureFixture
) -> None:
    answer.error = KeyError("Erika Mustermann")
    with caplog.at_level(logging.INFO):
        response = client.post(ADDRESS, json=view_call(), headers={"X-Correlation-ID": "call-7"})
    issue = issue_of(response, 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    (line,) = [record.msg for record in caplog.records if record.name == "cds_service.failures"]
    assert (line["correlation"], line["exception"]) == ("call-7", "builtins.KeyError")
    assert any("tests.http.calls" in frame for frame in line["frames"])
    for told in (response.get_data(as_text=True), caplog.text):
        assert "Mustermann" not in told
    assert "KeyError" not in response.get_data(as_text=True)


def test_an_answer_that_is_no_json_is_a_failure(client: FlaskClient) -> None:
    app = create_app(Settings(development=True), SERVICE, lambda call: {"cards": [object()]})
    issue = issue_of(app.test_client().post(ADDRESS, json=view_call()), 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")


def test_a_hook_without_a_schema_cannot_be_offered(answer: RecordingAnswer) -> None:
    described = ServiceDescription("x", "x", "x", "", ("encounter-start",))
    with pytest.raises(ValueError, match="encounter-start"):
        create_app(Settings(development=True), described, answer)


def test_one_line_is_logged_for_each_call(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps(order_call())
    with caplog.at_level(logging.INFO):
        client.post(
            f"{ADDRESS}?patient=1288992",
            data=body,
            content_type="application/json",
            headers={"X-Correlation-ID": "call-1"},
        )
        client.post("/cds-services/1288992", json=order_call())
        client.post(ADDRESS, json=order_call("1288992"))
    lines = [record.msg for record in caplog.records if record.name == "cds_service.calls"]
    assert [line["status"] for line in lines] == [200, 404, 400]
    assert isinstance(lines[0].pop("ms"), float)
    assert lines[0].pop("bytesIn") == len(body)
    assert list(lines[0].pop("phases")) == ["authenticate", "parse"]
    assert lines[0] == {
        "event": "call",
        "correlation": "call-1",
        "method": "POST",
        "service": SERVICE.id,
        "client": "development",
        "hook": "order-select",
        "cards": 1,
        "status": 200,
    }
    assert "1288992" not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("header", ["X-Correlation-ID", "X-Request-ID", "x-correlation-id"])
def test_the_clients_correlation_id_is_kept(client: FlaskClient, header: str) -> None:
    assert client.get("/cds-services", headers={header: "a.B-9"}).headers["X-Correlation-ID"] == "a.B-9"


@pytest.mark.parametrize("unfit", ["", "a b", "x" * 65, "<script>", "ä"])
def test_an_unfit_correlation_id_is_replaced(client: FlaskClient, unfit: str) -> None:
    chosen = client.get("/nowhere", headers={"X-Correlation-ID": unfit}).headers["X-Correlation-ID"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", chosen)


class TestBrowsers:
    """Cross-origin calls from CDS clients that run in a browser."""

    preflight = {  # noqa: RUF012
        "Origin": "https://ehr.example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-correlation-id",
    }

    def test_no_origin_is_let_in_unless_chosen(self, client: FlaskClient) -> None:
        response = client.options(ADDRESS, headers=self.preflight)
        assert response.status_code == 200
        assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118

    @pytest.mark.parametrize("origins", [("*",), ("https://ehr.example.org", "https://other.example.org")])
    def test_a_chosen_origin_is_let_in(self, answer: RecordingAnswer, origins: tuple[str, ...]) -> None:
        client = app_with(answer, cors_origins=origins).test_client()
        response = client.options(ADDRESS, headers=self.preflight)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] in {"*", "https://ehr.example.org"}
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        allowed = response.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "x-correlation-id"))
        good = client.post(ADDRESS, json=view_call(), headers=self.preflight)
        bad = client.post(ADDRESS, headers=self.preflight)
        assert (good.status_code, bad.status_code) == (200, 415)
        for answered in (good, bad):
            assert answered.headers["Access-Control-Allow-Origin"] in {"*", "https://ehr.example.org"}
            assert answered.headers["Access-Control-Expose-Headers"].split(", ") == [
                "Retry-After",
                "WWW-Authenticate",
                "X-Correlation-ID",
            ]

    def test_another_origin_is_not_let_in(self, answer: RecordingAnswer) -> None:
        client = app_with(answer, cors_origins=("https://ehr.example.org",)).test_client()
        for origin in (
            "https://evil.example.org",
            "https://ehr.example.org.evil.example",
            "https://ehrxexample.org",
        ):
            response = client.options(ADDRESS, headers={**self.preflight, "Origin": origin})
            assert "Access-Control-Allow-Origin" not in response.headers

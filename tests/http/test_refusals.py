"""Errors: each says what is wrong, where, and how to mend it, and quotes nothing of the patient."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.work import calls_made

from .calls import ADDRESS, RecordingAnswer, app_with, order_call, view_call
from .outcomes import issue_of


def refused(client: FlaskClient, call: Any, status: int = 400) -> tuple[str, str, str, str]:
    """code, where, what and how of the refusal of a call."""
    issue = issue_of(client.post(ADDRESS, json=call), status)
    return issue["code"], issue["expression"][0], issue["details"]["text"], issue["diagnostics"]


def without(call: dict[str, Any], *path: str) -> dict[str, Any]:
    holder = call
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    return call


def with_context(**members: Any) -> dict[str, Any]:
    call = order_call()
    call["context"] |= members
    return call


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body(client: FlaskClient, body: bytes) -> None:
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert issue["code"] == "required"
    assert "no body" in issue["details"]["text"]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7", b"true"])
def test_a_body_that_is_no_object(client: FlaskClient, body: bytes) -> None:
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert "not an object" in issue["details"]["text"]


@pytest.mark.parametrize(
    "body", [b"{", b'{"hook": NaN}', b"{'a':1}", b'{"a":1,}', b'{"a":1} x', b'{"a":"\x01"}']
)
def test_a_body_that_is_no_json(client: FlaskClient, body: bytes) -> None:
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert (issue["code"], issue["expression"]) == ("structure", ["$this"])
    assert "not JSON" in issue["details"]["text"]


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"])
def test_invalid_utf8_inside_a_resource(client: FlaskClient, answer: RecordingAnswer, bad: bytes) -> None:
    body = json.dumps(order_call()).encode().replace(b"female", bad)
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert "not UTF-8" in issue["details"]["text"]
    assert not answer.calls


@pytest.mark.parametrize("bracket", ["[]", "{}"])
@pytest.mark.parametrize("where", ["prefetch", "context", "unknown"])
@pytest.mark.parametrize("depth", [101, 990, 100_000])
@pytest.mark.timeout(60)
def test_deep_nesting_is_refused(client: FlaskClient, where: str, bracket: str, depth: int) -> None:
    opening, closing = bracket[0], bracket[1]
    deep = (opening + ('"a":' if opening == "{" else "")) * depth + "1" + closing * depth
    body = json.dumps(order_call(), separators=(",", ":"))
    if where == "unknown":
        body = body[:-1] + f',"more":{deep}}}'
    else:
        body = body.replace(f'"{where}":{{', f'"{where}":{{"deep":{{"a":{deep}}},')
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert "more than 100 deep" in issue["details"]["text"]


@pytest.mark.parametrize(("arrays", "status"), [(97, 200), (98, 400)])
def test_nesting_is_counted_to_the_limit(client: FlaskClient, arrays: int, status: int) -> None:
    # The body, prefetch and the resource are three levels of the hundred.
    deep = "[" * arrays + "]" * arrays
    body = json.dumps(order_call()).replace('"prefetch": {', f'"prefetch": {{"deep": {{"x": {deep}}}, ')
    response = client.post(ADDRESS, data=body, content_type="application/json")
    assert response.status_code == status


def test_brackets_inside_strings_do_not_nest(client: FlaskClient) -> None:
    text = '"[[{' * 300 + "\\"
    assert client.post(ADDRESS, json=order_call(prefetch={text: {text: text}})).status_code == 200


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_a_missing_member_of_the_envelope(client: FlaskClient, member: str) -> None:
    code, where, what, how = refused(client, without(order_call(), member))
    assert (code, where) == ("required", member)
    assert member in what
    assert how.startswith("Send ")


@pytest.mark.parametrize(
    ("hook", "member"),
    [
        ("order-select", "userId"),
        ("order-select", "patientId"),
        ("order-select", "selections"),
        ("order-select", "draftOrders"),
        ("order-sign", "draftOrders"),
        ("patient-view", "userId"),
        ("patient-view", "patientId"),
    ],
)
def test_a_missing_member_of_the_context(client: FlaskClient, hook: str, member: str) -> None:
    call = view_call() if hook == "patient-view" else order_call(hook)
    code, where, what, how = refused(client, without(call, "context", member))
    assert (code, where) == ("required", f"context.{member}")
    assert member in what
    assert how.startswith("Send ")


def test_a_misspelt_member_is_recognised(client: FlaskClient) -> None:
    call = order_call()
    call["hookinstance"] = call.pop("hookInstance")
    assert refused(client, call)[3].startswith("Is `hookinstance` meant to be `hookInstance`?")


@pytest.mark.parametrize(
    ("call", "code", "where"),
    [
        (order_call(hook=7), "structure", "hook"),
        (order_call(hook=""), "required", "hook"),
        (order_call(hookInstance=7), "structure", "hookInstance"),
        (order_call(hookInstance=""), "required", "hookInstance"),
        (order_call(hookInstance="x" * 257), "too-long", "hookInstance"),
        (order_call(context=[]), "structure", "context"),
        (order_call(context=None), "structure", "context"),
        (order_call(fhirServer=7), "structure", "fhirServer"),
        (order_call(fhirServer="ehr/fhir"), "value", "fhirServer"),
        (order_call(fhirServer="file:///etc/passwd"), "value", "fhirServer"),
        (order_call(fhirServer="https://x", fhirAuthorization="t"), "structure", "fhirAuthorization"),
        (
            order_call(fhirServer="https://x", fhirAuthorization={}),
            "required",
            "fhirAuthorization.access_token",
        ),
        (order_call(prefetch=[]), "structure", "prefetch"),
        (order_call(prefetch="x"), "structure", "prefetch"),
        (order_call(prefetch={"conditions": "x"}), "structure", "prefetch.conditions"),
        (order_call(prefetch={"a": None, "secret\nname": [1]}), "structure", "prefetch.`secret?name`"),
        (order_call(prefetch={"a": True}), "structure", "prefetch.a"),
        (order_call(prefetch={"a": -1}), "structure", "prefetch.a"),
        (with_context(userId=""), "required", "context.userId"),
        (with_context(patientId=7), "structure", "context.patientId"),
        (with_context(patientId=""), "required", "context.patientId"),
        (with_context(patientId="x" * 513), "value", "context.patientId"),
        (with_context(patientId="x" * 521), "too-long", "context.patientId"),
        (with_context(patientId="https://ehr/fhir/Patient/1"), "value", "context.patientId"),
        (with_context(patientId="1/../2"), "value", "context.patientId"),
        (with_context(patientId=".."), "value", "context.patientId"),
        (with_context(patientId="Patient/.."), "value", "context.patientId"),
        (with_context(patientId="Patient/"), "value", "context.patientId"),
        (with_context(patientId="1&_include=*"), "value", "context.patientId"),
        (with_context(patientId="1 2"), "value", "context.patientId"),
        (with_context(patientId="1\n"), "value", "context.patientId"),
        (with_context(encounterId=7), "structure", "context.encounterId"),
        (with_context(selections="MedicationRequest/1"), "structure", "context.selections"),
        (with_context(selections=["a", {"b": 1}]), "structure", "context.selections[1]"),
        (with_context(draftOrders=[]), "structure", "context.draftOrders"),
        (with_context(draftOrders={}), "required", "context.draftOrders.resourceType"),
        (with_context(draftOrders={"resourceType": "List"}), "value", "context.draftOrders.resourceType"),
        (
            with_context(draftOrders={"resourceType": "Bundle", "entry": {}}),
            "structure",
            "context.draftOrders.entry",
        ),
        (
            with_context(draftOrders={"resourceType": "Bundle", "entry": [{}, {"resource": "x"}]}),
            "structure",
            "context.draftOrders.entry[1].resource",
        ),
    ],
)
def test_a_member_that_is_not_as_the_specification_has_it(
    client: FlaskClient, answer: RecordingAnswer, call: Any, code: str, where: str
) -> None:
    found = refused(client, call)
    assert found[:2] == (code, where)
    assert found[3].startswith("Send ")
    assert not answer.calls


def test_a_number_out_of_range(client: FlaskClient) -> None:
    body = json.dumps(order_call()).replace('"imatinib"', "1e999")
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert issue["expression"] == ["context"]


@pytest.mark.parametrize("server", [{}, {"fhirServer": None}])
def test_authorization_without_a_server(client: FlaskClient, server: dict[str, Any]) -> None:
    code, where, _, how = refused(client, order_call(fhirAuthorization={"access_token": "t"}, **server))
    assert (code, where) == ("invariant", "fhirServer")
    assert "cds-r-1" in how


@pytest.mark.parametrize("sent", ["order_select", "orderselect", "Order-Select", "order-selected"])
def test_a_misspelt_hook(client: FlaskClient, sent: str) -> None:
    code, where, what, how = refused(client, order_call(hook=sent))
    assert (code, where) == ("code-invalid", "hook")
    assert sent in what
    assert how.startswith("Did you mean order-select?")


def test_a_hook_that_is_not_offered(client: FlaskClient) -> None:
    code, where, what, how = refused(client, order_call(hook="encounter-start"))
    assert (code, where) == ("not-supported", "hook")
    assert "encounter-start" in what
    assert "order-select, order-sign, patient-view" in how


def test_a_hook_of_another_kind_is_checked_by_its_own_rules(client: FlaskClient) -> None:
    assert refused(client, view_call(hook="order-select"))[1] == "context.selections"


def test_what_the_client_sent_is_not_echoed(client: FlaskClient) -> None:
    name = "Erika Mustermann <b>1288992</b> " * 40
    shown = "Erika?Mustermann??b?1288992??b??Erika?Musterman"
    assert refused(client, order_call(hook=name))[2] == f"There is no hook {shown}~."
    for call in (with_context(patientId=name), order_call(hookInstance=name), order_call(fhirServer=name)):
        assert "Mustermann" not in " ".join(refused(client, call))
    response = client.get(f"/Patient/{name}?name={name}")
    assert "Mustermann" not in response.get_data(as_text=True)
    issue_of(response, 404)


class TestAddresses:
    def test_an_unknown_service(self, client: FlaskClient) -> None:
        for path, near in (("/cds-services/sarcoma-pathways", True), ("/cds-services/zzz", False)):
            issue = issue_of(client.post(path, json=view_call()), 404)
            assert issue["code"] == "not-found"
            assert "/cds-services/sarcoma-pathway" in issue["diagnostics"]
            assert ("Did you mean" in issue["diagnostics"]) is near

    @pytest.mark.parametrize(
        "path", ["/fhir", "/cds-service", "/x//cds-services", "/cds-services/a/b", "/static/x"]
    )
    def test_an_unknown_path(self, client: FlaskClient, path: str) -> None:
        assert "/cds-services" in issue_of(client.get(path), 404)["diagnostics"]

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
            ("DELETE", "/", {"GET", "HEAD", "OPTIONS"}),
            ("GET", ADDRESS, {"POST", "OPTIONS"}),
            ("PUT", ADDRESS, {"POST", "OPTIONS"}),
            ("BREW", ADDRESS, {"POST", "OPTIONS"}),
        ],
    )
    def test_a_wrong_method(self, client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
        response = client.open(path, method=method)
        assert issue_of(response, 405)["code"] == "not-supported"
        assert set(response.headers["Allow"].split(", ")) == allowed

    def test_options(self, client: FlaskClient) -> None:
        response = client.options(ADDRESS)
        assert response.status_code == 200
        assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}

    def test_head_of_a_service(self, client: FlaskClient) -> None:
        response = client.head(ADDRESS)
        assert (response.status_code, response.data) == (405, b"")
        assert response.headers["X-Correlation-ID"]


class TestContentType:
    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "text/plain",
            "text/json",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "image/svg+json",
            "nonsense",
        ],
    )
    def test_a_body_that_is_not_declared_as_json(self, client: FlaskClient, content_type: str | None) -> None:
        issue = issue_of(client.post(ADDRESS, data=json.dumps(view_call()), content_type=content_type), 415)
        assert issue["expression"] == ["http.content-type"]
        assert "application/json" in issue["diagnostics"]

    def test_a_compressed_body(self, client: FlaskClient) -> None:
        response = client.post(ADDRESS, json=view_call(), headers={"Content-Encoding": "gzip"})
        assert issue_of(response, 415)["expression"] == ["http.content-encoding"]


def test_a_body_that_is_too_large(answer: RecordingAnswer) -> None:
    client = app_with(answer, max_body_bytes=2048).test_client()
    body = json.dumps(order_call(padding="x" * 2048))
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 413)
    assert issue["code"] == "too-long"
    assert "2048" in issue["details"]["text"]
    assert not answer.calls


def test_a_body_cut_short(client: FlaskClient) -> None:
    body = json.dumps(view_call())
    response = client.post(
        ADDRESS,
        data=body,
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(body) + 9)},
    )
    assert issue_of(response, 400)["severity"] == "error"


def test_the_work_of_reading_a_call_grows_no_faster_than_the_call(client: FlaskClient) -> None:
    observation = {
        "resourceType": "Observation",
        "text": {"div": '<div class="x">\\ [ok]</div>'},
        "code": {"coding": [{}]},
    }

    def sent(count: int) -> int:
        bundle = {"resourceType": "Bundle", "entry": [{"resource": observation} for _ in range(count)]}
        body = json.dumps(order_call(prefetch={"observations": bundle}))
        return client.post(ADDRESS, data=body, content_type="application/json").status_code

    assert sent(500) == 200
    one, four = calls_made(lambda: sent(500)), calls_made(lambda: sent(2000))
    assert one <= four < 5 * one


@pytest.mark.parametrize(
    "odd",
    [
        '"context":'
        + json.dumps({"userId": "u", "patientId": "1", "selections": [1] * 1_000_000, "draftOrders": {}}),
        '"more":[' + ",".join(["[" * 97 + "]" * 97] * 20_000) + "]",
        '"prefetch":{' + ",".join(f'"key{number}":7' for number in range(100_000)) + "}",
    ],
    ids=["a million faults", "deep everywhere", "many keys"],
)
@pytest.mark.timeout(60)
def test_no_body_holds_its_refusal_up(client: FlaskClient, odd: str) -> None:
    body = '{"hook":"order-select","hookInstance":"x",' + odd + "}"
    issue = issue_of(client.post(ADDRESS, data=body, content_type="application/json"), 400)
    assert len(json.dumps(issue)) < 10_000

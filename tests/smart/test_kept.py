"""What the app keeps, tells and logs: nothing of the patient."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from cds_service.clients import SmartRegistration
from tests.reach.ehr import patient

from .trial import CLIENT_ID, D842V, Browser, Trial, record, text_of, trial


def test_cookies_and_headers_keep_the_page_to_itself(running: Trial) -> None:
    browser = running.browser()
    opened = browser.get(
        f"{running.url}/smart/launch", params={"iss": running.iss, "launch": "w"}, allow_redirects=False
    )
    cookie = opened.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "Path=/smart" in cookie and "SameSite=Lax" in cookie
    browser = running.browser()
    page = browser.launch()
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert not [c for c in browser.session.cookies if c.name.startswith("smart-") and c.value]


def test_under_https_the_cookie_fits_a_frame() -> None:
    from flask import Flask, Response

    from cds_service.smart import routes

    app = type("App", (), {"public_url": "https://cds.example.org/sarcoma"})()
    with Flask("x").test_request_context():
        response = Response()
        routes._keep(response, "state", "sealed", app)
    cookie = response.headers["Set-Cookie"]
    for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/sarcoma/smart", "Max-Age=600"):
        assert word in cookie


def test_an_ehr_that_is_named_may_frame_the_page() -> None:
    origin = "https://ehr.example.org"
    registration = SmartRegistration(client_id=CLIENT_ID, frame_ancestors=(origin,))
    with trial(patient(D842V), registration=registration) as found:
        for page in (found.browser().launch(), found.browser().get(f"{found.url}/smart/callback")):
            assert f"frame-ancestors {origin}" in page.headers["Content-Security-Policy"]
            assert "X-Frame-Options" not in page.headers
        assert found.browser().get(f"{found.url}/map").headers["X-Frame-Options"] == "DENY"


def test_nothing_of_the_patient_is_logged_or_stands_in_an_address(
    running: Trial, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="cds_service")
    page = running.browser().launch()
    running.browser().what_if(page, **{"fact.genotype": "unknown"})
    (token,) = list(running.memory.tokens)[-1:]
    told = "\n".join(str(r.msg) for r in caplog.records if r.name.startswith("cds_service"))
    assert told
    for secret in (token, running.patient, "Testpatient", "D842V"):
        assert secret not in told
    for visited in (page, *page.history):
        assert running.patient not in urlsplit(visited.url).query or visited.url.startswith(running.ehr)


def test_the_token_is_not_in_the_page_nor_in_what_it_carries(running: Trial) -> None:
    page = running.browser().launch()
    (token,) = list(running.memory.tokens)[-1:]
    assert token not in page.text
    assert token.encode() not in running.seals.opened("record", record(page))


def test_markup_in_the_record_stays_text() -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    fixture = patient(D842V)
    resources = [
        {**r, "name": [{"text": evil}], "gender": evil, "birthDate": evil}
        if r["resourceType"] == "Patient"
        else r
        for r in fixture.resources
    ]
    resources += [
        {
            "resourceType": "Condition",
            "id": "evil",
            "subject": {"reference": f"Patient/{fixture.request['context']['patientId']}"},
            "code": {"text": evil},
            "recordedDate": evil,
        }
    ]
    with trial(fixture, resources=resources) as found:
        page = found.browser().launch(
            appContext=json.dumps({"hook": evil, "topic": evil, "option": evil, "orders": [evil]})
        )
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


def test_an_ehr_without_a_patient_is_said(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    (code,) = parse_qs(urlsplit(back).query)["code"]
    running.memory.codes[code].launch.patient = ""
    page = browser.get(back)
    assert page.status_code == 400 and "named no patient" in text_of(page)


def test_two_charts_at_once_do_not_disturb_each_other(running: Trial) -> None:
    browser = Browser(running, requests.Session())
    first, second = browser.open_from_ehr(), browser.open_from_ehr()
    assert browser.decide(second).status_code == 200
    assert browser.decide(first).status_code == 200


def test_a_failure_that_nobody_foresaw_is_a_page_too(running: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("Testpatient")

    monkeypatch.setattr("cds_service.smart.view.assess", fails)
    page = running.browser().launch()
    assert page.status_code == 500 and page.headers["Content-Type"].startswith("text/html")
    assert "The app failed." in text_of(page) and "Testpatient" not in page.text


def test_an_authorization_server_that_is_gone_is_said() -> None:
    registration = SmartRegistration(client_id=CLIENT_ID)
    with trial(patient(D842V), registration=registration) as found:
        browser = found.browser()
        back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
        found.ehr_server.shutdown()
        found.ehr_server.server_close()
        page = browser.get(back)
        assert page.status_code == 502 and "did not answer" in text_of(page)
        again = browser.get(
            f"{found.url}/smart/launch",
            params={"iss": found.iss.replace("127.0.0.1", "localhost"), "launch": "x"},
        )
        assert again.status_code == 403


def test_launches_that_were_left_do_not_fill_the_headers(running: Trial) -> None:
    browser = running.browser()
    consents = [browser.open_from_ehr() for _ in range(9)]
    kept = [c for c in browser.session.cookies if c.name.startswith("smart-")]
    assert len(kept) <= 5 and sum(len(str(c.value)) for c in kept) < 12_000
    assert browser.decide(consents[-1]).status_code == 200

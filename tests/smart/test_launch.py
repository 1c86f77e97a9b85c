"""A launch from the EHR, and by itself, over real sockets; and everything that may go wrong on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from cds_service.clients import SmartRegistration
from cds_service.replay.signing import new_key, public_key_set
from deploy.sandbox.granted import App
from tests.reach.ehr import patient, serving
from tests.reach.fhir_stub import Exchange

from .trial import CLIENT_ID, Browser, Trial, part, record, text_of, trial

D842V = "gist-unresectable/d842v-imatinib"


@pytest.fixture(scope="module")
def running() -> Iterator[Trial]:
    with trial(patient(D842V), any_fhir_server=True) as found:
        yield found


def sent_to(response: requests.Response) -> dict[str, str]:
    """The parameters of the address that a redirect leads to."""
    return {k: v[0] for k, v in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def test_a_launch_from_the_ehr_shows_where_the_patient_stands(running: Trial) -> None:
    page = running.browser().launch()
    assert page.status_code == 200, page.text
    assert "Localised GIST, unresectable" in part(page, "position")
    facts = part(page, "facts")
    assert "PDGFRA D842V" in facts and "Observation/" in facts
    assert "Avapritinib" in part(page, "options")
    assert "Practitioner/sandbox" in text_of(page)


def test_the_app_asks_for_what_it_reads_with_pkce_and_a_state_of_its_own(running: Trial) -> None:
    asked = []
    for _ in range(2):
        opened = running.browser().get(
            f"{running.url}/smart/launch",
            params={"iss": running.iss, "launch": "word"},
            allow_redirects=False,
        )
        assert opened.status_code == 302 and opened.headers["Cache-Control"] == "no-store"
        asked.append(sent_to(opened))
    first, second = asked
    assert first["aud"] == running.iss and first["launch"] == "word" and first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256" and len(first["code_challenge"]) == 43
    scopes = first["scope"].split()
    assert {"launch", "openid", "fhirUser", "patient/Condition.rs", "patient/Observation.rs"} <= set(scopes)
    assert not [s for s in scopes if "*" in s or s.startswith("user/") or s == "offline_access"]
    for name in ("state", "code_challenge", "nonce"):
        assert first[name] != second[name]


@pytest.mark.parametrize(
    "context",
    [
        "",
        "{",
        "[]",
        '{"option":"no-such"}',
        '{"orders":["Patient/x","MedicationRequest/../../x"]}',
        "x" * 9000,
    ],
)
def test_a_context_that_is_not_ours_is_passed_over(running: Trial, context: str) -> None:
    page = running.browser().launch(appContext=context)
    assert page.status_code == 200 and "opened without an order" in part(page, "order")


def test_the_app_can_be_opened_by_itself_for_a_trial(running: Trial) -> None:
    browser = running.browser()
    assert "FHIR base address" in browser.get(f"{running.url}/smart/launch").text
    consent = browser.get(f"{running.url}/smart/launch", params={"iss": running.iss})
    assert "launch/patient" in unquote(consent.url) and "Testpatient" in consent.text
    assert "Localised GIST, unresectable" in text_of(browser.decide(consent))


def test_without_leave_it_is_opened_from_the_ehr_alone() -> None:
    with trial(patient(D842V)) as found:
        page = found.browser().get(f"{found.url}/smart/launch", params={"iss": found.iss})
        assert page.status_code == 400 and "opened from the EHR" in text_of(page)
        assert "<form" not in found.browser().get(f"{found.url}/smart/launch").text
        assert found.fhir.received == []


@pytest.mark.parametrize(
    "iss",
    [
        "https://elsewhere.example.org/fhir",
        "http://127.0.0.1:1/fhir",
        "javascript:alert(1)",
        "{iss}/../other",
        "{iss}@evil.example.org",
    ],
)
def test_a_server_that_is_not_registered_launches_nothing(iss: str) -> None:
    with trial(patient(D842V)) as found:
        asked = {"iss": iss.format(iss=found.iss), "launch": "word"}
        page = found.browser().get(f"{found.url}/smart/launch", params=asked, allow_redirects=False)
        assert page.status_code == 403 and "not registered with the FHIR server" in text_of(page)
        assert "Location" not in page.headers


def test_scopes_of_smart_1_do_as_well() -> None:
    with trial(patient(D842V), v2=False) as found:
        consent = found.browser().open_from_ehr()
        assert "patient/Condition.read" in unquote(consent.url) and ".rs" not in consent.url
        assert "Localised GIST, unresectable" in text_of(found.browser().launch())


@pytest.mark.parametrize("kind", ["secret", "key"])
def test_a_confidential_app_proves_who_it_is(kind: str, tmp_path: Path) -> None:
    file, key = tmp_path / kind, new_key("RS384", "app")
    if kind == "secret":
        file.write_text("hush-hush\n")
        registered = App(CLIENT_ID, (), secret="hush-hush")
        registration = SmartRegistration(client_id=CLIENT_ID, secret_file=file)
    else:
        file.write_text(json.dumps(key.as_dict(private=True)))
        registered = App(CLIENT_ID, (), key_set=public_key_set(key))
        registration = SmartRegistration(client_id=CLIENT_ID, key_file=file)
    fixture = patient(D842V)
    with trial(fixture, registration=registration, registered=registered) as found:
        assert "Localised GIST, unresectable" in text_of(found.browser().launch())
    # and one that cannot is not let in
    with trial(fixture, registered=registered) as found:
        refused = found.browser().launch()
        assert refused.status_code == 400 and "did not accept this sign-in" in text_of(refused)


# -- the way back -------------------------------------------------------------------------------------


def test_a_reload_is_told_to_launch_again(running: Trial) -> None:
    browser = running.browser()
    page = browser.launch()
    assert page.status_code == 200
    for address in (page.url, f"{running.url}/smart/callback"):
        again = browser.get(address)
        assert again.status_code == 400
        assert "Launch the app again from the patient's chart" in text_of(again)


def test_a_code_is_good_once(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    cookies = browser.session.cookies.copy()
    assert browser.get(back).status_code == 200
    browser.session.cookies = cookies  # whoever kept the cookie too
    again = browser.get(back)
    assert again.status_code == 400 and "a code can be used once" in text_of(again)


def test_another_state_is_refused(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    state = parse_qs(urlsplit(back).query)["state"][0]
    refused = browser.get(back.replace(state, "0" * len(state)))
    assert refused.status_code == 400 and "did not begin in this browser" in text_of(refused)
    # the code was not spent on it
    assert browser.get(back).status_code == 200


def test_another_browser_is_refused(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    refused = running.browser().get(back)
    assert refused.status_code == 400 and "did not begin in this browser" in text_of(refused)


def test_the_cookie_of_one_launch_is_none_for_another(running: Trial) -> None:
    """A state that an attacker knows, with the sealed launch of the victim under its name."""
    victim, attacker = running.browser(), running.browser()
    victim.open_from_ehr()
    back = attacker.decide(attacker.open_from_ehr(), follow=False).headers["Location"]
    (name,) = [c.name for c in attacker.session.cookies if c.name.startswith("smart-")]
    (own,) = [c.value for c in victim.session.cookies if c.name.startswith("smart-")]
    refused = requests.get(back, cookies={name: str(own)}, timeout=60)
    assert refused.status_code == 400 and "did not begin in this browser" in text_of(refused)


def test_a_launch_that_took_too_long_is_over(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    running.clock.passes(601)
    refused = browser.get(back)
    assert refused.status_code == 400 and "This launch is over" in text_of(refused)


def test_the_verifier_is_that_of_this_launch(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    (code,) = parse_qs(urlsplit(back).query)["code"]
    running.memory.codes[code].code_challenge = "0" * 43
    refused = browser.get(back)
    assert refused.status_code == 400 and "did not accept this sign-in" in text_of(refused)


def test_a_user_may_refuse(running: Trial) -> None:
    browser = running.browser()
    page = browser.decide(browser.open_from_ehr(), decision="deny")
    assert page.status_code == 403 and "did not give the app leave" in text_of(page)


def test_an_answer_from_another_server_is_refused(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    refused = browser.get(f"{back}&iss=https://evil.example.org")
    assert refused.status_code == 400 and "Another server answered" in text_of(refused)


def test_who_signed_in_is_believed_only_with_a_signature(
    running: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = RSAKey.generate_key(2048, {"kid": "sandbox"})
    monkeypatch.setattr("authlib.oidc.core.grants.code.import_any_key", lambda _key: forged)
    refused = running.browser().launch()
    assert refused.status_code == 502 and "Who signed in could not be verified" in text_of(refused)


def test_an_id_token_of_another_launch_is_refused(running: Trial) -> None:
    browser = running.browser()
    back = browser.decide(browser.open_from_ehr(), follow=False).headers["Location"]
    (code,) = parse_qs(urlsplit(back).query)["code"]
    running.memory.codes[code].nonce = "another"
    assert "Who signed in could not be verified" in text_of(browser.get(back))


# -- what may be read ---------------------------------------------------------------------------------


def test_what_is_not_granted_is_not_looked_up_and_said(running: Trial) -> None:
    scopes = ["launch", "patient/Patient.rs", "patient/Condition.rs", "patient/Procedure.rs"]
    page = running.browser().launch(scopes=scopes)
    position = part(page, "position")
    assert "observations-laboratory : not looked up (the EHR gave no leave to read it)" in position
    assert "conditions :" not in position
    assert "could not be looked up" in part(page, "fact-genotype")
    running.fhir.received.clear()
    running.browser().launch(scopes=scopes)
    kinds = {r.path.removeprefix("/fhir/").partition("?")[0].partition("/")[0] for r in running.fhir.received}
    assert kinds == {"Patient", "Condition", "Procedure"}


def test_without_conditions_nothing_is_said(running: Trial) -> None:
    page = running.browser().launch(scopes=["launch", "patient/Patient.rs"])
    assert page.status_code == 403 and "patient/Condition.rs" in text_of(page)


def test_a_grant_that_is_narrowed_counts_for_its_category_alone() -> None:
    from cds_service.smart.scopes import Granted

    granted = Granted(
        ("patient/Observation.rs?category=http://x|laboratory", "user/Condition.read", "patient/Patient.r")
    )
    assert granted.covers("Observation?patient=1&category=laboratory")
    assert not granted.covers("Observation?patient=1&category=imaging")
    assert not granted.covers("Observation?patient=1&code=a")
    assert granted.covers("Condition?patient=1")
    assert granted.covers("Patient/1") and not granted.covers("Procedure?patient=1")
    assert not Granted(("patient/Observation.r", "patient/Condition.write")).covers("Observation?patient=1")
    assert Granted.of(None, "patient/*.rs").covers("Specimen?patient=1")
    assert not Granted.of("", "patient/*.rs").covers("Specimen?patient=1")


def test_a_fhir_server_that_fails_in_part_leaves_facts_unknown() -> None:
    fixture = patient(D842V)
    held = serving(fixture.resources)

    def behaviour(exchange: Exchange) -> None:
        if exchange.path.startswith("/fhir/Observation"):
            exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 500)
        else:
            held(exchange)

    with trial(fixture, behaviour=behaviour) as found:
        page = found.browser().launch()
        assert page.status_code == 200
        assert "observations-genomics : not looked up" in part(page, "position")


def test_a_fhir_server_that_fails_altogether_is_said() -> None:
    def broken(exchange: Exchange) -> None:
        exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 503)

    with trial(patient(D842V), behaviour=broken) as found:
        page = found.browser().launch()
        assert page.status_code == 502 and "Conditions are needed" in text_of(page)


# -- what is kept, and what is told -------------------------------------------------------------------


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

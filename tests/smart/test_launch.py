"""A launch from the EHR, and by itself, over real sockets; and everything that may go wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests

from cds_service.clients import SmartRegistration
from cds_service.replay.signing import new_key, public_key_set
from deploy.sandbox.granted import App
from tests.reach.ehr import patient

from .trial import CLIENT_ID, D842V, Trial, part, text_of, trial


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

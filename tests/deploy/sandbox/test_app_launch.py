"""The SMART app of the sandbox: launched by the link of a card, and from the authorization server's own page."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from .conftest import PATIENCE, Sandbox

pytestmark = pytest.mark.slow


def allowed(browser: requests.Session, consent: requests.Response) -> requests.Response:
    """Where allowing all that is asked for leads."""
    assert "Let the app in?" in consent.text, consent.text
    asked = parse_qs(urlsplit(consent.url).query)["scope"][0].split()
    return browser.post(consent.url, data={"decision": "allow", "granted": asked}, timeout=PATIENCE)


def test_a_launch_word_of_the_fhir_server_opens_the_patient_of_the_card(sandbox: Sandbox) -> None:
    # as the CDS Hooks sandbox asks for it before it shows a smart link
    link = f"{sandbox.service}/smart/launch"
    given = requests.post(
        f"{sandbox.fhir}/_services/smart/Launch",
        json={"launchUrl": link, "parameters": {"patient": "pat-01"}},
        timeout=PATIENCE,
    )
    assert given.headers["Access-Control-Allow-Origin"] == "*"
    with requests.Session() as browser:
        opened = {"iss": sandbox.fhir, "launch": given.json()["launch_id"]}
        page = allowed(browser, browser.get(link, params=opened, timeout=PATIENCE))
    assert page.status_code == 200, page.text
    assert "pat-01" in page.text and "Localised GIST, unresectable" in page.text


def test_the_authorization_server_opens_it_for_any_patient(sandbox: Sandbox) -> None:
    guard = f"http://127.0.0.1:{sandbox.authorization_port}"
    with requests.Session() as browser:
        start = browser.get(guard, timeout=PATIENCE)
        assert "patient=pat-411" in start.text
        page = allowed(
            browser, browser.get(f"{guard}/launch", params={"patient": "pat-411"}, timeout=PATIENCE)
        )
    assert page.status_code == 200, page.text
    assert "pat-411" in page.text and f"{guard}/fhir" in page.text


def test_a_server_that_is_no_clients_launches_nothing(sandbox: Sandbox) -> None:
    asked = {"iss": "https://elsewhere.example.org/fhir", "launch": "word"}
    refused = requests.get(
        f"{sandbox.service}/smart/launch", params=asked, timeout=PATIENCE, allow_redirects=False
    )
    assert refused.status_code in (400, 403), refused.text

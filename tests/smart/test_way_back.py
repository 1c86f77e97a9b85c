"""The way back from the EHR's sign-in: state, code and browser are those of this launch."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from .trial import Trial, text_of


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

"""Where the app is offered: cards that lead to it, registrations in the clients file, secrets, and none of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cds_service.authored import AuthoringMistakes
from cds_service.client_profile import PROFILES
from cds_service.clients import Client, SmartRegistration
from cds_service.clients_file import read_clients
from cds_service.replay.fixture import Fixture
from cds_service.replay.run import explained
from cds_service.service import Service, make_service
from cds_service.smart.configuration import read_configuration
from cds_service.smart.refused import LaunchRefused
from cds_service.smart.registration import Registrations
from tests.http.started import Started
from tests.reach.ehr import patient
from tests.shipped import patients, service, shipped

PUBLIC = "https://cds.example.org"


def with_app(profile: str = "default") -> Service:
    return make_service(shipped(affiliate=True), PUBLIC, profile=PROFILES[profile], app=True)


def cards_of(fixture: Fixture, by: Service) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = explained(fixture, by).response["cards"]
    return cards


def links_of(card: dict[str, Any]) -> list[dict[str, str]]:
    return [link for link in card.get("links", ()) if link["type"] == "smart"]


# -- cards --------------------------------------------------------------------------------------------


def test_a_card_leads_to_the_app_at_its_order() -> None:
    (card,) = cards_of(patient("gist-unresectable/d842v-imatinib"), with_app())
    link = card["links"][0]
    assert link["type"] == "smart" and link["url"] == f"{PUBLIC}/smart/launch" and link["label"]
    assert set(link) == {"label", "url", "type", "appContext"}
    context = json.loads(link["appContext"])
    assert context == {
        "hook": "order-select",
        "topic": "contraindicatedimatinib",
        "option": "imatinib",
        "orders": ["MedicationRequest/rx-1"],
    }


def test_every_card_leads_there_and_says_nothing_of_the_patient() -> None:
    app, without = with_app(), service()
    seen = 0
    for fixture in patients()[::25]:
        if fixture.profile != "default" or fixture.expected.get("status", 200) != 200:
            continue
        own = str(fixture.request["context"]["patientId"])
        plain = cards_of(fixture, without)
        for card, before in zip(cards_of(fixture, app), plain, strict=True):
            (link,) = links_of(card)
            assert card["links"][1:] == before.get("links", [])
            assert own not in link["appContext"] and own not in link["url"]
            assert set(json.loads(link["appContext"])) <= {"hook", "topic", "option", "orders"}
            seen += 1
    assert seen > 10


def test_without_a_registration_no_card_leads_anywhere() -> None:
    assert not [
        link
        for card in cards_of(patient("gist-unresectable/d842v-imatinib"), service())
        for link in links_of(card)
    ]


def test_a_client_that_hands_no_context_on_gets_none() -> None:
    fixture = next(f for f in patients() if f.profile == "oracle" and f.expected.get("status", 200) == 200)
    for card in cards_of(fixture, with_app("oracle")):
        (link,) = links_of(card)
        assert set(link) == {"label", "url", "type"}


# -- the clients file ---------------------------------------------------------------------------------

ONE = """\
clients:
  - id: north
    issuers: [https://north.example.org]
    key-addresses: [https://north.example.org/jwks]
    fhir-servers: [https://fhir.north.example.org/r4]
    smart:
      client-id: sarcoma-pathway
      frame-ancestors: [https://ehr.north.example.org]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "clients.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_registration_is_read(tmp_path: Path) -> None:
    text = ONE + "      standalone: true\n      secret-file: secret.txt\n"
    app = read_clients(written(tmp_path, text)).by_id["north"].smart
    assert app == SmartRegistration(
        client_id="sarcoma-pathway",
        secret_file=tmp_path / "secret.txt",
        standalone=True,
        frame_ancestors=("https://ehr.north.example.org",),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("client-id: sarcoma-pathway", "clientid: x", "client-id"),
        ("client-id: sarcoma-pathway", "client-id: ''", "''"),
        ("https://ehr.north.example.org]", "https://ehr.north.example.org/x]", "/x"),
        ("https://ehr.north.example.org]", "'*']", "*"),
        ("    fhir-servers: [https://fhir.north.example.org/r4]\n", "", "fhir-servers"),
        ("client-id: sarcoma-pathway", "client-id: x\n      secret-file: a\n      key-file: b", "smart"),
    ],
)
def test_a_registration_that_cannot_be_meant_is_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in ONE
    with pytest.raises(AuthoringMistakes) as refused:
        read_clients(written(tmp_path, ONE.replace(old, new)))
    assert says in str(refused.value)


def test_a_server_launches_the_app_of_one_client(tmp_path: Path) -> None:
    second = ONE.partition("\n")[2].replace("north", "south").replace("fhir.south", "fhir.north")
    with pytest.raises(AuthoringMistakes) as refused:
        read_clients(written(tmp_path, ONE + second))
    assert "belongs to the client of entry 1" in str(refused.value)


@pytest.mark.parametrize("content", [None, "", "{}", '{"kty":"oct","k":"AAAA","kid":"x"}'])
@pytest.mark.parametrize("kind", ["secret_file", "key_file"])
def test_a_secret_or_key_that_cannot_be_used_is_refused_without_quoting_it(
    tmp_path: Path, kind: str, content: str | None
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_text(content)
    registration = replace(SmartRegistration(client_id="x"), **{kind: file})
    if kind == "secret_file" and content:
        assert Registrations.of([Client(id="x", smart=registration)]).listed[0].secret == content
        assert content not in repr(Registrations.of([Client(id="x", smart=registration)]))
        return
    with pytest.raises(AuthoringMistakes) as refused:
        Registrations.of([Client(id="x", smart=registration)])
    assert str(file) in str(refused.value) and "AAAA" not in str(refused.value)


# -- the start ----------------------------------------------------------------------------------------


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Started:
    return Started(monkeypatch)


def test_a_site_whose_clients_launch_the_app_states_its_secrets(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = ("--public-url", PUBLIC, "--clients", written(tmp_path, ONE))
    refused = start(*public)
    assert refused.exit_code == 1 and "CDS_SERVICE_SMART_SECRETS" in refused.output and not start.apps
    secrets = tmp_path / "secrets.yaml"
    secrets.write_text(f"secrets: [{{id: one, from: 2026-01-01, secret: {'s' * 32}}}]")
    monkeypatch.setenv("CDS_SERVICE_SMART_SECRETS", str(secrets))
    assert start(*public).exit_code == 0
    page = start.apps[0].test_client().get("/smart/launch")
    assert page.status_code == 200 and "opened from the EHR" in page.text


def test_a_site_without_a_registration_has_no_app_and_needs_no_secrets(
    start: Started, tmp_path: Path
) -> None:
    without = ONE[: ONE.index("    smart:")]
    assert start("--public-url", PUBLIC, "--clients", written(tmp_path, without)).exit_code == 0
    assert start.apps[0].test_client().get("/smart/launch").status_code == 404


def test_a_developer_names_a_client_id_and_nothing_else(
    start: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start("--development").exit_code == 0
    assert start.apps[0].test_client().get("/smart/launch").status_code == 404
    monkeypatch.setenv("CDS_SERVICE_SMART_CLIENT_ID", "trial")
    assert start("--development").exit_code == 0
    assert "FHIR base address" in start.apps[1].test_client().get("/smart/launch").text


def test_outside_development_the_clients_file_states_it(
    start: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_SERVICE_SMART_CLIENT_ID", "trial")
    refused = start("--public-url", PUBLIC, "--clients", written(tmp_path, ONE))
    assert refused.exit_code == 1 and "for development mode" in refused.output


# -- what an EHR says of its sign-in ------------------------------------------------------------------

GOOD = {
    "authorization_endpoint": "https://ehr.example.org/authorize?tenant=1",
    "token_endpoint": "https://ehr.example.org/token",
    "capabilities": ["launch-ehr"],
}


def test_the_least_that_an_ehr_says_is_enough() -> None:
    found = read_configuration(json.dumps(GOOD).encode())
    assert (found.v2, found.issuer, found.keys) == (False, None, None)


@pytest.mark.parametrize(
    "more",
    [
        {"authorization_endpoint": "http://ehr.example.org/authorize"},
        {"token_endpoint": "http://ehr.example.org/token"},
        {"token_endpoint": "https://user@ehr.example.org/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://ehr.example.org/a\nb"},
        {"authorization_endpoint": None},
        {"code_challenge_methods_supported": ["plain"]},
        {"capabilities": "all"},
    ],
)
def test_what_would_be_sent_in_the_clear_or_cannot_be_used_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(LaunchRefused):
        read_configuration(json.dumps({**GOOD, **more}).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_a_document_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(LaunchRefused):
        read_configuration(content)


@pytest.mark.parametrize(
    ("capabilities", "scopes", "v2"),
    [
        (["permission-v2"], [], True),
        (["permission-v1"], ["patient/*.rs"], False),
        (["permission-v1", "permission-v2"], [], True),
        ([], ["patient/*.rs"], True),
        ([], ["patient/*.read"], False),
    ],
)
def test_scopes_are_asked_in_the_words_that_the_server_knows(
    capabilities: list[str], scopes: list[str], v2: bool
) -> None:
    stated = {**GOOD, "capabilities": capabilities, "scopes_supported": scopes}
    assert read_configuration(json.dumps(stated).encode()).v2 is v2


def test_who_signed_in_is_asked_only_where_it_can_be_verified() -> None:
    openid = {"capabilities": ["sso-openid-connect"], "issuer": "https://ehr.example.org"}
    without = read_configuration(json.dumps({**GOOD, **openid}).encode())
    assert without.issuer is None
    keys = {"jwks_uri": "https://ehr.example.org/jwks"}
    assert read_configuration(json.dumps({**GOOD, **openid, **keys}).encode()).keys == keys["jwks_uri"]

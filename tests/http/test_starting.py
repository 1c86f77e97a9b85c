"""Who may call is decided when the service is started; and our own commands can sign their calls."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.replay.signing import SignedCalls, read_signing_key
from cds_service.settings import Settings

from .calls import SERVICE, RecordingAnswer
from .ehr import elliptic, key_set
from .started import Started

CLIENTS = """\
clients:
  - id: north
    issuers: [https://north.example.org]
    key-file: public.jwks.json
"""
PUBLIC = ("--public-url", "https://cds.example.org")


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    (tmp_path / "public.jwks.json").write_text(key_set(elliptic("north")), encoding="utf-8")
    path = tmp_path / "clients.yaml"
    path.write_text(CLIENTS, encoding="utf-8")
    return path


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    monkeypatch.setenv("CDS_SERVICE_STATE_DIRECTORY", str(tmp_path / "state"))
    return Started(monkeypatch)


def test_a_service_without_clients_does_not_start(start: Started) -> None:
    result = start(*PUBLIC)
    assert result.exit_code == 1
    assert "Who may call?" in result.output
    assert "--clients" in result.output
    assert "--development" in result.output
    assert start.apps == []


def test_a_service_without_its_public_address_does_not_start(start: Started, clients: Path) -> None:
    result = start("--clients", clients)
    assert result.exit_code == 1
    assert "--public-url" in result.output
    assert start.apps == []


def test_development_and_a_clients_file_contradict_each_other(start: Started, clients: Path) -> None:
    result = start("--development", "--clients", clients, *PUBLIC)
    assert result.exit_code == 1
    assert "leave out --development" in result.output
    assert start.apps == []


@pytest.mark.parametrize(
    ("option", "value", "member"),
    [
        ("--client-profile", "oracle", "profile"),
        ("--null-means", "missing", "null-means"),
        ("--never-served", "specimens", "never-served"),
    ],
)
def test_what_a_client_says_of_itself_is_not_said_for_all(
    start: Started, clients: Path, option: str, value: str, member: str
) -> None:
    result = start(option, value, "--clients", clients, *PUBLIC)
    assert result.exit_code == 1
    assert f"CDS_SERVICE_{option[2:].replace('-', '_').upper()}" in result.output
    assert f"as {member} " in result.output
    assert start.apps == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        ("{", "no JSON Web Key Set"),
        (json.dumps({"keys": [elliptic("north").as_dict(private=True)]}), "private or symmetric key"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_named(
    start: Started, clients: Path, content: str | None, says: str
) -> None:
    file = clients.parent / "public.jwks.json"
    file.unlink() if content is None else file.write_text(content, encoding="utf-8")
    result = start("--clients", clients, *PUBLIC)
    assert result.exit_code == 1
    assert "key file public.jwks.json" in result.output
    assert says in result.output


def test_authorities_that_cannot_be_read_are_named(
    start: Started, clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("absent.pem", str(clients)):
        monkeypatch.setenv("CDS_SERVICE_CA_FILE", file)
        result = start("--clients", clients, *PUBLIC)
        assert result.exit_code == 1
        assert "CDS_SERVICE_CA_FILE" in result.output


def test_a_service_with_clients_asks_for_tokens_and_says_for_whom(start: Started, clients: Path) -> None:
    result = start("--clients", clients, *PUBLIC)
    assert result.exit_code == 0, result.output
    assert "answered to north" in result.output
    assert "DEVELOPMENT" not in result.output + start.client.get("/cds-services").get_data(as_text=True)
    assert start.client.post("/cds-services/sarcoma-pathway", json={}).status_code == 401


def test_development_is_said_in_log_readiness_and_discovery(start: Started) -> None:
    result = start("--development")
    assert "DEVELOPMENT MODE: callers are not authenticated" in result.output
    for path in ("/ready", "/cds-services"):
        assert "DEVELOPMENT MODE" in start.client.get(path).get_data(as_text=True)
    assert start.client.post("/cds-services/sarcoma-pathway", json={}).status_code == 400


@pytest.mark.parametrize("chosen", [{}, {"public_url": "https://cds.example.org"}])
def test_no_application_is_made_without_trust_by_oversight(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="authenticated outside development"):
        create_app(Settings(**chosen), SERVICE, RecordingAnswer())


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_new_key_pair_signs_calls_that_the_service_takes(
    start: Started, clients: Path, algorithm: str
) -> None:
    folder = clients.parent
    (folder / "public.jwks.json").unlink()
    made = CliRunner().invoke(main, ["client-key", "new", str(folder), "--algorithm", algorithm])
    assert made.exit_code == 0, made.output
    private = folder / "private.jwk.json"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert '"d"' not in (folder / "public.jwks.json").read_text(encoding="utf-8")

    assert start("--clients", clients, *PUBLIC).exit_code == 0
    signing = SignedCalls(read_signing_key(private), "https://north.example.org", time.time, lambda: "one")
    token = signing.token("https://cds.example.org/cds-services/sarcoma-pathway")
    answered = start.client.post(
        "/cds-services/sarcoma-pathway", json={}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answered.status_code == 400  # known, and then its body was read


def test_a_key_pair_is_not_overwritten(tmp_path: Path) -> None:
    command = ["client-key", "new", str(tmp_path)]
    assert CliRunner().invoke(main, command).exit_code == 0
    before = (tmp_path / "private.jwk.json").read_bytes()
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1
    assert "private.jwk.json cannot be written: File exists" in again.output
    assert (tmp_path / "private.jwk.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON Web Key"),
        (json.dumps(elliptic("north").as_dict(private=False)), "holds no private key"),
        (json.dumps({"kty": "oct", "k": "c2VjcmV0LXNlY3JldA", "kid": "x"}), "holds no private key"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(content, encoding="utf-8")
    command = ["replay", str(tmp_path), "--url", "http://127.0.0.1:9", "--key-file", str(file)]
    result = CliRunner().invoke(main, [*command, "--issuer", "https://north.example.org"])
    assert result.exit_code == 1
    assert says in result.output
    assert CliRunner().invoke(main, command).exit_code == 2

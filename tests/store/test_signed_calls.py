"""Signed calls while the store is away: advice goes on, no token counts twice where it was used."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.replay.signing import SignedCalls, read_signing_key

from ..operation.running import Running, running
from .cluster import Cluster
from .served import ADDRESS

ISSUER = "https://north.example.org"
CLIENTS = f"clients:\n  - {{id: north, issuers: [{ISSUER}], key-file: public.jwks.json}}\n"
NOTHING = {"resourceType": "Bundle", "type": "searchset", "total": 0}


def call() -> dict[str, object]:
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid4()),
        "context": {"userId": "Practitioner/a", "patientId": "p1"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": NOTHING},
    }


def post(service: Running, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    return requests.post(service.url + ADDRESS, json=call(), headers=headers, timeout=30).status_code


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_signed_calls_are_answered_while_postgresql_is_stopped(cluster: Cluster, tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["client-key", "new", str(tmp_path)]).exit_code == 0
    (tmp_path / "clients.yaml").write_text(CLIENTS, encoding="utf-8")
    key = read_signing_key(tmp_path / "private.jwk.json")
    signing = SignedCalls(key, ISSUER, time.time, lambda: str(uuid4()))
    options = ("--clients", str(tmp_path / "clients.yaml"))
    store = cluster.new_database()
    with running(tmp_path, *options, workers=1, development=False, CDS_SERVICE_STORE_URL=store) as service:

        def token() -> str:
            return signing.token(service.url + ADDRESS)

        used = token()
        assert [post(service, used), post(service, used)] == [200, 401]
        cluster.stop()
        try:
            assert [post(service, token()) for _ in range(5)] == [200] * 5
            again = token()
            assert [post(service, again), post(service, again)] == [200, 401]
        finally:
            cluster.start()
        assert post(service, token()) == 200

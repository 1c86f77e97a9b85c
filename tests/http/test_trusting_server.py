"""Trust on a real server with two workers: what the test client cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from .calls import ADDRESS, view_call
from .ehr import Ehr, elliptic, key_set
from .outcomes import checked_issue
from .process import Served, serving
from .trusted_serving import WORKER

EHR = Ehr("https://north.example.org", elliptic("north"))

CLIENTS = """\
clients:
  - id: north
    issuers: [https://north.example.org]
    key-file: north.json
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("trusting")
    (folder / "clients.yaml").write_text(CLIENTS, encoding="utf-8")
    (folder / "north.json").write_text(key_set(elliptic("north")), encoding="utf-8")
    with serving(folder / "log", "trusted_serving", str(folder)) as running:
        yield running


def post(served: Served, token: str) -> requests.Response:
    """A call over a connection of its own, so that either worker may get it."""
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    return requests.post(served.base + ADDRESS, json=view_call(), headers=headers, timeout=30)


def test_a_token_that_one_worker_has_seen_is_refused_by_the_other(served: Served) -> None:
    token = EHR.token()
    first = post(served, token)
    assert first.status_code == 200
    refusing: set[str] = set()
    for _ in range(500):
        again = post(served, token)
        assert again.status_code == 401
        assert 'error_description="replay"' in again.headers["WWW-Authenticate"]
        refusing.add(again.headers[WORKER])
        if len(refusing) == 2:
            break
    assert refusing - {first.headers[WORKER]}, "the other worker never got a call"


def test_of_many_uses_at_once_one_passes(served: Served) -> None:
    token = EHR.token()
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(served, token), range(36)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 35


def test_two_authorization_headers_are_refused(served: Served) -> None:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    both = "".join(f"Authorization: Bearer {EHR.token()}\r\n" for _ in range(2))
    status, headers, body = served.exchange(f"{head}{both}Content-Length: 2\r\n\r\n{{}}".encode())
    assert status == 401
    assert headers["www-authenticate"].endswith('error_description="not-a-token"')
    checked_issue(body, headers["x-correlation-id"], headers["content-type"])


def test_a_refused_client_that_is_still_sending_gets_its_answer(served: Served) -> None:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n"
    status, headers, _ = served.exchange(head.encode() + b" " * 900_000)
    assert (status, headers["www-authenticate"]) == (401, "Bearer")


def test_no_token_and_no_claim_is_logged(served: Served) -> None:
    token = EHR.token(tenant="a Mustermann", sub="Mustermann")
    post(served, token)
    post(served, token)
    log = served.log.read_text()
    assert '"distrust":"replay"' in log
    assert "Mustermann" not in log
    assert all(part not in log for part in token.split("."))

"""Each token counts once, and what happens when the memory of used tokens is down; calls per minute."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from cds_service.http.trust.used_once import SHORT_SECONDS, UsedOnce
from cds_service.store.database import file_url
from cds_service.store.tables import used_token
from cds_service.store.tokens import StoredTokens
from cds_service.store.upgrading import opened
from cds_service.token_memory import TokenMemory, TokenMemoryDown, WorkerTokenMemory

from .calls import ADDRESS, RecordingAnswer, view_call
from .outcomes import issue_of
from .site import Site

START = datetime(2026, 11, 2, tzinfo=UTC)


class FailingMemory:
    """A memory that can be switched off; while on it is the store, shared by all."""

    def __init__(self, folder: Path) -> None:
        self._database = opened(file_url(folder))
        self._memory = StoredTokens(self._database, lambda: datetime.now(UTC), patience_seconds=60)
        self.outage = self._memory.outage
        self.on = True
        self.asked = 0

    def use_once(self, client: str, jti: str, until: datetime) -> bool:
        self.asked += 1
        if not self.on:
            raise TokenMemoryDown("switched off")
        return self._memory.use_once(client, jti, until)

    def remember_later(self, client: str, jti: str, until: datetime) -> None:
        self._memory.remember_later(client, jti, until)

    @property
    def remembered(self) -> int:
        with self._database.transaction(reading=True) as connection:
            return connection.execute(select(func.count()).select_from(used_token)).scalar_one()


@pytest.fixture
def memory(tmp_path: Path) -> FailingMemory:
    return FailingMemory(tmp_path)


def worker(site: Site, memory: TokenMemory | None, **chosen: Any) -> FlaskClient:
    """One worker: a client of an application of its own."""
    return site.app(RecordingAnswer(), site.trust(memory, **chosen)).test_client()


def post(client: FlaskClient, token: str) -> Any:
    return client.post(ADDRESS, json=view_call(), headers={"Authorization": f"Bearer {token}"})


def notes(client: FlaskClient) -> str:
    ready = client.get("/ready")
    assert ready.status_code == 200
    return " ".join((ready.json or {}).get("notes", ()))


def test_a_token_is_used_once(site: Site, trusting: FlaskClient) -> None:
    token = site.north.token()
    assert post(trusting, token).status_code == 200
    issue = issue_of(post(trusting, token), 401)
    assert issue["code"] == "duplicate"


def test_a_jti_counts_for_its_issuer_alone(site: Site, trusting: FlaskClient) -> None:
    for token in (
        site.north.token(jti="1"),
        site.south.token(jti="1"),
        site.north.token(jti="1", iss="https://north.example.org/test"),
    ):
        assert post(trusting, token).status_code == 200
    assert post(trusting, site.north_rsa.token(jti="1", tenant="x")).status_code == 401


def test_a_token_cannot_be_used_again_at_the_last_moment(site: Site, trusting: FlaskClient) -> None:
    token = site.north.token(exp=int(site.clock()) + 60)
    assert post(trusting, token).status_code == 200
    for step in (60, 29):
        site.clock.moment += step
        assert "replay" in post(trusting, token).headers["WWW-Authenticate"]
    site.clock.moment += 1
    assert "expired" in post(trusting, token).headers["WWW-Authenticate"]


def test_a_refused_token_is_not_used_up(site: Site, trusting: FlaskClient) -> None:
    jti = "the-same"
    assert post(trusting, site.north.token(jti=jti, aud="https://x.example.org")).status_code == 403
    assert post(trusting, site.north.token(jti=jti)).status_code == 200


def test_workers_share_their_memory(site: Site, memory: FailingMemory) -> None:
    one, other = worker(site, memory), worker(site, memory)
    token = site.north.token()
    assert [post(one, token).status_code, post(other, token).status_code] == [200, 401]
    assert notes(one) == ""


def test_without_a_shared_memory_readiness_says_so(site: Site) -> None:
    assert "each worker alone" in notes(worker(site, None))


def test_while_the_memory_is_down_only_fresh_tokens_count(site: Site, memory: FailingMemory) -> None:
    client = worker(site, memory)
    memory.on = False
    old = site.north.token(exp=int(site.clock()) + 200)
    fresh = site.north.token()
    assert post(client, fresh).status_code == 200
    assert "memory of used tokens is down" in notes(client)
    assert "replay" in post(client, fresh).headers["WWW-Authenticate"]
    site.clock.moment += SHORT_SECONDS + 1
    assert "too-old" in post(client, old).headers["WWW-Authenticate"]
    assert post(client, site.north.token()).status_code == 200


def test_when_the_memory_is_back_tokens_of_the_outage_do_not_come_back(
    site: Site, memory: FailingMemory
) -> None:
    client = worker(site, memory)
    memory.on = False
    token, kept = site.north.token(), site.north.token(exp=int(site.clock()) + 200)
    assert post(client, token).status_code == 200
    memory.on = True
    site.clock.moment += 10
    assert "replay" in post(client, token).headers["WWW-Authenticate"]
    assert post(client, site.north.token()).status_code == 200
    assert notes(client) == ""
    site.clock.moment += SHORT_SECONDS
    assert "too-old" in post(client, kept).headers["WWW-Authenticate"]


def test_a_token_of_the_outage_does_not_come_back_at_another_worker(
    site: Site, memory: FailingMemory
) -> None:
    one, other = worker(site, memory), worker(site, memory)
    memory.on = False
    token = site.north.token()
    assert post(one, token).status_code == 200
    assert post(one, token).status_code == 401
    memory.on = True
    deadline = time.monotonic() + 30
    while memory.remembered == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert memory.remembered == 1
    assert "replay" in post(other, token).headers["WWW-Authenticate"]


def test_a_token_of_the_outage_does_not_come_back_at_a_worker_that_began_after_it(
    site: Site, memory: FailingMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that took it ended, by a reload or worse, before it could hand it over."""
    monkeypatch.setattr(memory, "remember_later", lambda *_: None)
    memory.on = False
    token = site.north.token(exp=int(site.clock()) + 200)
    assert post(worker(site, memory), token).status_code == 200
    memory.on = True
    site.clock.moment += SHORT_SECONDS + 1
    begun = worker(site, memory)
    assert "too-old" in post(begun, token).headers["WWW-Authenticate"]
    assert post(begun, site.north.token()).status_code == 200


def test_all_workers_know_of_an_outage(memory: FailingMemory) -> None:
    assert memory.outage.last is None
    child = os.fork()
    if child == 0:
        memory.outage.note(17.5)
        os._exit(0)
    os.waitpid(child, 0)
    assert memory.outage.last == 17.5


def test_a_clock_that_is_set_back_does_not_keep_the_memory_from_being_asked(
    site: Site, memory: FailingMemory
) -> None:
    since = [0.0]
    used_once = UsedOnce(memory, "accept-short", site.clock, lambda: since[0])
    until = site.clock() + 5000
    memory.on = False
    used_once.spend("north", "issuer", "1", site.clock(), until)
    memory.on = True
    site.clock.moment -= 3600
    since[0] += 5
    used_once.spend("north", "issuer", "2", site.clock(), until)
    assert (memory.asked, used_once.note) == (2, None)


def test_a_memory_that_is_down_is_not_asked_for_each_call(site: Site, memory: FailingMemory) -> None:
    client = worker(site, memory)
    memory.on = False
    for _ in range(20):
        assert post(client, site.north.token()).status_code == 200
    assert memory.asked == 1


def test_a_site_can_have_calls_refused_instead(site: Site, memory: FailingMemory) -> None:
    client = worker(site, memory, when_down="refuse")
    memory.on = False
    answered = post(client, site.north.token())
    assert issue_of(answered, 503)["code"] == "transient"
    assert answered.headers["Retry-After"] == "5"
    assert "calls are refused" in notes(client)
    memory.on = True
    site.clock.moment += 5
    assert post(client, site.north.token()).status_code == 200


def test_a_worker_forgets_what_has_expired_and_nothing_else() -> None:
    now = [START]
    memory = WorkerTokenMemory(lambda: now[0], most=3)
    for n in range(3):
        assert memory.use_once("north", str(n), START + timedelta(seconds=n))
    with pytest.raises(TokenMemoryDown):
        memory.use_once("north", "3", START + timedelta(seconds=9))
    assert not memory.use_once("north", "0", START)
    now[0] = START + timedelta(seconds=1)
    assert memory.use_once("north", "3", START + timedelta(seconds=9))
    assert not memory.use_once("north", "1", START)
    with pytest.raises(TokenMemoryDown):
        memory.use_once("north", "4", START + timedelta(seconds=9))


def test_a_client_has_so_many_calls_in_any_minute(site: Site) -> None:
    client = worker(site, None, calls_per_minute=3)
    for _ in range(3):
        assert post(client, site.north.token()).status_code == 200
        site.clock.moment += 10
    answered = post(client, site.north.token())
    assert issue_of(answered, 429)["code"] == "throttled"
    assert answered.headers["Retry-After"] == "30"
    assert "WWW-Authenticate" not in answered.headers
    assert post(client, site.south.token()).status_code == 200
    site.clock.moment += 30
    assert [post(client, site.north.token()).status_code for _ in range(2)] == [200, 429]


def test_a_token_that_came_too_early_can_be_used_later(site: Site) -> None:
    client = worker(site, None, calls_per_minute=1)
    early = site.north.token()
    assert [post(client, site.north.token()).status_code, post(client, early).status_code] == [200, 429]
    site.clock.moment += 60
    assert post(client, early).status_code == 200


def test_bad_and_repeated_tokens_take_nothing_off_the_rate(site: Site) -> None:
    client = worker(site, None, calls_per_minute=2)
    token = site.north.token()
    assert post(client, token).status_code == 200
    for _ in range(5):
        assert post(client, token).status_code == 401
        assert post(client, site.north.token(aud="https://x.example.org")).status_code == 403
    assert post(client, site.north.token()).status_code == 200

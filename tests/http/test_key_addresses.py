"""Keys from a client's key address: a real HTTPS server that behaves, changes its keys, misbehaves or is away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import OctKey

from cds_service.http.trust import key_sources
from cds_service.http.trust.authentication import Trust
from cds_service.turns import Turns

from .calls import ADDRESS, RecordingAnswer, view_call
from .ehr import Ehr, elliptic, key_set, rsa
from .key_server import KeyServer, serving_keys
from .outcomes import issue_of
from .site import Site


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyServer]:
    with serving_keys(tmp_path) as server:
        server.content = key_set(elliptic("first")).encode()
        yield server


class Asking:
    """North's calls to an application that finds north's keys at the server."""

    def __init__(self, site: Site, keys: KeyServer, **of_north: Any) -> None:
        self.site, self.keys = site, keys
        self.address = f"{keys.base}/jwks"
        chosen = {
            "key_addresses": (self.address,),
            "private_key_addresses": True,
            "key_file": None,
            **of_north,
        }
        ca_file = chosen.pop("ca_file", str(keys.ca_file))
        trust = Trust(site.clients(**chosen), None, ca_file=ca_file, now=site.clock, clock=site.clock)
        self.client: FlaskClient = site.app(RecordingAnswer(), trust).test_client()

    def ehr(self, kid: str = "first") -> Ehr:
        return Ehr(self.site.north.issuer, elliptic(kid), jku=self.address, now=self.site.clock)

    def status(self, kid: str = "first", jku: str | None = "") -> int:
        """The status of a call signed with the key `kid`; `jku` if another than the agreed one, None for none."""
        header = {} if jku == "" else {"jku": jku}
        return self.post(self.ehr(kid).token(header=header)).status_code

    def post(self, token: str) -> Any:
        return self.client.post(ADDRESS, json=view_call(), headers={"Authorization": f"Bearer {token}"})

    def check(self, **named: Any) -> str:
        """The check that refuses a call."""
        answered = self.post(self.ehr(**named).token())
        issue_of(answered, answered.status_code)
        return str(answered.headers.get("WWW-Authenticate", "")).rpartition("=")[2].strip('"')


def outcomes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of requests to key addresses."""
    lines: list[Any] = [record.msg for record in caplog.records if record.name == "cds_service.trust"]
    assert all(line["event"] == "key-fetch" for line in lines)
    return [line["outcome"] for line in lines]


@pytest.fixture
def asking(site: Site, keys: KeyServer) -> Asking:
    return Asking(site, keys)


def test_keys_are_fetched_once_and_kept(asking: Asking) -> None:
    assert [asking.status() for _ in range(5)] == [200] * 5
    assert asking.keys.asked == ["/jwks"]


def test_a_token_without_jku_means_the_only_address(asking: Asking) -> None:
    assert asking.status(jku=None) == 200


def test_a_token_without_jku_is_refused_where_there_are_two_addresses(site: Site, keys: KeyServer) -> None:
    asking = Asking(site, keys, key_addresses=(f"{keys.base}/jwks", f"{keys.base}/others"))
    assert asking.status(jku=None) == 401
    assert keys.asked == []
    assert asking.status() == 200


def test_a_token_without_jku_means_the_file_that_was_handed_over(site: Site, keys: KeyServer) -> None:
    asking = Asking(site, keys, key_file=site.folder / "north.json")
    assert asking.post(site.north.token()).status_code == 200
    assert asking.status(jku=None) == 401
    assert keys.asked == []
    assert asking.status() == 200


def test_the_file_counts_for_an_address_that_is_not_to_be_asked(site: Site, keys: KeyServer) -> None:
    named = f"{keys.base}/jwks"
    asking = Asking(
        site, keys, key_addresses=(), key_file=site.folder / "north.json", key_file_addresses=(named,)
    )
    assert asking.post(site.north.token(header={"jku": named})).status_code == 200
    assert asking.post(site.north.token()).status_code == 200
    assert asking.post(site.north.token(header={"jku": f"{named}/"})).status_code == 401
    assert asking.post(asking.ehr().token()).status_code == 401  # the address has this key, the file has not
    assert keys.asked == []


@pytest.mark.parametrize(
    "foreign",
    [
        "{base}/other",
        "{base}/jwks/",
        "{base}/jwks?x=y",
        "{base}/jwks#x",
        "{base}/x/../jwks",
        "{upper}/jwks",
        "https://user@{host}/jwks",
        "http://{host}/jwks",
        "https://evil.example.org/jwks",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_foreign_jku_is_never_asked(asking: Asking, foreign: str) -> None:
    base = asking.keys.base
    jku = foreign.format(base=base, upper=base.upper(), host=base.removeprefix("https://"))
    assert asking.post(asking.ehr().token(header={"jku": jku})).status_code == 401
    assert asking.keys.asked == []


def test_a_new_key_is_found_when_it_is_first_used(asking: Asking) -> None:
    assert asking.status("first") == 200
    asking.keys.content = key_set(elliptic("first"), elliptic("second")).encode()
    asking.site.clock.moment += key_sources.ATTEMPT_SECONDS
    assert [asking.status("second"), asking.status("first")] == [200, 200]
    assert len(asking.keys.asked) == 2


def test_invented_key_ids_cannot_make_the_service_flood_the_address(asking: Asking) -> None:
    assert asking.status() == 200
    for second in range(60):
        asking.site.clock.moment += 1
        for number in range(5):
            header = {"kid": f"invented-{second}-{number}"}
            assert asking.post(asking.ehr().token(header=header)).status_code == 401
    assert len(asking.keys.asked) == 1 + 60 // key_sources.ATTEMPT_SECONDS


def test_a_withdrawn_key_is_refused_once_the_set_is_old(asking: Asking) -> None:
    assert asking.status("first") == 200
    asking.keys.content = key_set(elliptic("second")).encode()
    assert asking.status("first") == 200
    asking.site.clock.moment += key_sources.FRESH_SECONDS
    assert [asking.status("first"), asking.status("second")] == [401, 200]


def test_keys_outlive_their_server_for_a_while(asking: Asking) -> None:
    assert asking.status() == 200
    asking.keys.status = 500
    asking.site.clock.moment += key_sources.FRESH_SECONDS
    assert asking.status() == 200
    assert "north cannot be read anew: status" in asking.client.get("/ready").get_data(as_text=True)
    asking.site.clock.moment += key_sources.STALE_SECONDS
    assert asking.status() == 503


def test_a_server_that_hangs_delays_a_call_once(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_sources, "PATIENCE_SECONDS", 0.2)
    assert asking.status() == 200
    asking.keys.hang = Event()
    asking.site.clock.moment += key_sources.FRESH_SECONDS
    assert asking.status() == 200
    assert len(asking.keys.asked) == 2


def test_a_key_server_that_does_not_answer_is_not_waited_for_longer(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sources, "PATIENCE_SECONDS", 0.2)
    asking.keys.hang = Event()
    answered = asking.post(asking.ehr().token())
    issue = issue_of(answered, 503)
    assert (issue["code"], answered.headers["Retry-After"]) == ("transient", "10")


def test_who_waits_for_keys_gives_its_turn_to_others(asking: Asking) -> None:
    asking.keys.hang = Event()
    turns = Turns(patience_seconds=60)

    def call() -> int:
        with turns.turn():
            return asking.status()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(call)
        while not asking.keys.asked:
            time.sleep(0.001)
        with turns.turn():
            assert not waiting.done()
        asking.keys.hang.set()
        assert waiting.result() == 200


def _private(keys: KeyServer) -> None:
    keys.content = json.dumps({"keys": [elliptic("first").as_dict(private=True)]}).encode()


def _symmetric(keys: KeyServer) -> None:
    shared = OctKey.import_key("a secret of more than fourteen bytes", {"kid": "shared"})
    keys.content = json.dumps(
        {"keys": [elliptic("first").as_dict(private=False), shared.as_dict(private=True)]}
    ).encode()


def _redirecting(keys: KeyServer) -> None:
    keys.status, keys.location = 302, f"{keys.base}/elsewhere"


def _said(content: bytes, status: int = 200) -> Callable[[KeyServer], None]:
    def change(keys: KeyServer) -> None:
        keys.content, keys.status = content, status

    return change


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (_redirecting, "redirect"),
        (_private, "private-key"),
        (_symmetric, "private-key"),
        (_said(b"", 404), "status"),
        (_said(b"", 500), "status"),
        (_said(b"<html>"), "no-key-set"),
        (_said(b"[" * 200_000), "no-key-set"),
        (_said(b'{"keys": {}}'), "no-key-set"),
        (_said(b'{"keys": ["x"]}'), "no-key-set"),
        (_said(b'{"keys": []}'), "no-key"),
        (_said(key_set(rsa("first", 1024)).encode()), "no-key"),
        (_said(b'{"keys": [{"kty": "EC", "kid": "first", "crv": "P-384", "x": "AA", "y": "AA"}]}'), "no-key"),
        (_said(b'{"keys": []}' + b" " * 300_000), "too-large"),
        (_said(json.dumps({"keys": [{}] * 101}).encode()), "too-large"),
    ],
)
def test_an_address_that_gives_no_keys_is_refused(
    asking: Asking, caplog: pytest.LogCaptureFixture, fault: Callable[[KeyServer], None], outcome: str
) -> None:
    fault(asking.keys)
    assert asking.status() == 503
    assert asking.keys.asked == ["/jwks"]
    assert outcomes(caplog) == [outcome]


def test_a_private_address_is_not_connected_to_unless_allowed(
    site: Site, keys: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(site, keys, private_key_addresses=False)
    assert asking.status() == 503
    assert keys.asked == []
    assert outcomes(caplog) == ["private-address"]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    site: Site, keys: KeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(site, keys, ca_file=None)
    assert asking.status() == 503
    assert keys.asked == []
    assert outcomes(caplog) == ["certificate"]


def test_a_server_that_is_away_is_said(site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving_keys(tmp_path) as gone:
        pass
    assert Asking(site, gone).status() == 503
    assert outcomes(caplog) == ["unreachable"]


def test_one_bad_key_does_not_spoil_the_others(asking: Asking) -> None:
    good = elliptic("first").as_dict(private=False)
    odd = [
        {},
        {"kty": "AKP", "kid": "quantum", "pub": "AA"},
        {**good, "kid": "for-encryption", "use": "enc"},
        {**good, "kid": "for-wrapping", "key_ops": ["wrapKey"]},
        {**good, "kid": "for-es256", "alg": "ES256"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
    ]
    asking.keys.content = json.dumps({"keys": [*odd, good]}).encode()
    assert asking.status("first") == 200
    for name in ("for-encryption", "for-wrapping", "for-es256", "quantum", "broken"):
        token = asking.ehr().token(header={"kid": name}, key=elliptic("first"))
        assert asking.post(token).status_code == 401, name


def test_a_kid_that_names_two_keys_names_none(asking: Asking) -> None:
    twin = {**elliptic("second").as_dict(private=False), "kid": "first"}
    asking.keys.content = json.dumps({"keys": [elliptic("first").as_dict(private=False), twin]}).encode()
    assert asking.check() == "key"

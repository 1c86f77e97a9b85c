"""The token goes to the server it is for, and nowhere else; neither it nor the patient is logged."""

from __future__ import annotations

import gc
import io
import logging
from collections.abc import Callable, Iterator

import pytest

from cds_service.fhir.reach.asking import Access
from cds_service.fhir.reach.base import FhirBase
from cds_service.fhir.reach.completing import Reach
from cds_service.http.logs import log_to

from .fetching import TEMPLATES, TOKEN, fetched, reach_of, why
from .fhir_stub import Exchange, FhirStub, condition, refused_port, searchset
from .test_outcomes import BEHAVIOURS

Stub = Callable[..., FhirStub]
PATIENT = "canary-patient-7341"


def good(exchange: Exchange) -> None:
    exchange.resource(searchset(condition()))


def test_the_token_is_sent_as_bearer(stub: Stub, reach: Reach) -> None:
    server = stub(good)
    fetched(reach, server.base, *TEMPLATES)
    assert [r.headers["authorization"] for r in server.received] == [f"Bearer {TOKEN}"] * len(TEMPLATES)


def test_calls_share_connections_but_no_tokens_and_no_cookies(stub: Stub) -> None:
    one = reach_of(threads=1)
    server = stub(lambda e: e.resource(searchset(), Set_Cookie="session=of-the-first; Path=/"))
    fetched(one, server.base, "conditions", "procedures", token="first")
    fetched(one, server.base, "conditions", token="second")
    fetched(one, server.base, "conditions", token=None)
    assert [r.headers.get("authorization") for r in server.received] == [
        "Bearer first", "Bearer first", "Bearer second", None
    ]  # fmt: skip
    assert not [r for r in server.received if "cookie" in r.headers]
    assert server.connections == 1


def test_credentials_and_proxies_of_the_environment_are_not_used(
    stub: Stub, reach: Reach, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = tmp_path / "netrc"  # type: ignore[operator]
    netrc.write_text("machine 127.0.0.1 login service password netrc-secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{refused_port()}")
    server = stub(good)
    assert "entry" in fetched(reach, server.base, token=None)["conditions"]
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(number: int, stub: Stub, reach: Reach) -> None:
    other = stub(good)
    server = stub(lambda e: e.resource({}, number, Location=f"{other.base}/Condition"))
    assert why(fetched(reach, server.base)["conditions"]) == "security"
    assert len(server.received) == 1
    assert not other.received


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Injected: yes", "ü", "a\x00b", ""])
def test_a_token_that_no_header_can_hold_is_not_sent(token: str, stub: Stub, reach: Reach) -> None:
    server = stub(good)
    assert why(fetched(reach, server.base, token=token)["conditions"]) == "login"
    assert not server.received


def malformed_header(exchange: Exchange) -> None:
    exchange.raw(b"HTTP/1.1 200 OK\r\nX-Good: 1\r\nno colon here\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log as the service writes it, of everything that is told."""
    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, io.StringIO()
    log_to(stream)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)


def test_nothing_of_the_call_is_logged(stub: Stub, log: io.StringIO) -> None:
    """Whatever the server does and however much is told: the libraries' own lines hold addresses with ids."""
    reach = reach_of()
    behaviours = [behaviour for behaviour, _ in BEHAVIOURS.values()] + [malformed_header, good]
    for behaviour in behaviours:
        fetched(reach, stub(behaviour).base, "conditions", "patient", patient=PATIENT)
    fetched(reach, f"http://127.0.0.1:{refused_port()}/fhir", patient=PATIENT)
    fetched(reach, "https://ehr.invalid/fhir", patient=PATIENT)
    said = log.getvalue()
    assert '"event":"fetch"' in said
    assert "urllib3.connection" in said
    assert PATIENT not in said
    assert TOKEN not in said
    assert "127.0.0.1" not in said


def test_the_token_is_not_shown() -> None:
    base = FhirBase.of("https://ehr.example.org/fhir")
    assert base is not None
    assert TOKEN not in repr(Access(base, TOKEN))


@pytest.mark.parametrize("behaviour", [good, lambda e: e.resource({}, 503), lambda e: e.hang()])
def test_the_token_is_not_kept(behaviour: Callable[[Exchange], None], stub: Stub) -> None:
    class Watched(str):
        """A token that can be looked for."""

        __slots__ = ()

    reach = reach_of(threads=2)
    fetched(reach, stub(behaviour).base, *TEMPLATES, token=Watched("to-be-forgotten"), seconds=1)
    fetched(reach, stub(good).base, *TEMPLATES)  # its threads have gone on
    gc.collect()
    kept = [o for o in gc.get_objects() if isinstance(o, dict) and "Authorization" in o]
    assert not [o for o in kept if "to-be-forgotten" in str(o["Authorization"])]
    assert not [o for o in gc.get_objects() if isinstance(o, Access) and o.token == "to-be-forgotten"]

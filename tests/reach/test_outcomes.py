"""Every way in which a FHIR server can fail has one outcome: the query failed, and why; never a guess."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cds_service.fhir.reach.allowance import Limits
from cds_service.fhir.reach.completing import Reach

from .fetching import fetched, ids, reach_of, why
from .fhir_stub import Exchange, FhirStub, condition, refused_port, searchset

Stub = Callable[..., FhirStub]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
WHOLE = json.dumps(searchset(condition())).encode()


def outcome(code: str, severity: str = "error") -> dict[str, object]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def status(number: int, **headers: str) -> Callable[[Exchange], None]:
    return lambda exchange: exchange.resource(outcome("processing"), number, **headers)


BEHAVIOURS: dict[str, tuple[Callable[[Exchange], None], str]] = {
    "400": (status(400), "processing"),
    "401": (status(401), "login"),
    "403": (status(403), "forbidden"),
    "404": (status(404), "not-found"),
    "408": (status(408), "timeout"),
    "410": (status(410), "deleted"),
    "418": (status(418), "processing"),
    "429 for longer than there is time": (status(429, Retry_After="60"), "throttled"),
    "429 twice": (status(429, Retry_After="0"), "throttled"),
    "429 with a date that is none": (status(429, Retry_After="soon"), "throttled"),
    "500 twice": (status(500), "exception"),
    "502 twice": (status(502), "transient"),
    "503 twice": (status(503), "transient"),
    "505": (status(505), "transient"),
    "204": (lambda e: e.raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "processing"),
    "304": (lambda e: e.raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "security"),
    "not JSON": (lambda e: e.body(b"resourceType: Bundle"), "structure"),
    "HTML": (lambda e: e.body(b"<html><body>Log in</body></html>", kind="text/html"), "structure"),
    "nothing": (lambda e: e.body(b""), "structure"),
    "not UTF-8": (lambda e: e.body(WHOLE.replace(b"c1", b"c\xff")), "structure"),
    "a list": (lambda e: e.body(b"[]"), "structure"),
    "too deep": (lambda e: e.body(b'{"resourceType": "Bundle", "x": ' + b"[" * 100_000), "structure"),
    "an OperationOutcome with 200": (lambda e: e.resource(outcome("forbidden")), "forbidden"),
    "one with a word that is not known": (lambda e: e.resource(outcome("<b>pwned</b>")), "processing"),
    "one with a number for a word": (lambda e: e.resource({**outcome("x"), "issue": [{"code": 7}]}), "processing"),
    "a resource of another type": (lambda e: e.resource(condition()), "structure"),
    "a Bundle that is no searchset": (lambda e: e.resource(searchset(type="transaction")), "structure"),
    "cut short": (lambda e: e.raw(HEAD + b"Content-Length: 9999\r\n\r\n" + WHOLE), "incomplete"),
    "cut short in a chunk": (
        lambda e: e.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n" + WHOLE), "incomplete"
    ),
    "cut short without a length": (lambda e: e.raw(HEAD + b"Connection: close\r\n\r\n" + WHOLE[:-9]), "structure"),
    "gzip that is none": (lambda e: e.body(WHOLE, Content_Encoding="gzip"), "structure"),
    "gzip cut short": (lambda e: e.body(gzip.compress(WHOLE)[:-20], Content_Encoding="gzip"), "structure"),
    "a coding that was not asked for": (lambda e: e.body(WHOLE, Content_Encoding="br"), "structure"),
    "not HTTP": (lambda e: e.raw(b"220 smtp.example.org\r\n"), "transient"),
    "headers without end": (lambda e: e.raw(HEAD + b"X-More: x\r\n" * 200), "transient"),
    "a header without end": (lambda e: e.raw(HEAD + b"X: " + b"x" * 100_000), "transient"),
    "closed at once": (lambda e: e.raw(), "transient"),
}  # fmt: skip


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_server_that_fails_makes_the_query_fail(name: str, stub: Stub, reach: Reach) -> None:
    behaviour, expected = BEHAVIOURS[name]
    server = stub(behaviour)
    began = time.monotonic()
    answers = fetched(reach, server.base, seconds=20)
    assert why(answers["conditions"]) == expected
    assert time.monotonic() - began < 15, "it was not the deadline that ended it"


@pytest.mark.parametrize("number", [401, 403, 404, 410])
def test_a_refusal_is_not_asked_again(number: int, stub: Stub, reach: Reach) -> None:
    server = stub(status(number))
    fetched(reach, server.base)
    assert len(server.received) == 1


@pytest.mark.parametrize("number", [401, 403, 404, 410])
def test_a_patient_that_cannot_be_read_fails_like_a_search(number: int, stub: Stub, reach: Reach) -> None:
    server = stub(status(number))
    assert "entry" not in fetched(reach, server.base, "patient")["patient"]
    assert server.received[0].path == "/fhir/Patient/p1"


@pytest.mark.parametrize("resource", [condition("p1"), {"resourceType": "Patient", "id": "p2"}, searchset()])
def test_a_read_that_gives_another_resource_fails(
    resource: dict[str, object], stub: Stub, reach: Reach
) -> None:
    assert why(fetched(reach, stub(lambda e: e.resource(resource)).base, "patient")["patient"]) == "structure"


@pytest.mark.parametrize("first", [status(429, Retry_After="0"), status(503), status(500), lambda e: e.raw()])
def test_what_may_pass_is_asked_for_once_more(
    first: Callable[[Exchange], None], stub: Stub, reach: Reach
) -> None:
    def behaviour(exchange: Exchange) -> None:
        if len(server.received) == 1:
            first(exchange)
        else:
            exchange.resource(searchset(condition()))

    server = stub(behaviour)
    assert ids(fetched(reach, server.base)["conditions"]) == ["c1"]
    assert len(server.received) == 2


def test_a_server_is_waited_for_as_it_asks(stub: Stub, reach: Reach) -> None:
    moments: list[float] = []

    def behaviour(exchange: Exchange) -> None:
        moments.append(time.monotonic())
        if len(moments) == 1:
            status(429, Retry_After="1")(exchange)
        else:
            exchange.resource(searchset())

    assert fetched(reach, stub(behaviour).base)["conditions"]["resourceType"] == "Bundle"
    assert moments[1] - moments[0] >= 1


def test_a_server_that_asks_for_more_patience_than_there_is_is_not_waited_for(
    stub: Stub, reach: Reach
) -> None:
    began = time.monotonic()
    server = stub(status(429, Retry_After="30"))
    assert why(fetched(reach, server.base, seconds=20)["conditions"]) == "throttled"
    assert len(server.received) == 1
    assert time.monotonic() - began < 10


def test_nobody_listens(reach: Reach) -> None:
    assert why(fetched(reach, f"http://127.0.0.1:{refused_port()}/fhir")["conditions"]) == "transient"


def test_a_host_that_does_not_exist(reach: Reach) -> None:
    assert why(fetched(reach, "https://ehr.invalid/fhir")["conditions"]) == "transient"


def test_a_host_that_cannot_exist(reach: Reach) -> None:
    assert why(fetched(reach, f"https://{'a' * 70}.example.org/fhir")["conditions"]) in (
        "transient",
        "processing",
    )


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Fails if more bytes of memory are needed at any moment."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size


def test_a_gzip_bomb_is_not_blown_up(stub: Stub, reach: Reach) -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    server = stub(lambda e: e.body(bomb, Content_Encoding="gzip"))
    with at_most(48_000_000):
        assert why(fetched(reach, server.base, seconds=60)["conditions"]) == "too-costly"


def test_gzip_is_read(stub: Stub, reach: Reach) -> None:
    server = stub(lambda e: e.body(gzip.compress(WHOLE), Content_Encoding="gzip"))
    assert ids(fetched(reach, server.base)["conditions"]) == ["c1"]
    assert server.received[0].headers["accept-encoding"] == "gzip"


def test_a_body_without_end_is_not_read_on(stub: Stub, reach: Reach) -> None:
    head = HEAD + b"Connection: close\r\n\r\n"
    server = stub(lambda e: e.raw(head, *[b" " * 65_536] * 1_000))
    assert why(fetched(reach, server.base)["conditions"]) == "too-costly"


def test_a_redirect_that_brings_a_bomb_is_neither_followed_nor_read(stub: Stub, reach: Reach) -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    server = stub(lambda e: e.body(bomb, 302, Content_Encoding="gzip", Location=f"{server.base}/Condition"))
    with at_most(16_000_000):
        assert why(fetched(reach, server.base, seconds=60)["conditions"]) == "security"
    assert len(server.received) == 1


def test_all_answers_together_are_bounded(stub: Stub) -> None:
    limited = reach_of(limits=Limits(call_bytes=3 * len(WHOLE)))
    server = stub(lambda e: e.body(WHOLE))
    keys = ("conditions", "procedures", "specimens")
    assert all(ids(a) == ["c1"] for a in fetched(limited, server.base, *keys).values())
    limited = reach_of(limits=Limits(call_bytes=2 * len(WHOLE), lanes=1))
    answers = fetched(limited, server.base, *keys)
    assert [a["resourceType"] for a in answers.values()] == ["Bundle", "Bundle", "OperationOutcome"]
    assert why(answers["specimens"]) == "too-costly"


def test_all_entries_together_are_bounded(stub: Stub) -> None:
    limited = reach_of(limits=Limits(entries=250, lanes=1))
    many = searchset(*(condition(f"c{n}") for n in range(200)))
    answers = fetched(limited, stub(lambda e: e.resource(many)).base, "conditions", "procedures")
    assert len(ids(answers["conditions"])) == 200
    assert why(answers["procedures"]) == "too-costly"


def test_more_calls_than_there_is_room_for_are_not_held_up(stub: Stub) -> None:
    none_left = reach_of(calls=1)
    began = time.monotonic()

    def behaviour(exchange: Exchange) -> None:
        # the second call comes while the first is under way
        beside.append(fetched(none_left, server.base))
        exchange.resource(searchset(condition()))

    beside: list[dict[str, dict[str, object]]] = []
    server = stub(behaviour)
    assert ids(fetched(none_left, server.base)["conditions"]) == ["c1"]
    assert why(beside[0]["conditions"]) == "throttled"
    assert len(server.received) == 1
    assert time.monotonic() - began < 4
    server.behaviour = lambda e: e.resource(searchset())
    assert fetched(none_left, server.base)["conditions"]["resourceType"] == "Bundle"

"""Whatever a server does, the call goes on in time, and nothing of it holds up the calls that follow."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from cds_service.fhir.reach.completing import _POOLS, Reach

from .fetching import TEMPLATES, fetched, ids, reach_of, why
from .fhir_stub import Exchange, FhirStub, condition, searchset, silent_port

Stub = Callable[..., FhirStub]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n"
SECONDS = 0.8
# of a promise that is kept within milliseconds; other work on the machine must not matter
MARGIN = 4.0


def good(exchange: Exchange) -> None:
    exchange.resource(searchset(condition()))


STALLS: dict[str, Callable[[Exchange], None]] = {
    "no answer": lambda e: e.hang(),
    "headers a byte at a time": lambda e: e.raw(*(bytes([b]) for b in HEAD * 50), pause=0.1),
    "a header every so often": lambda e: e.raw(*([HEAD] + [b"X-More: x\r\n"] * 90), pause=0.1),
    "a body a byte at a time": lambda e: e.raw(
        HEAD + b"Content-Length: 900\r\n\r\n", *[b" "] * 900, pause=0.1
    ),
    "a body without length a byte at a time": lambda e: e.raw(
        HEAD + b"Connection: close\r\n\r\n", *[b" "] * 900, pause=0.1
    ),
    "chunks a byte at a time": lambda e: e.raw(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n \r\n"] * 900, pause=0.1
    ),
    "a body that stops": lambda e: (e.wfile.write(HEAD + b"Content-Length: 900\r\n\r\n{"), e.hang())[1],
}


def took(began: float) -> float:
    return time.monotonic() - began


@pytest.mark.parametrize("name", STALLS)
def test_a_server_that_stalls_is_left_in_time_and_holds_no_thread(name: str, stub: Stub) -> None:
    reach = reach_of(threads=1)  # a thread that stayed behind would be missed at once
    server = stub(STALLS[name])
    began = time.monotonic()
    answers = fetched(reach, server.base, *TEMPLATES, seconds=SECONDS)
    assert took(began) < SECONDS + MARGIN
    assert {why(answer) for answer in answers.values()} == {"timeout"}
    began = time.monotonic()
    assert ids(fetched(reach, stub(good).base, seconds=20)["conditions"]) == ["c1"]
    assert took(began) < MARGIN


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_takes_the_connection_and_says_nothing(scheme: str, stub: Stub) -> None:
    """With https that is a handshake that never ends."""
    reach = reach_of(threads=1)
    listener, port = silent_port()
    with closing(listener):
        began = time.monotonic()
        answers = fetched(reach, f"{scheme}://127.0.0.1:{port}/fhir", seconds=SECONDS)
        assert why(answers["conditions"]) == "timeout"
        assert took(began) < SECONDS + MARGIN
        assert ids(fetched(reach, stub(good).base, seconds=20)["conditions"]) == ["c1"]


def test_what_came_in_time_is_kept(stub: Stub, reach: Reach) -> None:
    server = stub(lambda e: e.hang() if "Specimen" in e.path else good(e))
    answers = fetched(reach, server.base, "conditions", "procedures", "specimens", seconds=SECONDS)
    assert ids(answers["conditions"]) == ids(answers["procedures"]) == ["c1"]
    assert why(answers["specimens"]) == "timeout"


def test_pages_that_come_too_slowly_leave_what_came_under_the_key_it_was_sent_with(
    stub: Stub, reach: Reach
) -> None:
    server = stub(lambda e: e.hang())
    sent = searchset(condition("c1"), link=[{"relation": "next", "url": f"{server.base}?page=2"}])
    answer = fetched(reach, server.base, sent={"conditions": sent}, seconds=SECONDS)["conditions"]
    assert ids(answer) == ["c1"]
    assert answer["link"][0]["relation"] == "next"
    assert answer["entry"][-1]["resource"]["issue"][0]["code"] == "timeout"


def test_queries_are_asked_side_by_side(stub: Stub, reach: Reach) -> None:
    def behaviour(exchange: Exchange) -> None:
        while len(server.received) < len(TEMPLATES):  # answers none before all have come
            time.sleep(0.01)
        exchange.resource(
            {"resourceType": "Patient", "id": "p1"} if "Patient" in exchange.path else searchset()
        )

    server = stub(behaviour)
    answers = fetched(reach, server.base, *TEMPLATES, seconds=20)
    assert all(answer["resourceType"] != "OperationOutcome" for answer in answers.values())


def test_a_call_without_any_time_left_asks_nothing(stub: Stub, reach: Reach) -> None:
    server = stub(good)
    assert why(fetched(reach, server.base, seconds=-1)["conditions"]) == "timeout"
    assert not server.received


def test_a_server_that_hangs_takes_nothing_from_another(stub: Stub) -> None:
    reach = reach_of(threads=4)
    hanging, healthy = stub(lambda e: e.hang()), stub(good)
    with ThreadPoolExecutor(8) as calls:
        waiting = [calls.submit(fetched, reach, hanging.base, *TEMPLATES, seconds=3) for _ in range(8)]
        while len(hanging.received) < 4:  # all the threads that one server may take
            time.sleep(0.01)
        answer = fetched(reach, healthy.base, "conditions", seconds=2)
        assert not any(one.done() for one in waiting)
    assert ids(answer["conditions"]) == ["c1"]
    assert {why(a) for one in waiting for a in one.result().values()} == {"timeout"}


def test_servers_beyond_number_share_their_threads(stub: Stub) -> None:
    reach = reach_of(threads=2)
    server = stub(good)
    for n in range(_POOLS + 3):
        fetched(reach, f"http://127.0.0.1:9/{n}", seconds=5)
    assert ids(fetched(reach, server.base, "conditions", seconds=20)["conditions"]) == ["c1"]


def test_many_calls_to_a_server_that_hangs_leave_nothing_behind(stub: Stub) -> None:
    reach = reach_of(threads=4, calls=8)
    server = stub(lambda e: e.hang())
    for _ in range(5):
        fetched(reach, server.base, *TEMPLATES, seconds=0.1)
    server.behaviour = good
    answers = fetched(reach, server.base, "conditions", "procedures", "specimens", seconds=20)
    assert [ids(answer) for answer in answers.values()] == [["c1"]] * 3

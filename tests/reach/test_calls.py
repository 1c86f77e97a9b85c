"""Calls through the whole application: what is fetched counts like what was sent, and what is not is unknown."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from cds_service.answering import Fetching
from cds_service.client_profile import PROFILES
from cds_service.clients import Client
from cds_service.fhir.reach.completing import Reach
from cds_service.loading import Loaded
from cds_service.service import make_service
from cds_service.turns import Turns

from .ehr import ADDRESS, PATIENTS, application, assessment, call_of, patient, serving
from .fetching import TOKEN
from .fhir_stub import Exchange, FhirStub, Json, refused_port

Stub = Callable[..., FhirStub]
FIXTURE = patient(PATIENTS[0])


def listed(server: FhirStub, **chosen: Any) -> Client:
    return Client(id="hospital", fhir_servers=(f"{server.base}/",), **chosen)


def prefetched(loaded: Loaded) -> Json:
    prefetch: Json = FIXTURE.call(make_service(loaded, "https://cds.example.org").prefetch)["prefetch"]
    return prefetch


@pytest.mark.parametrize("name", PATIENTS)
def test_without_prefetch_the_answer_is_the_same(name: str, stub: Stub, loaded: Loaded) -> None:
    fixture = patient(name)
    server = stub(serving(fixture.resources))
    templates = make_service(loaded, "https://cds.example.org").prefetch
    ask = application(loaded, fixture, listed(server))
    sent = ask.post(ADDRESS, json=fixture.call(templates)).json
    assert not server.received
    fetched = ask.post(ADDRESS, json=call_of(fixture, server.base)).json
    assert fetched == sent
    assert len(server.received) == len(templates)
    assert {r.headers["authorization"] for r in server.received} == {f"Bearer {TOKEN}"}


def test_only_what_is_lacking_is_fetched(stub: Stub, loaded: Loaded) -> None:
    server = stub(serving(FIXTURE.resources))
    prefetch = prefetched(loaded)
    del prefetch["specimens"]
    prefetch["procedures"] = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "timeout"}],
    }
    prefetch["body-structures"] = None
    ask = application(loaded, FIXTURE, listed(server))
    assert ask.post(ADDRESS, json=call_of(FIXTURE, server.base, prefetch=prefetch)).status_code == 200
    assert sorted(r.path.split("?")[0] for r in server.received) == ["/fhir/Procedure", "/fhir/Specimen"]


def test_null_is_fetched_where_it_means_missing_and_never_what_is_never_served(
    stub: Stub, loaded: Loaded
) -> None:
    server = stub(serving(FIXTURE.resources))
    prefetch = prefetched(loaded) | {"specimens": None, "body-structures": None}
    client = listed(server, profile=PROFILES["medplum"], never_served=("specimens", "procedures"))
    del prefetch["procedures"]
    ask = application(loaded, FIXTURE, client)
    assert ask.post(ADDRESS, json=call_of(FIXTURE, server.base, prefetch=prefetch)).status_code == 200
    assert [r.path.split("?")[0] for r in server.received] == ["/fhir/BodyStructure"]


def unasked(ask: Any, server: FhirStub, **stated: Any) -> bool:
    """Whether the call is answered as one whose prefetch is all there is, and the server was not asked."""
    response = ask.post(ADDRESS, json=call_of(FIXTURE, server.base) | stated)
    assert response.status_code == 412
    told = response.json["issue"][0]["details"]["text"]
    return told.endswith("did not come with the call.") and not server.received


def test_a_server_that_is_not_listed_is_not_asked(stub: Stub, loaded: Loaded) -> None:
    server = stub(serving(FIXTURE.resources))
    assert unasked(application(loaded, FIXTURE, Client(id="hospital")), server)
    assert unasked(
        application(loaded, FIXTURE, Client(id="hospital", fhir_servers=("https://ehr.example.org",))), server
    )
    assert unasked(application(loaded, FIXTURE, listed(server)), server, fhirServer=f"{server.base}/deeper")


def test_without_leave_nothing_is_asked(stub: Stub, loaded: Loaded) -> None:
    server = stub(serving(FIXTURE.resources))
    assert unasked(application(loaded, FIXTURE, listed(server)), server, fhirAuthorization=None)


def test_without_time_to_fetch_nothing_is_asked(stub: Stub, loaded: Loaded) -> None:
    server = stub(serving(FIXTURE.resources))
    assert unasked(application(loaded, FIXTURE, listed(server), fetching=False), server)


def test_time_spent_before_fetching_is_not_had_again() -> None:
    """Whatever a call waited for (a client's keys, the memory of tokens) comes off its time for fetching."""
    fetching = Fetching(Reach(lambda: 100.0), lambda: 100.0, answer_seconds=4.0, fetch_seconds=2.5)
    assert fetching.until(0.0) == 102.5
    assert fetching.until(1.0) == 102.5
    assert fetching.until(3.0) == 100.5
    assert fetching.until(5.0) < 100.0


def test_a_developers_open_server_is_asked_without_a_token(stub: Stub, loaded: Loaded) -> None:
    server = stub(serving(FIXTURE.resources))
    ask = application(loaded, FIXTURE, Client(id="development", any_fhir_server=True))
    response = ask.post(ADDRESS, json=call_of(FIXTURE, server.base, token=None))
    assert response.status_code == 200
    assert not [r for r in server.received if "authorization" in r.headers]


def but(path: str, behaviour: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """A server with the whole record but for one kind of query."""
    whole = serving(FIXTURE.resources)
    return lambda e: behaviour(e) if path in e.path else whole(e)


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        (lambda e: e.hang(), "timeout", "no answer in time"),
        (lambda e: e.resource({}, 403), "forbidden", "access was refused"),
        (lambda e: e.resource({}, 503), "transient", "could not be reached"),
    ],
)
def test_what_could_not_be_fetched_is_unknown_and_said(
    behaviour: Callable[[Exchange], None], code: str, words: str, stub: Stub, loaded: Loaded
) -> None:
    server = stub(but("Observation", behaviour))
    ask = application(loaded, FIXTURE, listed(server), seconds=2)
    answered = ask.post(ADDRESS, json=call_of(FIXTURE, server.base)).json
    found = assessment(answered)
    lost = [key for key in found["failedQueries"] if key.startswith("observations-")]
    assert lost == found["failedQueries"] and len(lost) == 8
    assert found["failureReasons"] == [{"query": key, "code": code} for key in lost]
    assert [f for f in found["facts"] if f.get("why") == "failed-query"]
    assert any(words in card["detail"] for card in answered["cards"])


def test_without_conditions_the_refusal_says_why(stub: Stub, loaded: Loaded) -> None:
    server = stub(but("Condition", lambda e: e.resource({}, 403)))
    response = application(loaded, FIXTURE, listed(server)).post(ADDRESS, json=call_of(FIXTURE, server.base))
    assert response.status_code == 412
    assert "their query failed (forbidden)" in response.json["issue"][0]["details"]["text"]


def test_a_server_that_cannot_be_reached_takes_nothing_from_what_was_sent(stub: Stub, loaded: Loaded) -> None:
    base = f"http://127.0.0.1:{refused_port()}/fhir"
    prefetch = prefetched(loaded)
    del prefetch["specimens"]
    ask = application(loaded, FIXTURE, Client(id="hospital", fhir_servers=(base,)))
    with_it = ask.post(ADDRESS, json=call_of(FIXTURE, base, prefetch=prefetch)).json
    without = ask.post(ADDRESS, json=call_of(FIXTURE, base, prefetch=prefetch, token=None)).json
    reasons = assessment(with_it).pop("failureReasons")
    assert reasons == [{"query": "specimens", "code": "transient"}]
    assert assessment(with_it) == assessment(without)


def serving_later(asked: Event, leave: Event) -> Callable[[Exchange], None]:
    """A FHIR server that says when it is `asked`, and answers when it is given `leave`."""

    def behaviour(exchange: Exchange) -> None:
        asked.set()
        assert leave.wait(60)
        serving(FIXTURE.resources)(exchange)

    return behaviour


def test_while_a_call_waits_for_the_fhir_server_others_compute(stub: Stub, loaded: Loaded) -> None:
    asked, leave = Event(), Event()
    server = stub(serving_later(asked, leave))
    prefetch = prefetched(loaded)
    del prefetch["specimens"]
    # whoever waits for a turn that another has waits for it in vain
    turns = Turns(patience_seconds=3600)
    application_of = application(loaded, FIXTURE, listed(server), seconds=50, turns=turns).application
    with ThreadPoolExecutor(1) as pool:
        lacking = call_of(FIXTURE, server.base, prefetch=prefetch)
        waiting = pool.submit(application_of.test_client().post, ADDRESS, json=lacking)
        assert asked.wait(60)
        whole = call_of(FIXTURE, server.base, prefetch=prefetched(loaded))
        answered = application_of.test_client().post(ADDRESS, json=whole)
        assert answered.status_code == 200
        assert not waiting.done()
        leave.set()
        assert waiting.result().json == answered.json


def test_a_call_that_comes_back_from_the_fhir_server_waits_for_no_turn(stub: Stub, loaded: Loaded) -> None:
    asked, leave = Event(), Event()
    server = stub(serving_later(asked, leave))
    turns = Turns(patience_seconds=3600)
    ask = application(loaded, FIXTURE, listed(server), seconds=50, turns=turns)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask.post, ADDRESS, json=call_of(FIXTURE, server.base))
        assert asked.wait(60)
        with turns.turn():
            leave.set()
            assert waiting.result(60).status_code == 200


@pytest.mark.parametrize("token", [None, TOKEN])
def test_time_for_fetching_is_told_only_where_something_was_asked(
    token: str | None, stub: Stub, loaded: Loaded, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "cds_service.calls")
    server = stub(serving(FIXTURE.resources))
    prefetch = prefetched(loaded)
    del prefetch["specimens"]
    ask = application(loaded, FIXTURE, listed(server))
    sent = call_of(FIXTURE, server.base, prefetch=prefetch, token=token)
    assert ask.post(ADDRESS, json=sent).status_code == 200
    told = next(record.msg for record in caplog.records if record.name == "cds_service.calls")
    assert isinstance(told, dict)
    assert ("fetch" in told["phases"]) is bool(server.received) is (token is not None)

"""The service as a process, with an EHR whose FHIR server hangs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from cds_service.loading import Loaded
from cds_service.service import make_service
from tests.operation.running import Running, running

from .ehr import PATIENTS, assessment, call_of, patient, serving
from .fetching import TOKEN
from .fhir_stub import FhirStub, Json

pytestmark = pytest.mark.slow

Stub = Callable[..., FhirStub]
FIXTURE = patient(PATIENTS[0])
CALLS = 200
# Longer than the defaults: calls, callers and the FHIR server share the machine with whatever else runs on it. Calls
# that waited for one another would still take a minute.
ANSWER_SECONDS = 20.0
FETCH_SECONDS = 5.0
LACKING = ("patient", "diagnostic-reports", "observations-imaging", "specimens", "body-structures")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {
        "CDS_SERVICE_ANSWER_SECONDS": str(ANSWER_SECONDS),
        "CDS_SERVICE_FETCH_SECONDS": str(FETCH_SECONDS),
        "CDS_SERVICE_MAX_CONCURRENT_CALLS": str(CALLS + 20),  # none is turned away, however they are spread
    }
    with running(tmp_path_factory.mktemp("service"), **settings) as started:
        yield started


@dataclass(frozen=True)
class Timed:
    status: int
    body: Json
    seconds: float


def ask(service: Running, call: Json) -> Timed:
    began = time.monotonic()
    response = service.call(call)
    return Timed(response.status_code, response.json(), time.monotonic() - began)


def test_many_calls_while_the_fhir_server_hangs(service: Running, stub: Stub, loaded: Loaded) -> None:
    server = stub(lambda e: e.hang())
    whole = FIXTURE.call(make_service(loaded, "https://cds.example.org").prefetch)["prefetch"]
    parts = {key: value for key, value in whole.items() if key not in LACKING}
    lacking = call_of(FIXTURE, server.base, prefetch=parts)
    complete = call_of(FIXTURE, server.base, prefetch=whole)
    with ThreadPoolExecutor(CALLS) as callers:
        lacked = [callers.submit(ask, service, lacking) for _ in range(CALLS)]
        had_all = [callers.submit(ask, service, complete) for _ in range(20)]
        answers, others = [c.result() for c in lacked], [c.result() for c in had_all]
    assert server.received, "nothing was asked of the server that hangs"
    assert {a.status for a in (*answers, *others)} == {200}
    assert max(a.seconds for a in (*answers, *others)) < ANSWER_SECONDS
    for answer in answers:
        reasons = assessment(answer.body)["failureReasons"]
        assert {r["query"] for r in reasons} == set(LACKING)
        assert {r["code"] for r in reasons} <= {"timeout", "throttled"}
        assert any("could not be looked up" in card["detail"] for card in answer.body["cards"])
    assert not [a for a in others if "failedQueries" in assessment(a.body)]

    server.behaviour = serving(FIXTURE.resources)
    for _ in range(6):  # some for each worker
        after = ask(service, lacking)
        assert after.status == 200
        assert "failedQueries" not in assessment(after.body)
        assert assessment(after.body) == assessment(ask(service, complete).body)
    said = service.log.read_text()
    assert TOKEN not in said
    assert FIXTURE.request["context"]["patientId"] not in said
    assert "Traceback" not in said


def test_calls_at_once_each_get_their_own_patient(service: Running, stub: Stub) -> None:
    """Nothing of one call's record or token reaches another."""
    patients = [patient(name) for name in PATIENTS]
    servers = [stub(serving(p.resources)) for p in patients]
    calls = [
        call_of(p, s.base, token=f"token-{n}") for n, (p, s) in enumerate(zip(patients, servers, strict=True))
    ]
    alone = [ask(service, call) for call in calls]
    assert {a.status for a in alone} == {200}
    with ThreadPoolExecutor(12) as callers:
        together = list(callers.map(lambda call: ask(service, call), calls * 8))
    for number, answer in enumerate(together):
        assert assessment(answer.body) == assessment(alone[number % len(calls)].body)
    for number, server in enumerate(servers):
        assert {r.headers["authorization"] for r in server.received} == {f"Bearer token-{number}"}

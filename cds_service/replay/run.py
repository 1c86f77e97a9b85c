"""Replaying calls, in this process, on all cores, or against a running service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import requests
from requests.auth import AuthBase

from ..case.fact import Evidence
from ..http.envelope import EnvelopeReader
from ..http.outcome import operation_outcome
from ..http.wire import Refusal
from ..service import SERVICE_ID, Answer, Service, explain_hook
from .inputs import Replayable

MAX_DEPTH = 100
# how long a running service may take to answer one call, in seconds
TIMEOUT = 30
Send = Callable[[Replayable], tuple[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call replayed: what differs (empty = as expected) and what came.

    `evidence` are the records behind each fact that is listed; where a running service was asked, the answer alone
    names them.
    """

    call: Replayable
    differences: tuple[str, ...]
    status: int
    answer: dict[str, Any]
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)


def in_process(services: Callable[[str], Service]) -> Send:
    """Send through the same envelope check and `explain_hook` as HTTP, without a socket.

    `services` gives the service of a client profile by its name.
    """

    def send(call: Replayable) -> tuple[int, dict[str, Any]]:
        status, answer, _ = _sent(call, services(call.profile))
        return status, answer

    return send


def _sent(call: Replayable, service: Service) -> tuple[int, dict[str, Any], Answer | None]:
    """Status and body, and what led to it where the call was not refused."""
    try:
        answer = explained(call, service)
    except Refusal as refusal:
        return refusal.status, operation_outcome(refusal, call.name.replace("/", "-")[:64]), None
    return 200, answer.response, answer


def replayed_here(call: Replayable, service: Service) -> Outcome:
    """Answer a call in this process and compare."""
    status, body, answer = _sent(call, service)
    facts = answer.assessment.facts if answer else {}
    evidence = {name: facts[name].evidence for name in (answer.assessment.listed if answer else ())}
    return Outcome(call, tuple(call.differences(status, body)), status, body, evidence)


def answers(calls: Iterable[Replayable], services: Callable[[str], Service]) -> Iterator[tuple[str, Answer]]:
    """Each call's name and what it was answered with, those left out that are refused."""
    for call in calls:
        with suppress(Refusal):
            yield call.name, explained(call, services(call.profile))


def explained(call: Replayable, service: Service) -> Answer:
    """The answer to a call, with case and assessment. Raises Refusal if the service refuses it."""
    reader = EnvelopeReader(service.description(), MAX_DEPTH)
    read = reader.read(json.dumps(call.call(service.prefetch)).encode())
    numbers = count(1)
    return explain_hook(
        read, service, call.today, lambda: str(uuid5(NAMESPACE_URL, f"{call.name}#{next(numbers)}"))
    )


def over_http(url: str, signed: AuthBase | None = None) -> Send:
    """Send to a running service, calls `signed` if it asks for that; its prefetch templates come from its own
    discovery.

    What it answers to hangs on the client profile it runs with: replay only fixtures of that profile.

    Raises requests.RequestException if it cannot be reached.
    """
    session = requests.Session()
    session.auth = signed
    base = url.rstrip("/")
    discovery = session.get(f"{base}/cds-services", timeout=TIMEOUT)
    discovery.raise_for_status()
    offered = {
        entry["hook"]: entry["prefetch"]
        for entry in discovery.json()["services"]
        if entry["id"] in (SERVICE_ID, f"{SERVICE_ID}-{entry['hook']}")
    }

    def send(call: Replayable) -> tuple[int, dict[str, Any]]:
        # a hook that is not offered is sent all the same: the refusal is the answer
        body = call.call(offered.get(call.hook) or next(iter(offered.values())))
        response = session.post(f"{base}/cds-services/{SERVICE_ID}", json=body, timeout=TIMEOUT)
        return response.status_code, response.json()

    return send


def replay(calls: Iterable[Replayable], send: Send) -> Iterator[Outcome]:
    """Send each call and compare."""
    for call in calls:
        status, answer = send(call)
        yield Outcome(call, tuple(call.differences(status, answer)), status, answer)

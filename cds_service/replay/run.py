"""Replaying calls, in this process, on all cores, or against a running service."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import requests
from requests.auth import AuthBase

from ..http.envelope import EnvelopeReader
from ..http.outcome import operation_outcome
from ..http.wire import Refusal
from ..service import SERVICE_ID, Answer, Service, explain_hook
from .fixture import Fixture
from .inputs import Replayable

MAX_DEPTH = 100
# how long a running service may take to answer one call, in seconds
TIMEOUT = 30
Send = Callable[[Replayable], tuple[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call replayed: what differs (empty = as expected) and what came."""

    call: Replayable
    differences: tuple[str, ...]
    status: int
    answer: dict[str, Any]


def in_process(services: Callable[[str], Service]) -> Send:
    """Send through the same envelope check and `answer_hook` as HTTP, without a socket.

    `services` gives the service of a client profile by its name.
    """

    def send(call: Replayable) -> tuple[int, dict[str, Any]]:
        try:
            answer = explained(call, services(call.profile))
        except Refusal as refusal:
            return refusal.status, operation_outcome(refusal, call.name.replace("/", "-")[:64])
        return 200, answer.response

    return send


def answers(fixtures: Iterable[Fixture], services: Callable[[str], Service]) -> Iterator[tuple[str, Answer]]:
    """Each fixture's name and what it was answered with, those left out that are refused."""
    for fixture in fixtures:
        with suppress(Refusal):
            yield fixture.name, explained(fixture, services(fixture.profile))


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
    offered = {s["hook"]: s["prefetch"] for s in discovery.json()["services"] if s["id"] == SERVICE_ID}

    def send(call: Replayable) -> tuple[int, dict[str, Any]]:
        # a hook that is not offered is sent all the same: the refusal is the answer
        body = call.call(offered.get(call.hook) or next(iter(offered.values())))
        response = session.post(f"{base}/cds-services/{SERVICE_ID}", json=body, timeout=TIMEOUT)
        return response.status_code, response.json()

    return send


def replayed(call: Replayable, send: Send) -> Outcome:
    """Send a call and compare."""
    status, answer = send(call)
    return Outcome(call, tuple(call.differences(status, answer)), status, answer)


def replay(calls: Iterable[Replayable], send: Send) -> Iterator[Outcome]:
    """Replay each call and compare."""
    return (replayed(call, send) for call in calls)

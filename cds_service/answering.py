"""What stands behind the wire: each call answered by the service as its client needs it, in the time it has."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .clients import Client
from .fhir.reach.asking import Access
from .fhir.reach.base import reachable
from .fhir.reach.completing import Reach
from .http.logs import places
from .http.wire import HookCall, ServiceDescription
from .keeping import Keeping
from .observing import Observer
from .service import Service, explain_hook, record_of
from .turns import Turns, apart

failures = logging.getLogger("cds_service.failures")

_EVALUATION_SECONDS = 0.5
"""Kept free at the end of a call for placing the patient and making cards."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """What prefetch lacks is fetched with `reach`, by `clock` (monotonic seconds).

    A call is answered within `answer_seconds`, of which fetching takes `fetch_seconds` at most.
    """

    reach: Reach
    clock: Callable[[], float]
    answer_seconds: float
    fetch_seconds: float

    def until(self, elapsed: float) -> float:
        """When fetching for a call ends that came `elapsed` seconds ago."""
        return self.clock() + min(self.fetch_seconds, self.answer_seconds - _EVALUATION_SECONDS - elapsed)


class Answering:
    """Answers the calls of all clients. Holds nothing of a call after it is answered."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        service_of: Callable[[Client], Service],
        today: Callable[[], date],
        new_id: Callable[[], str],
        observers: Iterable[Observer] = (),
        keeping: Keeping | None = None,
        fetching: Fetching | None = None,
        turns: Turns | None = None,
    ) -> None:
        """`service_of` gives the service as a client needs it; it is asked once for each, here. Without
        `keeping` nothing is kept of the answers, without `fetching` nothing is fetched. Calls compute in `turns`."""
        self._clients = clients
        self._services = {client.id: service_of(client) for client in clients.values()}
        self._today = today
        self._new_id = new_id
        self._observers = tuple(observers)
        self._keeping = keeping
        self._fetching = fetching
        self._turns = turns or Turns()

    def __call__(self, call: HookCall) -> dict[str, Any]:
        """The CDS Hooks response. Raises Refusal where the service refuses the call."""
        client, service = self._clients[call.caller.client], self._services[call.caller.client]
        fetching, access = self._fetching, None
        with self._turns.turn(call.timing):
            with call.timing.phase("map"):
                record = record_of(call, service)
            if fetching is not None and record.failed:
                access = _access(call, client)
            if fetching is None or access is None:
                answer = explain_hook(call, service, self._today(), self._new_id, record)
            else:
                # what time is left afterwards is for the answer, not for a turn
                with apart(patient=False), call.timing.phase("fetch"):
                    call = _completed(call, record.failed, access, service, fetching)
                answer = explain_hook(call, service, self._today(), self._new_id)
        # whoever keeps or watches, the clinician gets the answer
        try:
            if self._keeping is not None:
                answer = self._keeping(call, service.knowledge, answer)
        except Exception as error:
            _tell("keeping-failed", error)
        for observe in self._observers:
            try:
                observe(call, answer)
            except Exception as error:
                _tell("observer-failed", error)
        return answer.response

    def service_of(self, client: str) -> Service:
        """The service as a client needs it. Raises KeyError for an id that no client has."""
        return self._services[client]

    @property
    def description(self) -> ServiceDescription:
        """What discovery says: the hooks that any client fires, with ids as any client needs them."""
        described = [service.description() for service in self._services.values()]
        hooks = dict.fromkeys(hook for one in described for hook in one.hooks)
        id_per_hook = any(one.id_per_hook for one in described)
        return replace(described[0], hooks=tuple(hooks), id_per_hook=id_per_hook)


def _tell(event: str, error: Exception) -> None:
    told = {"event": event, "exception": type(error).__name__}
    failures.error({**told, "frames": places(error.__traceback__)})


def _access(call: HookCall, client: Client) -> Access | None:
    """The FHIR server that may be asked for what a call lacks, None if none may.

    Without the client's leave (`fhirAuthorization`) nothing is asked, but of a developer's open server.
    """
    base = reachable(call.fhir_server, client.fhir_servers, any_base=client.any_fhir_server)
    leave = call.fhir_authorization
    if base is None or (leave is None and not client.any_fhir_server):
        return None
    allow_private = client.private_fhir_addresses or base.on_this_machine
    return Access(base, leave.access_token if leave else None, allow_private=allow_private)


def _completed(
    call: HookCall, lacking: Sequence[str], access: Access, service: Service, fetching: Fetching
) -> HookCall:
    """The call with what its prefetch was `lacking`, as far as its client's FHIR server answers in time."""
    until = fetching.until(call.timing.elapsed)
    templates = {key: service.prefetch[key] for key in lacking}
    prefetch = fetching.reach.complete(call.prefetch, templates, call.context, access, until)
    return replace(call, prefetch=prefetch, fhir_authorization=None)

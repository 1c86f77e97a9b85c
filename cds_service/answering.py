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
from .fhir.record import Record
from .http.logs import places
from .http.wire import HookCall, ServiceDescription
from .keeping import Keeping
from .observing import Observer
from .service import Answer, Service, explain_hook, record_of
from .turns import Turns

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
        service = self._services[call.caller.client]
        with self._turns.turn(call.timing):
            with call.timing.phase("map"):
                record = record_of(call, service)
            asking = self._fetching if record.failed else None
            if asking is None:
                answer = explain_hook(call, service, self._today(), self._new_id, record)
        if asking is not None:
            answer = self._answer_with_more(call, record, asking)
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

    def _answer_with_more(self, call: HookCall, record: Record, fetching: Fetching) -> Answer:
        """The answer to a call whose record lacks something, once that has been asked for. Nobody waits meanwhile."""
        service = self._services[call.caller.client]
        with call.timing.phase("fetch"):
            client = self._clients[call.caller.client]
            completed = _completed(call, record.failed, client, service, fetching)
        # read anew only if something came
        read = record if completed is call else None
        with self._turns.turn(call.timing):
            return explain_hook(completed, service, self._today(), self._new_id, read)

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


def _completed(
    call: HookCall, lacking: Sequence[str], client: Client, service: Service, fetching: Fetching
) -> HookCall:
    """The call with what its prefetch was `lacking`, as far as its client's FHIR server may be asked and answered;
    the same call if it may not.

    Without the client's leave (`fhirAuthorization`) nothing is asked, but of a developer's open server.
    """
    until = fetching.until(call.timing.elapsed)
    base = reachable(call.fhir_server, client.fhir_servers, any_base=client.any_fhir_server)
    leave = call.fhir_authorization
    if base is None or (leave is None and not client.any_fhir_server):
        return call
    prefetch = fetching.reach.complete(
        call.prefetch,
        {key: service.prefetch[key] for key in lacking},
        call.context,
        Access(
            base,
            leave.access_token if leave else None,
            allow_private=client.private_fhir_addresses or base.on_this_machine,
        ),
        until,
    )
    return replace(call, prefetch=prefetch, fhir_authorization=None)

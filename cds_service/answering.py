"""What stands behind the wire: each call answered by the service as its client needs it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from .clients import Client
from .http.logs import places
from .http.wire import HookCall, ServiceDescription
from .keeping import Keeping
from .observing import Observer
from .service import Service, explain_hook

failures = logging.getLogger("cds_service.failures")


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
    ) -> None:
        """`service_of` gives the service as a client needs it; it is asked once for each, here. Without
        `keeping` nothing is kept of the answers."""
        self._services = {client.id: service_of(client) for client in clients.values()}
        self._today = today
        self._new_id = new_id
        self._observers = tuple(observers)
        self._keeping = keeping

    def __call__(self, call: HookCall) -> dict[str, Any]:
        """The CDS Hooks response. Raises Refusal where the service refuses the call."""
        service = self._services[call.caller.client]
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

    @property
    def description(self) -> ServiceDescription:
        """What discovery says: the hooks that any client fires."""
        described = [service.description() for service in self._services.values()]
        hooks = dict.fromkeys(hook for one in described for hook in one.hooks)
        return replace(described[0], hooks=tuple(hooks))


def _tell(event: str, error: Exception) -> None:
    told = {"event": event, "exception": type(error).__name__}
    failures.error({**told, "frames": places(error.__traceback__)})

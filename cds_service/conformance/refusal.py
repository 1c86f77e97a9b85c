"""Calls that no service can answer: each should be refused as the client's fault, with an OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

from .call import Entry
from .exchange import Exchange, Target
from .finding import Finding, held
from .sample import samples

NOT_JSON = (b'{"hook": ', b"[1, 2", b"<hook/>")
# hooks of HL7's library; the first that the service does not offer is sent to it
OTHER_HOOKS = ("encounter-discharge", "appointment-book", "order-dispatch", "encounter-start")


class Refuser:
    """Sends one entry of discovery what it must refuse; keeps every exchange."""

    def __init__(self, target: Target, entry: Entry, offered: frozenset[str], today: date) -> None:
        self._target = target
        self._entry = entry
        self._offered = offered
        self._today = today
        self.exchanges: list[Exchange] = []

    def findings(self) -> Iterator[Finding]:
        """Makes the calls; what they show of refusals."""
        entry, call = self._entry, self._entry.call(samples()[0], self._today)
        for body in NOT_JSON:
            yield self._refused("error.not-json", f"body {body.decode()!r}", entry.path, body)
        unknown = f"/cds-services/no-such-service-{uuid4()}"
        yield self._refused("error.unknown-service", "unknown service", unknown, call)
        other = next(hook for hook in OTHER_HOOKS if hook not in self._offered)
        yield self._refused("error.other-hook", f"hook {other}", entry.path, {**call, "hook": other})
        for member in ("hook", "hookInstance", "context"):
            lacking = {name: value for name, value in call.items() if name != member}
            yield self._refused("error.missing-member", f"without {member}", entry.path, lacking)
        for member in call["context"]:
            context = {name: value for name, value in call["context"].items() if name != member}
            lacking = {**call, "context": context}
            yield self._refused("error.missing-member", f"without context.{member}", entry.path, lacking)

    def _refused(self, requirement: str, how: str, path: str, body: object) -> Finding:
        exchange = self._target.post(f"{self._entry.id} {self._entry.hook} ({how})", path, body)
        self.exchanges.append(exchange)
        return held(requirement, exchange.refused, exchange.name, f"{exchange.told}, not 4xx")

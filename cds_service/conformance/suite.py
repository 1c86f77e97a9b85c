"""The suite: discovery first, then everything that its services can be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from .answer import answer_findings, error_findings
from .browser import browser_findings
from .call import Caller, Entry, latency
from .discovery import discovery_findings, entries_of
from .exchange import Exchange, Target
from .feedback import FeedbackSender
from .finding import Finding, held, not_run
from .ledger import Ledger, ledger
from .refusal import Refuser
from .sample import HOOKS
from .template import template_findings


class Unreachable(Exception):
    """Nothing can be called; the message says why."""


class Suite:
    """One run against one base address.

    `only` names the service ids to call, empty for all; `origin` a browser's origin that should be let in.
    """

    def __init__(
        self, target: Target, today: date, only: Collection[str] = (), origin: str | None = None
    ) -> None:
        self._target = target
        self._today = today
        self._only = only
        self._origin = origin
        self.called: list[Entry] = []
        self.passed_over: list[Entry] = []
        """Entries of hooks for which there is no sample."""

    def run(self) -> Ledger:
        """Call the service and say what was seen.

        Raises Unreachable when nothing can be called: no connection, discovery refused, or no such service.
        """
        return ledger(list(self._findings()))

    def _findings(self) -> Iterator[Finding]:
        yield encryption_finding(self._target)
        discovery = self._target.get("GET /cds-services", "/cds-services")
        if not discovery.status:
            raise Unreachable(f"{self._target.base} {discovery.told}")
        if discovery.unauthorized:
            raise Unreachable(f"discovery {discovery.told}: name what it asks for with --header")
        yield from discovery_findings(discovery)
        entries = [
            entry for entry in entries_of(discovery.document) if not self._only or entry.id in self._only
        ]
        self.called = [entry for entry in entries if entry.hook in HOOKS]
        self.passed_over = [entry for entry in entries if entry.hook not in HOOKS]
        if self._only and not entries:
            raise Unreachable(f"discovery lists no service {', '.join(sorted(self._only))}")
        answers: dict[str, list[Exchange]] = {}
        for entry in entries:
            yield from template_findings(entry.prefetch, f"{entry.id} {entry.hook}")
        for entry in self.called:
            caller = Caller(self._target, entry, self._today)
            yield from caller.findings()
            answers.setdefault(entry.id, []).extend(caller.exchanges)
        for service, exchanges in answers.items():
            yield from self._about_service(service, exchanges)

    def _about_service(self, service: str, exchanges: list[Exchange]) -> Iterator[Finding]:
        offered = [entry for entry in self.called if entry.id == service]
        reached = any(exchange.status not in (404, 405) for exchange in exchanges)
        yield held(
            "discovery.id", reached, f"POST {offered[0].path}", "nothing is at the address made of the id"
        )
        for exchange in exchanges:
            yield from answer_findings(exchange)
        yield from latency(exchanges)
        refuser = Refuser(
            self._target,
            offered[0],
            frozenset(entry.hook for entry in (*self.called, *self.passed_over)),
            self._today,
        )
        yield from refuser.findings()
        for exchange in refuser.exchanges:
            if not exchange.succeeded:
                yield from error_findings(exchange)
        yield from browser_findings(self._target, offered[0], self._origin)
        yield from FeedbackSender(self._target, service, exchanges).findings()


def encryption_finding(target: Target) -> Finding:
    """Whether the base address is https, which does not matter on this machine itself."""
    if target.loopback and not target.encrypted:
        return not_run("security.tls", target.base, "a loopback address: no production traffic passes here")
    return held("security.tls", target.encrypted, target.base, "the base address is not https")

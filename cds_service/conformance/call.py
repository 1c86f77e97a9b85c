"""Calls of one hook of one service: as an EHR would make them, and with everything that a client may leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from .exchange import Exchange, Target
from .finding import Finding, held, not_run
from .prefetch import answered
from .sample import Sample, samples
from .template import is_search

ANSWERED = (200, 412)
"""What a well-formed call is answered with: advice, or that data is missing."""

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "exception", "details": {"text": "The query could not be answered."}}
    ],
}
EXTENSIONS = {"com.example.unknown": {"when": "2026-01-15T08:00:00Z"}, "com.example.other": True}
AUTHORIZATION = {
    "access_token": "sample-token",
    "token_type": "Bearer",
    "expires_in": 60,
    "scope": "user/Patient.read",
    "subject": "sample-client",
}
FHIR_SERVER = "https://ehr.example.org/fhir"
OTHER_USERS = {
    "order-select": ("PractitionerRole/sample-role",),
    "order-sign": ("PractitionerRole/sample-role",),
    "patient-view": ("PractitionerRole/sample-role", "Patient/sample", "RelatedPerson/sample-relative"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of discovery: a service id on one hook, with its prefetch templates."""

    id: str
    hook: str
    prefetch: Mapping[str, str]

    @property
    def path(self) -> str:
        return f"/cds-services/{self.id}"

    def call(self, sample: Sample, today: date, **instead: Any) -> dict[str, Any]:
        """A whole call about a sample; `instead` replaces members, and one that is Ellipsis is left out."""
        context = sample.context(self.hook)
        call = {
            "hook": self.hook,
            "hookInstance": str(uuid4()),
            "context": context,
            "prefetch": answered(self.prefetch, sample, context, today),
            **instead,
        }
        return {name: value for name, value in call.items() if value is not ...}


class Caller:
    """Calls one entry of discovery and keeps every exchange, for what holds of all answers to be looked at after."""

    def __init__(self, target: Target, entry: Entry, today: date) -> None:
        self._target = target
        self.entry = entry
        self._today = today
        self.exchanges: list[Exchange] = []

    def findings(self) -> Iterator[Finding]:
        """Makes the calls, one after the other; what they show of calls."""
        whole = [self._send(sample, "") for sample in samples()]
        if all(exchange.unauthorized for exchange in whole):
            yield not_run(f"{self.entry.hook}.context", whole[0].name, _asks_who(whole[0]))
            return
        for exchange in whole:
            yield self._accepted(f"{self.entry.hook}.context", exchange)
        yield from self._about_context(whole[-1])
        yield from self._about_prefetch()
        yield from self._about_authorization(whole[-1])

    def _send(self, sample: Sample, how: str, **instead: Any) -> Exchange:
        name = f"{self.entry.id} {self.entry.hook} ({sample.name} patient{', ' if how else ''}{how})"
        exchange = self._target.post(name, self.entry.path, self.entry.call(sample, self._today, **instead))
        self.exchanges.append(exchange)
        return exchange

    @property
    def _sample(self) -> Sample:
        return samples()[-1]

    def _context(self, **more: Any) -> dict[str, Any]:
        return {**self._sample.context(self.entry.hook), **more}

    def _accepted(self, requirement: str, exchange: Exchange) -> Finding:
        return held(
            requirement, exchange.status in ANSWERED, exchange.name, f"{exchange.told}, not 200 or 412"
        )

    def _about_context(self, whole: Exchange) -> Iterator[Finding]:
        hook = self.entry.hook
        for user in OTHER_USERS[hook]:
            kind = user.partition("/")[0]
            yield self._like(
                f"{hook}.user", whole, self._send(self._sample, kind, context=self._context(userId=user))
            )
        odd = self._send(
            self._sample,
            "unknown members",
            context=self._context(**{"com.example.more": [1], "encounterId": "sample-encounter"}),
            extension=EXTENSIONS,
            unknownMember={"a": 1},
        )
        yield self._like("call.extensions", whole, odd)
        if hook == "order-sign":
            context = self._context(
                draftOrders=_bundle({**d, "status": "active"} for d in self._sample.drafts)
            )
            yield self._like(
                "order-sign.revised", whole, self._send(self._sample, "revised", context=context)
            )
        if hook == "order-select":
            kept = ("resourceType", "id", "status", "intent", "subject")
            drafts = _bundle({name: d[name] for name in kept} for d in self._sample.drafts)
            sent = self._send(self._sample, "bare drafts", context=self._context(draftOrders=drafts))
            yield self._accepted("order-select.incomplete", sent)

    def _like(self, requirement: str, whole: Exchange, other: Exchange) -> Finding:
        return held(
            requirement,
            other.status == whole.status,
            other.name,
            f"{other.told}, the plain call {whole.status}",
        )

    def _about_prefetch(self) -> Iterator[Finding]:
        keys = self.entry.prefetch
        without = self._send(self._sample, "no prefetch", prefetch=...)
        yield self._accepted("call.no-prefetch", without)
        yield self._accepted("call.no-prefetch", self._send(self._sample, "empty prefetch", prefetch={}))
        if without.status == 200:
            why = "answered 200 without prefetch: nothing that it requires was missing"
            yield not_run("prefetch.412", without.name, why)
        else:
            yield held("prefetch.412", without.status == 412, without.name, f"{without.told}, not 412")
        if not keys:
            for requirement in ("call.null", "call.empty-search", "prefetch.outcomes"):
                yield not_run(requirement, without.name, "the service asks for no prefetch")
            return
        nulls = self._send(self._sample, "all null", prefetch=dict.fromkeys(keys))
        yield self._accepted("call.null", nulls)
        empty = {k: _searchset() if is_search(t) else None for k, t in keys.items()}
        yield self._accepted("call.empty-search", self._send(self._sample, "empty searches", prefetch=empty))
        failed = self._send(self._sample, "all failed", prefetch=dict.fromkeys(keys, OUTCOME))
        if without.status == failed.status == 200:
            why = "answered 200 without any data too: whether it looked cannot be told"
            yield not_run("prefetch.outcomes", failed.name, why)
        else:
            told = f"{failed.told} to failed queries, {without.status} to none"
            yield held("prefetch.outcomes", failed.status == 412, failed.name, told)

    def _about_authorization(self, whole: Exchange) -> Iterator[Finding]:
        given = self._send(
            self._sample, "authorization", fhirServer=FHIR_SERVER, fhirAuthorization=AUTHORIZATION
        )
        yield self._like("fhir.token-in-call", whole, given)
        alone = self._send(self._sample, "authorization without server", fhirAuthorization=AUTHORIZATION)
        if alone.succeeded:
            yield not_run("cds-r-1", alone.name, "tolerated: only the client is bound")
        else:
            yield held("cds-r-1", alone.refused, alone.name, f"{alone.told}")


def _bundle(resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}


def _searchset() -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "total": 0}


def _asks_who(exchange: Exchange) -> str:
    return f"{exchange.told}: name what it asks for with --header"


def latency(exchanges: Sequence[Exchange]) -> Iterator[Finding]:
    """Whether half of the answers came in about half a second."""
    times = sorted(e.seconds for e in exchanges if e.succeeded)
    if times:
        median = times[len(times) // 2]
        told = f"median {median * 1000:.0f} ms of {len(times)} answers"
        yield held("call.latency", median < 1, f"{len(times)} answers", told)

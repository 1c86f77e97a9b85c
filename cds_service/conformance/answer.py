"""What every answer of a service must be, whatever it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .exchange import NOT_JSON, Exchange, json_findings
from .finding import Finding, held
from .invariant import invariants
from .shape import elements, shape_findings


def answer_findings(exchange: Exchange) -> Iterator[Finding]:
    """What the answer to one call of a service shows."""
    if not exchange.succeeded:
        yield from error_findings(exchange)
        return
    yield from json_findings(exchange)
    document = exchange.document
    whole = exchange.status == 200 and isinstance(document, dict) and "cards" in document
    yield held("response.ok", whole, exchange.name, f"{exchange.told} without cards")
    if document is NOT_JSON:
        return
    shape = list(shape_findings("response", document, exchange.name))
    yield from shape
    if any(finding.verdict == "fail" and finding.requirement == "response.cards" for finding in shape):
        return
    yield from _about_uuids(exchange)
    for invariant in invariants().values():
        if invariant.of == "response" and invariant.concerns(document):
            yield held(invariant.id, not invariant.violated_by(document), exchange.name, invariant.says)


def error_findings(exchange: Exchange) -> Iterator[Finding]:
    """Whether an error is told as an OperationOutcome with at least one issue."""
    document = exchange.document
    told = isinstance(document, dict) and document.get("resourceType") == "OperationOutcome"
    yield held(
        "error.outcome",
        told and bool(document.get("issue")),
        exchange.name,
        f"{exchange.told}, without an OperationOutcome",
    )


def _about_uuids(exchange: Exchange) -> Iterator[Finding]:
    uuids: list[Any] = [value for _, value in elements(exchange.document, ("cards", "uuid"))]
    if uuids:
        distinct = all(isinstance(u, str) for u in uuids) and len(set(uuids)) == len(uuids)
        yield held("card.uuid", distinct, exchange.name, "a uuid stands on two cards, or is no text")

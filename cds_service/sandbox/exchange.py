"""One call of the service as a client makes it, and what came back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextvars import Context, ContextVar
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import Client

from ..http.wire import HookCall
from ..service import SERVICE_ID, Answer

HOOKS = f"/cds-services/{SERVICE_ID}"
FEEDBACK = f"{HOOKS}/feedback"

_SEEN: ContextVar[list[Answer] | None] = ContextVar("answers seen by the sandbox", default=None)


def witness(_call: HookCall, answer: Answer) -> None:
    """Shows the sandbox the case and the assessment behind an answer that it asked for: an Observer. Answers to
    others pass."""
    seen = _SEEN.get()
    if seen is not None:
        seen.append(answer)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was posted and what came back. `answer` is what led to the response; None where the call was refused."""

    request: bytes
    status: int
    response: bytes
    timing: Mapping[str, float]
    answer: Answer | None

    @property
    def body(self) -> dict[str, Any]:
        """The response as JSON: cards, or an OperationOutcome."""
        found: dict[str, Any] = json.loads(self.response)
        return found

    @property
    def hook(self) -> str:
        """The hook that was fired; empty if the request does not say so."""
        try:
            sent = json.loads(self.request)
        except (ValueError, RecursionError):
            return ""
        hook = sent.get("hook") if isinstance(sent, dict) else None
        return hook if isinstance(hook, str) else ""

    @property
    def cards(self) -> list[dict[str, Any]]:
        cards: list[dict[str, Any]] = self.body.get("cards", [])
        return cards

    @property
    def issues(self) -> list[dict[str, Any]]:
        """What an OperationOutcome says; empty for an answer."""
        issues: list[dict[str, Any]] = self.body.get("issue", [])
        return issues


def post(app: Flask, path: str, body: bytes) -> Exchange:
    """Post JSON to the application as a client does, past no step that a client passes."""

    def sent() -> tuple[int, bytes, str, list[Answer]]:
        seen: list[Answer] = []
        _SEEN.set(seen)
        response = Client(app).post(path, data=body, content_type="application/json")
        return response.status_code, response.get_data(), response.headers.get("Server-Timing", ""), seen

    # in a context of its own: the request that asks for this one stays what it is
    status, response, timing, seen = Context().run(sent)
    return Exchange(body, status, response, dict(_phases(timing)), seen[0] if seen else None)


def _phases(server_timing: str) -> Iterable[tuple[str, float]]:
    """Milliseconds by phase in a Server-Timing header as the service writes it."""
    for part in filter(None, server_timing.split(", ")):
        name, _, spent = part.partition(";dur=")
        yield name, float(spent)

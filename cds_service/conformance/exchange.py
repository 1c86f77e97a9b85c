"""One request to the service under test, and what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from .finding import Finding, held

NOT_JSON = object()


@dataclass(frozen=True, slots=True)
class Exchange:
    """`name` is how the ledger speaks of the request; `document` is the answer's JSON, NOT_JSON if it is none.

    Without any answer the status is 0 and `text` says why.
    """

    name: str
    sent: Any
    status: int
    headers: Mapping[str, str]
    text: str
    document: Any
    seconds: float

    @property
    def told(self) -> str:
        """What came, in words."""
        return f"answered {self.status}" if self.status else f"gave no answer ({self.text})"

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the service says that the fault is the client's."""
        return 400 <= self.status < 500

    @property
    def unauthorized(self) -> bool:
        return self.status in (401, 403)


class Target:
    """The service under test: a base address, headers that go with every request, a time limit in seconds, and
    what signs the requests of a client, if they are to be signed."""

    def __init__(
        self, base: str, headers: Mapping[str, str], timeout: float, signed: AuthBase | None = None
    ) -> None:
        self.base = base.rstrip("/").removesuffix("/cds-services")
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._timeout = timeout
        self._signed = signed

    @property
    def encrypted(self) -> bool:
        return urlsplit(self.base).scheme == "https"

    @property
    def loopback(self) -> bool:
        return urlsplit(self.base).hostname in ("127.0.0.1", "::1", "localhost")

    def get(self, name: str, path: str) -> Exchange:
        """GET an address below the base."""
        return self._exchange(name, "GET", path, None, {})

    def post(self, name: str, path: str, body: Any) -> Exchange:
        """POST a JSON body, or bytes as they are but declared as JSON."""
        return self._exchange(name, "POST", path, body, {"Content-Type": "application/json"})

    def preflight(self, name: str, path: str, origin: str) -> Exchange:
        """What a browser at this origin asks before it POSTs JSON. It sends none of the headers of a call."""
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
            **dict.fromkeys(self._session.headers, None),
        }
        return self._exchange(name, "OPTIONS", path, None, asked)

    def _exchange(
        self, name: str, method: str, path: str, body: Any, headers: Mapping[str, str | None]
    ) -> Exchange:
        sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            response = self._session.request(
                method,
                f"{self.base}{path}",
                data=sent,
                headers=headers,
                timeout=self._timeout,
                # a browser asks in advance without a client's token
                auth=None if method == "OPTIONS" else self._signed,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return Exchange(name, body, 0, {}, type(error).__name__, NOT_JSON, 0)
        text = response.content.decode("utf-8", "replace")
        return Exchange(
            name,
            body,
            response.status_code,
            response.headers,
            text,
            _document(text),
            response.elapsed.total_seconds(),
        )


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return NOT_JSON


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def json_findings(exchange: Exchange) -> list[Finding]:
    """Whether the body of an answer is JSON, declared as such, and strictly so."""
    declared = exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_json = exchange.document is not NOT_JSON
    named = declared == "application/json" or declared.endswith("+json")
    told = "the body is no JSON" if not is_json else f"Content-Type is {declared or 'missing'}"
    return [
        held("json.wire", is_json and named, exchange.name, told),
        held("json.strict", is_json, exchange.name, "the body is no strict JSON"),
    ]

"""A FHIR server that behaves as it is told: a real one on a real port, with threads, that can fail in every way."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]


class Exchange(BaseHTTPRequestHandler):
    """One request, to be answered well or badly."""

    protocol_version = "HTTP/1.1"
    server: FhirStub

    def do_GET(self) -> None:
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()})
        with self.server.lock:
            self.server.received.append(received)
        with suppress(OSError):  # the client may leave
            self.server.behaviour(self)

    def resource(self, resource: Json, status: int = 200, **headers: str) -> None:
        self.body(json.dumps(resource).encode(), status, **headers)

    def body(
        self, content: bytes, status: int = 200, kind: str = "application/fhir+json", **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def raw(self, *parts: bytes, pause: float = 0.0) -> None:
        """Bytes just as they are, and the end of the connection."""
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            if pause and self.server.stopped.wait(pause):
                break
        self.close_connection = True

    def hang(self) -> None:
        """Answer nothing, for as long as the server runs."""
        self.server.stopped.wait()

    def log_message(self, *_: Any) -> None:
        """Nothing: what is asserted on is in `received`."""


class FhirStub(ThreadingHTTPServer):
    """Behaves by `behaviour`, which may be changed at any time."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behaviour: Callable[[Exchange], None], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.behaviour = behaviour
        self.received: list[Received] = []
        self.connections = 0
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self._tls = tls
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def base(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_port}/fhir"

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        if self._tls is not None:
            request = self._tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no error here."""

    def __enter__(self) -> FhirStub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.shutdown()
        self.server_close()


def searchset(*resources: Json, **members: Any) -> Json:
    entry = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry, **members}


def condition(name: str = "c1", patient: str = "p1") -> Json:
    return {"resourceType": "Condition", "id": name, "subject": {"reference": f"Patient/{patient}"}}


def silent_port() -> tuple[socket.socket, int]:
    """A port that takes connections and says nothing; closing the socket frees it."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, int(listener.getsockname()[1])


def refused_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

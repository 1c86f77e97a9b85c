"""A real HTTPS server on this machine that hands out keys, or does what it is told instead."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import trustme


class KeyServer:
    """What it answers, and which paths it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.status = 200
        self.content = b""
        self.location: str | None = None
        self.hang: Event | None = None
        self.asked: list[str] = []
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                if server.hang is not None:
                    server.hang.wait(30)
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(server.content)))
                if server.location is not None:
                    self.send_header("Location", server.location)
                self.end_headers()
                self.wfile.write(server.content)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests count for themselves."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that goes away is part of the tests."""

        self.http = Server(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.base = f"https://localhost:{self.http.server_port}"


@contextmanager
def serving_keys(folder: Path) -> Iterator[KeyServer]:
    """A key server that runs until the block ends."""
    server = KeyServer(folder)
    thread = Thread(target=server.http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        if server.hang is not None:
            server.hang.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join(10)

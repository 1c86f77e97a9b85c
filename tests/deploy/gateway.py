"""The shipped gateway as a process, in front of a server that notes what reaches it."""

from __future__ import annotations

import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

from .tools import DEPLOY, free_port, program, run

GATEWAY = DEPLOY / "gateway"


@dataclass
class Behind:
    """What came through: method, path, length of the body."""

    requests: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    port: int
    behind: Behind
    folder: Path
    context: ssl.SSLContext

    def open(self) -> ssl.SSLSocket:
        """A connection to it, its certificate checked."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return self.context.wrap_socket(plain, server_hostname="localhost")

    def exchange(self, sent: bytes) -> bytes:
        """What is answered to a request that asks for the connection to be closed."""
        with self.open() as connection:
            connection.sendall(sent)
            return read(connection)


def read(connection: ssl.SSLSocket) -> bytes:
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    return received


def configuration(folder: Path, kind: str, port: int, behind: int) -> Path:
    """The shipped configuration with this machine's places and ports; the file that nginx is started with."""
    for name in ("run", "log"):
        (folder / name).mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(folder / "tls.key"))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(folder / "tls.crt"), append=True)
    for name, shipped, here in (
        ("backend.conf", "127.0.0.1:8080", f"127.0.0.1:{behind}"),
        ("log.conf", "/var/log/nginx/", f"{folder}/log/"),
    ):
        text = (GATEWAY / kind / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(shipped, here), encoding="utf-8")
    served = (GATEWAY / "cds-service.conf").read_text(encoding="utf-8")
    for shipped, here in {
        "/etc/cds-gateway/": f"{folder}/",
        "/run/cds-gateway": f"{folder}/run/body",
        "cds.example.org": "localhost",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "    listen [::]:443 ssl;\n": "",
    }.items():
        assert shipped in served, shipped
        served = served.replace(shipped, here)
    (folder / "cds-service.conf").write_text(served, encoding="utf-8")
    kinds = ("proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/run/{kind};\n" for kind in kinds)
    # one process, of whoever runs the tests
    top = f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log/start;\nevents {{}}\n"
    file = folder / "nginx.conf"
    file.write_text(f"{top}http {{\n{temporary}include {folder}/cds-service.conf;\n}}\n", encoding="utf-8")
    return file


@contextmanager
def running(folder: Path) -> Iterator[Gateway]:
    """The gateway of a plain host; it ends with the block."""
    nginx = program("nginx", "nginx-light")
    behind = Behind()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _noting(behind))
    Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    file = configuration(folder, "host", port, server.server_port)
    run(nginx, "-t", "-p", folder, "-c", file)
    process = subprocess.Popen([nginx, "-p", folder, "-c", file], stdin=subprocess.DEVNULL)
    gateway = Gateway(port, behind, folder, ssl.create_default_context(cafile=str(folder / "ca.pem")))
    try:
        _await(gateway, process)
        yield gateway
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        server.shutdown()
        server.server_close()


def _await(gateway: Gateway, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, (gateway.folder / "log" / "start").read_text()
        try:
            gateway.open().close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the gateway does not listen")


def _noting(behind: Behind) -> type[BaseHTTPRequestHandler]:
    class Noting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            behind.requests.append((self.command, self.path, len(body)))
            self.send_response(200)
            self.send_header("X-Correlation-ID", "c-1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = _answer

        def log_message(self, format: str, *arguments: object) -> None:
            """The test reads what came from `Behind`."""

    return Noting

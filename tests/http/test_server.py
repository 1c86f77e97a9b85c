"""A real server process: what the test client cannot show."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from .calls import ADDRESS, CARD, view_call
from .outcomes import checked_issue

CALL = b"POST " + ADDRESS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running server: its process, its port, the file with its log."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def start(port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.http.serving", str(port), "2"]
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with log.open("wb") as stream:
        return subprocess.Popen(command, cwd=CHECKOUT, env=environ, stdout=stream, stderr=stream)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("server") / "log"
    port = free_port()
    process = start(port, log)
    try:
        await_answer(f"http://127.0.0.1:{port}/cds-services", process, log)
        yield Served(process, port, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def exchange(served: Served, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to raw bytes; the server must close the connection."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(first.split(" ")[1]), headers, body


def test_calls_are_answered_over_one_connection(served: Served) -> None:
    with requests.Session() as session:
        for number in range(5):
            response = session.post(
                served.base + ADDRESS,
                json=view_call(),
                headers={"X-Correlation-ID": f"call-{number}"},
                timeout=10,
            )
            assert (response.status_code, response.json()) == (200, {"cards": [CARD]})
            assert response.headers["X-Correlation-ID"] == f"call-{number}"
            assert response.headers["Connection"] == "keep-alive"


def test_a_chunked_body_is_read(served: Served) -> None:
    body = json.dumps(view_call()).encode()
    halves = iter((body[:40], body[40:]))
    headers = {"Content-Type": "application/json"}
    assert requests.post(served.base + ADDRESS, data=halves, headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_too_much_gets_its_answer(served: Served, chunked: bool) -> None:
    body = json.dumps(view_call(padding="x" * 1_500_000)).encode()
    sent = iter((body,)) if chunked else body
    headers = {"Content-Type": "application/json"}
    response = requests.post(served.base + ADDRESS, data=sent, headers=headers, timeout=10)
    assert response.status_code == 413
    checked_issue(response.content, response.headers["X-Correlation-ID"], response.headers["Content-Type"])


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /cds-services HTTP/1.1\r\nHost: x\r\nName: Mustermann\r\nBad Name: Mustermann\r\n\r\n", 400),
        (b"GET /" + b"Mustermann" * 500 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"Mustermann" * 2000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Mustermann\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: Mustermann\r\n\r\n", 417),
        (CALL + b"Content-Length: Mustermann\r\n\r\n", 400),
        (CALL + b"Transfer-Encoding: chunked\r\n\r\nMustermann\r\n\r\n", 400),
        (CALL + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", 400),
    ],
)
def test_what_is_not_http_is_refused_with_an_outcome(served: Served, sent: bytes, status: int) -> None:
    answered, headers, body = exchange(served, sent)
    assert answered == status
    checked_issue(body, headers["x-correlation-id"], headers["content-type"])
    assert b"Mustermann" not in body
    assert "Mustermann" not in served.log.read_text()


def test_each_call_has_one_line_in_the_log(served: Served) -> None:
    url = f"{served.base}{ADDRESS}?patient=Mustermann"
    requests.post(url, json=view_call(), headers={"X-Correlation-ID": "logged-call"}, timeout=10)
    lines = [line for line in served.log.read_text().splitlines() if "logged-call" in line]
    assert len(lines) == 1
    record = json.loads(lines[0])
    assert (record["status"], record["hook"], record["cards"]) == (200, "patient-view", 1)
    assert "Mustermann" not in served.log.read_text()


def test_a_taken_port_is_said_clearly(served: Served, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert start(served.port, log).wait(30) == 1
    assert log.read_text() == f"cannot listen on 127.0.0.1 port {served.port}: Address already in use\n"


def test_the_server_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "log"
    process = start(port, log)
    try:
        await_answer(f"http://127.0.0.1:{port}/cds-services", process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

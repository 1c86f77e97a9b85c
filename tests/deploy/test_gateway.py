"""The gateway keeps slow clients, oversized bodies and outsiders from the service, and patients out of its log."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cds_service.settings import Settings

from .gateway import GATEWAY, Gateway, configuration, read, running
from .tools import program, run

pytestmark = pytest.mark.slow

CALL = "/cds-services/sarcoma-pathway"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as found:
        yield found


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines, "", ""]
    ).encode()


@pytest.mark.parametrize("kind", ["host", "compose"])
def test_nginx_takes_the_configuration(kind: str, tmp_path: Path) -> None:
    nginx = program("nginx", "nginx-light")

    told = run(nginx, "-t", "-p", tmp_path, "-c", configuration(tmp_path, kind, 8443, 8080))

    assert "syntax is ok" in told
    assert "warn" not in told


def test_a_call_goes_through_and_its_answer_comes_back(gateway: Gateway) -> None:
    answer = gateway.exchange(head("POST", CALL, "Content-Length: 2") + b"{}")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nX-Correlation-ID: c-1\r\n" in answer
    assert gateway.behind.requests == [("POST", CALL, 2)]


def test_a_slow_request_reaches_the_service_only_when_it_is_whole(gateway: Gateway) -> None:
    with gateway.open() as slow:
        slow.sendall(head("POST", CALL, "Content-Length: 200000") + b" " * 100_000)
        # others are served meanwhile
        assert gateway.exchange(head("GET", "/live")).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.5)
        assert gateway.behind.requests == [("GET", "/live", 0)]
        slow.sendall(b" " * 100_000)
        assert read(slow).startswith(b"HTTP/1.1 200 ")
    assert gateway.behind.requests[1:] == [("POST", CALL, 200_000)]


@pytest.mark.parametrize(
    "path", ["/metrics", "/ready", "/metrics?x", "//metrics", "/%6detrics", "/x/../ready"]
)
def test_what_is_for_operators_is_not_shown_to_the_outside(path: str, gateway: Gateway) -> None:
    assert gateway.exchange(head("GET", path)).startswith(b"HTTP/1.1 404 ")
    assert gateway.behind.requests == []


def test_what_the_service_would_refuse_for_its_size_reaches_it_and_no_more(gateway: Gateway) -> None:
    refused_by_the_service = Settings().max_body_bytes + 1
    larger = refused_by_the_service + 2 * 1_048_576

    whole = head("POST", CALL, f"Content-Length: {refused_by_the_service}") + b" " * refused_by_the_service
    assert gateway.exchange(whole).startswith(b"HTTP/1.1 200 ")
    assert gateway.exchange(head("POST", CALL, f"Content-Length: {larger}")).startswith(b"HTTP/1.1 413 ")
    assert gateway.behind.requests == [("POST", CALL, refused_by_the_service)]


def test_nothing_answers_in_the_clear(gateway: Gateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as plain:
        plain.sendall(head("POST", CALL, "Content-Length: 2") + b"{}")
        assert plain.recv(65_536).startswith(b"HTTP/1.1 400 ")
    assert gateway.behind.requests == []


def test_its_log_has_the_path_and_the_correlation_and_no_query(gateway: Gateway) -> None:
    gateway.exchange(
        head("GET", "/live?launch=secret", "User-Agent: somebody", "Referer: https://ehr/?patient=p1")
    )

    deadline = time.monotonic() + 10
    log = gateway.folder / "log" / "cds-access.log"
    while not (line := log.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert '"GET /live" 200 ' in line
    assert " c-1" in line
    for word in ("secret", "somebody", "p1"):
        assert word not in line


def test_bodies_that_do_not_fit_memory_go_where_no_disk_is() -> None:
    text = (GATEWAY / "cds-service.conf").read_text(encoding="utf-8")

    assert "client_body_temp_path /run/" in text  # a file system in memory
    assert "proxy_max_temp_file_size 0;" in text

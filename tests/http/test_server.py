"""A real server process: what the test client cannot show."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
import requests

from .calls import ADDRESS, CARD, view_call
from .outcomes import checked_issue
from .process import Served, serving, start

CALL = b"POST " + ADDRESS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("server") / "log") as running:
        yield running


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


def test_calls_sent_behind_each_other_are_each_answered_in_their_order(served: Served) -> None:
    body = json.dumps(view_call()).encode()
    calls = [
        CALL + b"X-Correlation-ID: call-%d\r\nContent-Length: %d\r\n\r\n%b" % (number, len(body), body)
        for number in range(4)
    ]
    last = b"GET /cds-services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        # two at once, one by itself while the thread waits for it, one after it has gone back
        for sent, pause in ((calls[0] + calls[1], 0.0), (calls[2], 0.05), (calls[3] + last, 0.0)):
            connection.sendall(sent)
            time.sleep(pause)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    assert received.count(b"HTTP/1.1 200 OK") == 5
    places = [received.find(b"call-%d" % number) for number in range(4)]
    assert places == sorted(places)
    assert -1 not in places


def test_a_client_that_never_pauses_keeps_no_other_waiting(served: Served) -> None:
    ended = Event()
    body = json.dumps(view_call()).encode()

    def calls_on_and_on() -> int:
        with requests.Session() as session:
            answered = 0
            while not ended.is_set():
                sent = session.post(
                    served.base + ADDRESS, data=body, headers={"Content-Type": "application/json"}, timeout=10
                )
                answered += sent.status_code == 200
            return answered

    with ThreadPoolExecutor(4) as clients:
        busy = [clients.submit(calls_on_and_on) for _ in range(4)]
        others = [
            requests.post(
                served.base + ADDRESS, data=body, timeout=10, headers={"Content-Type": "application/json"}
            ).status_code
            for _ in range(20)
        ]
        ended.set()
    assert others == [200] * 20
    assert all(client.result() for client in busy)


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


def test_a_client_that_announces_too_much_is_answered_before_it_sends_it(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(CALL + b"Content-Length: 900000000\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


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
    answered, headers, body = served.exchange(sent)
    assert answered == status
    checked_issue(body, headers["x-correlation-id"], headers["content-type"])
    assert b"Mustermann" not in body
    assert "Mustermann" not in served.log.read_text()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name"])
def test_no_header_moves_the_service_elsewhere(served: Served, name: str) -> None:
    sent = (
        f"GET /elsewhere/cds-services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: /elsewhere\r\n\r\n"
    )
    assert served.exchange(sent.encode())[0] == 404


def test_clients_that_never_close_do_not_hold_the_service(served: Served) -> None:
    """They got their answers and the server ends the connections; they do not end theirs."""
    address, asked = ("127.0.0.1", served.port), b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with ExitStack() as open_still:
        for _ in range(100):
            connection = open_still.enter_context(socket.create_connection(address, timeout=10))
            connection.sendall(asked)
        # one after the other they would keep both workers waiting for minutes
        assert requests.get(f"{served.base}/live", timeout=20).status_code == 200


def waited(response: requests.Response) -> float:
    """For how many milliseconds a call waited for its turn."""
    timed = dict(part.split(";dur=") for part in response.headers["Server-Timing"].split(", "))
    return float(timed.get("wait", 0))


def sends_part(connection: socket.socket) -> None:
    connection.sendall(CALL + b"Content-Length: 9000\r\n\r\n{")


def takes_nothing(connection: socket.socket) -> None:
    body = json.dumps(view_call()).encode()
    calls = (CALL + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)) * 50
    connection.settimeout(0.5)
    # until the service stops reading, since it cannot send
    with pytest.raises(TimeoutError):
        while True:
            connection.sendall(calls)


@pytest.mark.parametrize("slow", [sends_part, takes_nothing])
def test_a_call_of_a_slow_client_holds_no_turn_while_it_waits(
    served: Served, slow: Callable[[socket.socket], None]
) -> None:
    """As long as nobody computes, a call has its turn at once, whatever other clients are waited for."""
    with ExitStack() as opened:
        for _ in range(2):
            connection = opened.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", served.port))
            slow(connection)
        time.sleep(0.1)
        # a new connection each, so that both workers are met
        answers = [requests.post(served.base + ADDRESS, json=view_call(), timeout=10) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 6
        assert max(map(waited, answers)) < 250


def test_a_body_that_takes_long_to_read_holds_no_turn(served: Served) -> None:
    """A chunk a byte: all is there, so that its thread never waits, and yet it reads for seconds."""
    body = json.dumps(view_call()).encode() + b" " * 250_000
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    stop = Event()

    def read_long() -> None:
        while not stop.is_set():
            with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
                connection.sendall(CALL + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read_long) for _ in range(4)]
        time.sleep(0.3)
        answers = [requests.post(served.base + ADDRESS, json=view_call(), timeout=10) for _ in range(6)]
        stop.set()
        for one in reading:
            one.result()
    assert max(map(waited, answers)) < 250


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nX-Name: ", CALL + b"Content-Length: 9000\r\n\r\n"])
def test_clients_that_send_a_byte_at_a_time_do_not_hold_the_service(served: Served, begun: bytes) -> None:
    """More of them than the service has threads, for as long as it lets them."""
    address = ("127.0.0.1", served.port)
    sending = [socket.create_connection(address, timeout=10) for _ in range(60)]
    for connection in sending:
        connection.sendall(begun)
    deadline = time.monotonic() + 200
    while sending:
        assert time.monotonic() < deadline, f"{len(sending)} connections are still open"
        time.sleep(1)
        for connection in tuple(sending):
            try:
                connection.sendall(b" ")
            except OSError:
                sending.remove(connection)
                connection.close()
    assert requests.get(f"{served.base}/live", timeout=10).status_code == 200


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
    with serving(tmp_path / "log") as running:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert "Traceback" not in running.log.read_text()

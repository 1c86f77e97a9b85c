"""The worker: whom it waits for and for how long, and one call after another while each is computed."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import time
import uuid
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from gunicorn import util as gunicorn_wire
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from cds_service.http.correlation import HEADER
from cds_service.http.outcome import operation_outcome
from cds_service.http.wire import Refusal
from cds_service.turns import apart

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Given = TypeVar("Given")
Done = TypeVar("Done")

REQUEST_LINE_BYTES = 4094
HEADER_FIELDS = 64
HEADER_FIELD_BYTES = 16_384

_STALLED_CLIENT_SECONDS = 20
# for a whole request, however little of it comes at a time
_RECEIVING_SECONDS = 20
# for request, answer and its sending: longer than a call may take by any setting
_WHOLE_SECONDS = 120
_LEAVING_SECONDS = 1
# the calls, as against feedback and pages, which wait for the store or take their time
_A_CALL = re.compile(r"/cds-services/[^/]+/?$")
_SMALL_BYTES = 1_048_576
# how long a thread stays with a connection for the next request on it: handing it over and back costs more
_STAYING_MILLISECONDS = 2
# how often a worker says that it lives, and looks for clients that take too long
_LIVENESS_SECONDS = 0.5


class CallWorker(ThreadWorker):
    """A threaded worker that speaks OperationOutcome where gunicorn itself refuses, and logs no values.

    No client holds a thread for longer than the limits above, whatever it sends or takes at a time. Each call is
    answered in one of the `turns` of the application that it serves.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._begun: dict[Any, float] = {}
        self._notified = -inf

    def notify(self) -> None:
        # gunicorn calls this in its own thread at each event and at least once a second, while the others wait for
        # clients
        now = time.monotonic()
        if now - self._notified < _LIVENESS_SECONDS:
            return
        self._notified = now
        super().notify()
        for conn, begun in list(self._begun.items()):
            if now - begun > _RECEIVING_SECONDS:
                # what has been received whole is still answered
                way = socket.SHUT_RDWR if now - begun > _WHOLE_SECONDS else socket.SHUT_RD
                with contextlib.suppress(OSError):  # it has gone
                    conn.sock.shutdown(way)

    def handle(self, conn: Any) -> Any:
        while True:
            self._begun[conn] = time.monotonic()
            try:
                keeps = self._handle(conn)
                if not keeps:
                    # gunicorn would wait for the client to close in the thread on which all connections depend
                    gunicorn_wire.close_graceful(conn.sock, timeout=_LEAVING_SECONDS)
            finally:
                del self._begun[conn]
            if keeps is not True or not self._next_comes(conn):
                return keeps

    def _next_comes(self, conn: Any) -> bool:
        """Whether the next request on a connection that is kept is there, or comes at once. Nobody is kept waiting for
        that: only while most threads have nothing to do."""
        if not self.alive or len(self._begun) > self.cfg.threads // 2:
            return False
        if conn.parser.unreader.buf.getvalue():
            # read with the body before it
            return True
        waiting = select.poll()
        waiting.register(conn.sock, select.POLLIN)
        return bool(waiting.poll(_STAYING_MILLISECONDS))

    def handle_request(self, req: Any, conn: Any) -> Any:
        # begun here rather than where it computes: threads that parse, log and send meanwhile are in the way too;
        # what is large takes its turn where it computes
        with self.app.turns.turn() if _is_small_call(req) else contextlib.nullcontext():
            return super().handle_request(req, conn)

    def _handle(self, conn: Any) -> Any:
        if not isinstance(conn.sock, _Connection):
            conn.sock = _Connection.of(conn.sock)
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        # gunicorn would log and send back the header or the address it tripped over.
        correlation_id = str(uuid.uuid4())
        refusal, reason = _refusal_of(exc)
        self.log.warning("request refused: %s %s %s", type(exc).__name__, refusal.status, correlation_id)
        body = msgspec.json.encode(operation_outcome(refusal, correlation_id))
        head = (
            f"HTTP/1.1 {refusal.status} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"{HEADER}: {correlation_id}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            gunicorn_wire.write_nonblock(client, head.encode("ascii") + body)
        except OSError:
            self.log.debug("the client went away before it was refused")


class _Connection(socket.socket):
    """A connection on which nobody waits for the client while others wait for the turn.

    How long may be waited is told to the kernel only where somebody waits: mostly all is there already.
    """

    _timeout: float | None = None

    @classmethod
    def of(cls, sock: socket.socket) -> _Connection:
        """The same connection; `sock` is of no use any more."""
        conn = cls(sock.family, sock.type, sock.proto, sock.detach())
        socket.socket.settimeout(conn, None)
        # gunicorn waits for ever for a client that stops in the middle of a request, and a thread with it.
        # The kernel's own time limit holds through gunicorn's changes to the socket.
        limit = struct.pack("ll", _STALLED_CLIENT_SECONDS, 0)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return conn

    def gettimeout(self) -> float | None:
        return self._timeout

    def settimeout(self, value: float | None) -> None:
        self._timeout = value

    def setblocking(self, flag: bool) -> None:
        self._timeout = None if flag else 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        return self._waiting_only_if_needed(super().recv, size, flags)

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        return self._waiting_only_if_needed(super().send, data, flags)

    def sendall(self, data: ReadableBuffer, flags: int = 0) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.send(rest, flags) :]

    def _waiting_only_if_needed(self, does: Callable[[Given, int], Done], given: Given, flags: int) -> Done:
        try:
            return does(given, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            if self._timeout == 0:
                raise
            super().settimeout(self._timeout)
            try:
                with apart():
                    return does(given, flags)
            finally:
                super().settimeout(None)


def _is_small_call(req: Any) -> bool:
    """Whether a request is a call whose body is of a size that is read in one go: to read a chunk a byte takes long
    without ever waiting."""
    if req.method != "POST" or not _A_CALL.match(req.path):
        return False
    length = ""
    for name, value in req.headers:
        if name == "TRANSFER-ENCODING":
            return False
        if name == "CONTENT-LENGTH":
            length = value
    return length.isascii() and length.isdigit() and int(length) <= _SMALL_BYTES


def _refusal_of(exc: BaseException) -> tuple[Refusal, str]:
    if isinstance(exc, http_errors.LimitRequestLine):
        advice = f"Send a request line of at most {REQUEST_LINE_BYTES} bytes."
        return Refusal(414, "too-long", "The request line is too long.", "http.path", advice), "URI Too Long"
    if isinstance(exc, http_errors.LimitRequestHeaders):
        advice = f"Send at most {HEADER_FIELDS} headers of at most {HEADER_FIELD_BYTES} bytes each."
        refusal = Refusal(431, "too-long", "The headers are too many or too long.", "http.headers", advice)
        return refusal, "Request Header Fields Too Large"
    if isinstance(exc, http_errors.UnsupportedTransferCoding):
        advice = "Send the body plain, with Content-Length or chunked."
        refusal = Refusal(
            501, "not-supported", "The transfer coding is not known.", "http.transfer-encoding", advice
        )
        return refusal, "Not Implemented"
    if isinstance(exc, http_errors.ExpectationFailed):
        advice = "Send Expect: 100-continue or leave the header out."
        refusal = Refusal(417, "not-supported", "The expectation is not known.", "http.expect", advice)
        return refusal, "Expectation Failed"
    if isinstance(exc, http_errors.ParseException):
        return Refusal(
            400, "structure", "The request is not valid HTTP/1.1.", "", "Send it again."
        ), "Bad Request"
    refusal = Refusal(500, "exception", "The service failed to answer this call.", "", "Send it again.")
    return refusal, "Internal Server Error"

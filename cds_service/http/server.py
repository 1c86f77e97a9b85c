"""Serving: gunicorn with settings that suit short calls of about a hundred kilobytes."""

from __future__ import annotations

import contextlib
import gc
import logging
import select
import socket
import struct
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import msgspec
from flask import Flask
from gunicorn import util as gunicorn_wire
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLogger
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import ThreadWorker

from cds_service.http.correlation import HEADER
from cds_service.http.logs import log_to, places
from cds_service.http.outcome import operation_outcome
from cds_service.http.wire import Refusal

reloads = logging.getLogger("cds_service.reloads")

# beyond the calls that may be under way: for refusals, discovery and health
_SPARE_THREADS = 16
_CONNECTIONS_PER_WORKER = 256
_BACKLOG = 128
_SILENT_WORKER_SECONDS = 60
_GRACEFUL_SECONDS = 20
# Longer than the minute for which gateways commonly keep theirs, so that they close first.
_KEEP_ALIVE_SECONDS = 75
_STALLED_CLIENT_SECONDS = 20
# for a whole request, however little of it comes at a time
_RECEIVING_SECONDS = 20
# for request, answer and its sending: longer than a call may take by any setting
_WHOLE_SECONDS = 120
_LEAVING_SECONDS = 1
# how long a thread stays with a connection for the next request on it: handing it over and back costs more
_STAYING_MILLISECONDS = 2
# how often a worker says that it lives, and looks for clients that take too long
_LIVENESS_SECONDS = 0.5
_REQUEST_LINE_BYTES = 4094
_HEADER_FIELDS = 64
_HEADER_FIELD_BYTES = 16_384
# a call makes thousands of objects, which go with it: few are left for a round to find
_OBJECTS_A_ROUND = 10_000


Remake = Callable[[], Flask]
"""Makes the application anew. Raises Unsound if what it is made of may not be served."""


class Unsound(Exception):
    """What the service is to be made of has mistakes; `mistakes` says each with its place."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def serve(
    app: Flask,
    host: str,
    port: int,
    workers: int,
    *,
    calls_at_once: int,
    remake: Remake | None = None,
    worker_gone: Callable[[int], None] | None = None,
    worker_begins: Callable[[Flask], None] | None = None,
) -> None:
    """Serve the application until SIGTERM or SIGINT; then finish what is under way and leave.

    `app` is made before the workers are forked, so that they share its memory; each answers up to
    `calls_at_once` calls at a time. On SIGHUP `remake` makes it anew, and new workers take over; if it cannot, the
    old application stays and the log says why. `worker_gone` is told the process id of a worker that ended;
    `worker_begins` is called in each worker before it takes calls, and must not raise. The process ends with exit
    code 1 and a sentence on standard error when the address cannot be listened on.
    The log goes to standard error: one line for each call from `call_log`; there is no other access log.
    """
    _check_address(host, port)
    log_to(sys.stderr)
    # nothing was replaced yet: looking for garbage in what was just made would delay the start
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 10, 10)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(app, bind, workers, calls_at_once + _SPARE_THREADS, remake, worker_gone, worker_begins).run()


class CallWorker(ThreadWorker):
    """A threaded worker that speaks OperationOutcome where gunicorn itself refuses, and logs no values.

    No client holds a thread for longer than the limits above, whatever it sends or takes at a time.
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

    def _handle(self, conn: Any) -> Any:
        # gunicorn waits for ever for a client that stops in the middle of a request, and a thread with it.
        # The kernel's own time limit holds through gunicorn's changes to the socket.
        limit = struct.pack("ll", _STALLED_CLIENT_SECONDS, 0)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
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


def _refusal_of(exc: BaseException) -> tuple[Refusal, str]:
    if isinstance(exc, http_errors.LimitRequestLine):
        advice = f"Send a request line of at most {_REQUEST_LINE_BYTES} bytes."
        return Refusal(414, "too-long", "The request line is too long.", "http.path", advice), "URI Too Long"
    if isinstance(exc, http_errors.LimitRequestHeaders):
        advice = f"Send at most {_HEADER_FIELDS} headers of at most {_HEADER_FIELD_BYTES} bytes each."
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


class _Told(GunicornLogger):
    """gunicorn's own records go where all others go, in the same form."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.setLevel(logging.INFO)


class _Server(BaseApplication):
    def __init__(
        self,
        app: Flask,
        bind: str,
        workers: int,
        threads: int,
        remake: Remake | None,
        worker_gone: Callable[[int], None] | None,
        worker_begins: Callable[[Flask], None] | None,
    ) -> None:
        self._app = app
        self._remake = remake
        self._chosen: dict[str, Any] = {
            "bind": bind,
            "workers": workers,
            "worker_class": CallWorker,
            "threads": threads,
            "worker_connections": threads + _CONNECTIONS_PER_WORKER,
            "backlog": _BACKLOG,
            "timeout": _SILENT_WORKER_SECONDS,
            "graceful_timeout": _GRACEFUL_SECONDS,
            "keepalive": _KEEP_ALIVE_SECONDS,
            "limit_request_line": _REQUEST_LINE_BYTES,
            "limit_request_fields": _HEADER_FIELDS,
            "limit_request_field_size": _HEADER_FIELD_BYTES,
            # One copy of the knowledge for all workers, and a fault in it ends the start, not each worker.
            "preload_app": True,
            "accesslog": None,
            "errorlog": "-",
            "control_socket_disable": True,
            "logger_class": _Told,
            "proc_name": "cds-service",
        }
        if worker_gone is not None:
            self._chosen["child_exit"] = lambda _server, worker: worker_gone(worker.pid)
        if worker_begins is not None:
            self._chosen["post_worker_init"] = lambda _worker: worker_begins(self._app)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def reload(self) -> None:
        """SIGHUP: gunicorn then starts new workers with `callable` and ends the old ones gracefully."""
        super().reload()
        if self._remake is None:
            return
        try:
            self.callable = self._app = self._remake()
        except Unsound as refused:
            for mistake in refused.mistakes:
                reloads.error({"event": "reload-refused", "mistake": mistake})
            reloads.error(
                {"event": "reload-refused", "mistakes": len(refused.mistakes), "kept": "what was served"}
            )
        except Exception as error:
            # whatever goes wrong, what was served so far goes on being served
            failure = {"event": "reload-refused", "exception": type(error).__name__}
            reloads.error({**failure, "frames": places(error.__traceback__)})
        else:
            _keep_for_good()
            reloads.info({"event": "reloaded"})


def _keep_for_good() -> None:
    """Take all that is in memory out of the garbage collector's rounds: knowledge stays for as long as it is served,
    and workers share the pages that nobody walks through. What was replaced is given back first."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _check_address(host: str, port: int) -> None:
    """Leave with a sentence when the address is taken; gunicorn would first try for five seconds."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {host} port {port}: {error.strerror}\n")
        raise SystemExit(1) from None

"""Serving: gunicorn with settings that suit short calls of about a hundred kilobytes."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLogger

from cds_service.http.logs import log_to, places
from cds_service.http.worker import HEADER_FIELD_BYTES, HEADER_FIELDS, REQUEST_LINE_BYTES, CallWorker
from cds_service.turns import Turns

reloads = logging.getLogger("cds_service.reloads")

# beyond the calls that may be under way: for refusals, discovery and health
_SPARE_THREADS = 16
_CONNECTIONS_PER_WORKER = 256
_BACKLOG = 128
_SILENT_WORKER_SECONDS = 60
_GRACEFUL_SECONDS = 20
# Longer than the minute for which gateways commonly keep theirs, so that they close first.
_KEEP_ALIVE_SECONDS = 75
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
    turns: Turns | None = None,
) -> None:
    """Serve the application until SIGTERM or SIGINT; then finish what is under way and leave.

    `app` is made before the workers are forked, so that they share its memory; each answers up to
    `calls_at_once` calls at a time. On SIGHUP `remake` makes it anew, and new workers take over; if it cannot, the
    old application stays and the log says why. `worker_gone` is told the process id of a worker that ended;
    `worker_begins` is called in each worker before it takes calls, and must not raise. Each call is answered in one of
    its worker's `turns`, from its head to the sending of its answer, but for large ones, which compute in one. The
    process ends with exit code 1 and a sentence on standard error when the address cannot be listened on.
    The log goes to standard error: one line for each call from `call_log`; there is no other access log.
    """
    _check_address(host, port)
    log_to(sys.stderr)
    # nothing was replaced yet: looking for garbage in what was just made would delay the start
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_ROUND, 10, 10)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(
        app,
        bind,
        workers,
        calls_at_once + _SPARE_THREADS,
        remake,
        worker_gone,
        worker_begins,
        turns or Turns(most_waiting=calls_at_once),
    ).run()


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
        turns: Turns,
    ) -> None:
        self._app = app
        self.turns = turns
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
            "limit_request_line": REQUEST_LINE_BYTES,
            "limit_request_fields": HEADER_FIELDS,
            "limit_request_field_size": HEADER_FIELD_BYTES,
            # nothing rests on what a gateway could say of path and scheme: nobody has to be believed
            "forwarded_allow_ips": "",
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

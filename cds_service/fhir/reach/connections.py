"""Pooled HTTP connections to FHIR servers: made only to checked addresses, shared by calls, cut at a deadline.

Nothing of one call reaches another: no cookies, no credentials of the environment, no proxies, no redirects.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from cds_service.addresses import CheckedAddresses, CheckedConnection


class Attempt:
    """One request under way, as a context of its thread; another thread may end it.

    A socket's own time limit holds for each single read: a server that sends a byte a second would never meet it.
    """

    def __init__(self, remaining: Callable[[], float]) -> None:
        """`remaining` gives the seconds left; not more than 0 once it is too late."""
        self.remaining = remaining
        self._handle: socket.socket | None = None
        self._was_cut = False
        self._lock = threading.Lock()

    def __enter__(self) -> Attempt:
        self._before = _attempt.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _attempt.reset(self._before)
        with self._lock:
            self._let_go()

    def takes(self, connected: socket.socket) -> None:
        """Use a connected socket. Raises TimeoutError if the attempt was cut."""
        with self._lock:
            self._let_go()
            if self._was_cut:
                raise TimeoutError
            # a handle of its own: TLS takes the socket over while it shakes hands, and a response that ends
            # with the connection lets the connection go before it is read
            self._handle = socket.socket(fileno=os.dup(connected.fileno()))

    def cut(self) -> None:
        """End it at once: its thread, waiting or not, gets an OSError or an end of file."""
        with self._lock:
            self._was_cut = True
            if self._handle is not None:
                with contextlib.suppress(OSError):  # the other side was faster
                    self._handle.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()


_attempt: ContextVar[Attempt] = ContextVar("attempt")


def session(*, allow_private: bool, size: int, ca_file: str | None) -> requests.Session:
    """A session that keeps up to `size` connections to each of up to `size` servers open.

    To be used within an Attempt. It raises AddressRefused for a server whose addresses may not be connected to
    (`check_address`). `ca_file` names the PEM file of the authorities that certificates are checked against,
    None the well-known ones.
    """
    made = _Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.verify = ca_file or True
    made.headers.clear()
    made.headers.update({"Accept": "application/fhir+json", "Accept-Encoding": "gzip"})
    made.headers["User-Agent"] = "sarcoma-pathway-cds"
    adapter = CheckedAddresses(
        allow_private=allow_private, connection=_Line, pool_connections=size, pool_maxsize=size
    )
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """No redirect is followed, nor its body read, which requests does even then."""


class _Line(CheckedConnection):
    def opened(self, address: str, port: int) -> socket.socket:
        made = super().opened(address, port)
        try:
            _attempt.get().takes(made)
        except OSError:
            made.close()
            raise
        return made

    def seconds(self) -> float:
        return max(_attempt.get().remaining(), 0.001)

    def request(self, *args: Any, **stated: Any) -> None:
        if self.sock is not None:
            _attempt.get().takes(self.sock)
        super().request(*args, **stated)

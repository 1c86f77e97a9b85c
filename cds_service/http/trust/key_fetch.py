"""Fetching a key set from an address that a site has allowed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import requests
from requests.exceptions import SSLError, Timeout

from cds_service.addresses import AddressRefused, CheckedAddresses
from cds_service.http.trust.public_keys import MAX_BYTES, KeySetRefused, PublicKeys, read_key_set

Fetch = Callable[[str], PublicKeys]
"""Given an address, the keys behind it. Raises KeySetRefused."""

_TIMEOUT_SECONDS = (2, 3)
_WHOLE_SECONDS = 6
_CHUNK_BYTES = 16_384


def key_fetch(*, allow_private: bool, ca_file: str | None) -> Fetch:
    """Fetches over HTTPS, certificates checked with the `ca_file` (PEM) or the well-known authorities.

    No proxy, no cookies, no credentials, no redirects; the connection goes to an address that may be reached
    (see `addresses`). The answer is bounded in bytes and time.
    """

    def fetch(address: str) -> PublicKeys:
        # A session for each fetch: they are rare, and nothing of one then reaches another.
        with closing(requests.Session()) as session:
            session.trust_env = False
            session.verify = ca_file or True
            session.mount("https://", CheckedAddresses(allow_private=allow_private))
            return read_key_set(_content(session, address))

    return fetch


def _content(session: requests.Session, address: str) -> bytes:
    try:
        with session.get(
            address,
            headers={"Accept": "application/json"},
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.is_redirect:
                raise KeySetRefused("redirect", "it redirects to another address")
            if response.status_code != 200:
                raise KeySetRefused("status", f"it answers with status {response.status_code}")
            return _bounded(response)
    except AddressRefused as refused:
        raise KeySetRefused("private-address", str(refused)) from None
    except Timeout:
        raise KeySetRefused("timeout", "it does not answer in time") from None
    except SSLError:
        raise KeySetRefused("certificate", "its certificate is not trusted") from None
    except OSError:  # of which the exceptions of requests are kinds
        raise KeySetRefused("unreachable", "it cannot be reached") from None


def _bounded(response: requests.Response) -> bytes:
    begun = time.monotonic()
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_BYTES:
            raise KeySetRefused("too-large", f"it is larger than {MAX_BYTES} bytes")
        if time.monotonic() - begun > _WHOLE_SECONDS:
            raise KeySetRefused("timeout", "it does not answer in time")
    return bytes(content)

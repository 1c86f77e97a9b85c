"""Which network addresses may be connected to, checked where the connection is made.

A name that is checked first and looked up again for the connection can have changed in between; so the address
that was checked is the one that is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# the prefix under which translators reach IPv4 addresses (RFC 6052)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """No address of the host may be connected to. The text names neither the host nor an address."""


def check_address(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The IP addresses of `host` that may be connected to, in the resolver's order, at least one.

    Those of the public internet, and with `allow_private` private and loopback ones too; never link-local
    ones (cloud metadata services among them), multicast, unspecified or reserved ones. Raises AddressRefused
    if none remains, OSError (socket.gaierror) if the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    resolved = dict.fromkeys(str(entry[4][0]) for entry in found)
    allowed = [address for address in resolved if _may_be_reached(address, allow_private)]
    if not allowed:
        raise AddressRefused("the name leads to private or special addresses only")
    return allowed


def _may_be_reached(address: str, allow_private: bool) -> bool:
    # a zone (`fe80::1%eth0`) only comes with link-local addresses, which are refused in any case
    stated = ipaddress.ip_address(address.partition("%")[0])
    return all(_allowed(each, allow_private) for each in (stated, *_embedded(stated)))


def _allowed(address: _Address, allow_private: bool) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address in _NAT64):
        return True  # counts as the IPv4 address inside, which is asked about as well
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if address.is_loopback:  # before `reserved`, which ::1 is as well
        return allow_private
    if address.is_global:
        return not address.is_reserved
    return allow_private and not address.is_reserved


def _embedded(address: _Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo
    inside = [address.ipv4_mapped, address.sixtofour, teredo[1] if teredo else None]
    if address in _NAT64:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inside if each is not None]


class CheckedAddresses(HTTPAdapter):
    """Connects a requests Session only to addresses that `check_address` allows; raises AddressRefused.

    Certificates are still checked for the name, not for the address. Only for sessions without proxies
    (`trust_env = False`): a proxy would look the name up again.
    """

    def __init__(self, *, allow_private: bool, **chosen: Any) -> None:
        self._allow_private = allow_private
        super().__init__(**chosen)

    def init_poolmanager(self, *args: Any, **chosen: Any) -> None:
        super().init_poolmanager(*args, **chosen)
        self.poolmanager.pool_classes_by_scheme = _pools(self._allow_private)


def _pools(allow_private: bool) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allow_private)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allow_private)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(connection: HTTPConnection, allow_private: bool) -> socket.socket:
    """A connection to the first address that answers, of those allowed."""
    host, port = connection.host, int(connection.port or connection.default_port)
    failed: OSError | None = None
    try:
        for address in check_address(host, port, allow_private=allow_private):
            try:
                return _opened(connection, address, port)
            except OSError as error:
                failed = error
    except OSError as error:
        failed = error
    raise NewConnectionError(connection, "no address of the host answers") from failed


def _opened(connection: HTTPConnection, address: str, port: int) -> socket.socket:
    timeout = connection.timeout
    seconds = timeout if isinstance(timeout, (int, float)) else None
    opened = socket.create_connection((address, port), seconds, connection.source_address)
    for option in connection.socket_options or ():
        opened.setsockopt(*option)
    return opened

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

# the prefixes under which translators reach IPv4 addresses (RFC 6052, RFC 8215)
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/96"))
# which some systems take for their own address
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
# where clouds describe their machines, credentials included, other than at link-local addresses
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))


class AddressRefused(Exception):
    """No address of the host may be connected to. The text names neither the host nor an address."""


def check_address(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The IP addresses of `host` that may be connected to, in the resolver's order, at least one.

    Those of the public internet, and with `allow_private` private and loopback ones too; never link-local
    ones, metadata services of clouds, multicast, unspecified or reserved ones. Raises AddressRefused if none
    remains, OSError (socket.gaierror) if the name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("no host can have this name") from None
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
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or any(address in network for network in _TRANSLATED):
            return True  # counts as the IPv4 address inside, which is asked about as well
        if address.is_site_local:  # what private addresses of IPv6 once were
            return allow_private
    elif address in _THIS_NETWORK:
        return False
    if address.is_multicast or address.is_unspecified or address.is_link_local or address in _METADATA:
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
    if any(address in network for network in _TRANSLATED):
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inside if each is not None]


class CheckedConnection(HTTPConnection):
    """A connection to the first of a host's allowed addresses that answers."""

    allow_private = False

    def _new_conn(self) -> socket.socket:
        port = int(self.port or self.default_port)
        failed: OSError | None = None
        try:
            for address in check_address(self.host.strip("[]"), port, allow_private=self.allow_private):
                try:
                    return self.opened(address, port)
                except OSError as error:
                    failed = error
        except OSError as error:
            failed = error
        raise NewConnectionError(self, "no address of the host answers") from failed

    def opened(self, address: str, port: int) -> socket.socket:
        """A socket connected to an address that was checked. Raises OSError if that fails."""
        made = socket.create_connection((address, port), self.seconds(), self.source_address)
        for option in self.socket_options or ():
            made.setsockopt(*option)
        return made

    def seconds(self) -> float | None:
        """How long connecting to one address may take."""
        return self.timeout if isinstance(self.timeout, int | float) else None


class CheckedAddresses(HTTPAdapter):
    """Connects a requests Session only to addresses that `check_address` allows; raises AddressRefused.

    Certificates are still checked for the name, not for the address. Only for sessions without proxies
    (`trust_env = False`): a proxy would look the name up again.
    """

    def __init__(
        self, *, allow_private: bool, connection: type[CheckedConnection] = CheckedConnection, **chosen: Any
    ) -> None:
        self._pools = _pools(allow_private, connection)
        super().__init__(**chosen)

    def init_poolmanager(self, *args: Any, **chosen: Any) -> None:
        super().init_poolmanager(*args, **chosen)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools(private: bool, connection: type[CheckedConnection]) -> dict[str, type[HTTPConnectionPool]]:
    # made anew for each adapter: what one may connect to is not handed to another through its connections
    plain = type("PlainConnection", (connection,), {"allow_private": private})
    secure = type("SecureConnection", (connection, HTTPSConnection), {"allow_private": private})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }

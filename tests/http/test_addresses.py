"""Which addresses may be connected to; and that the address that was checked is the one that is."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from cds_service.addresses import AddressRefused, CheckedAddresses, check_address

PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "10.0.0.1",
    "172.16.5.5",
    "192.168.1.1",
    "100.64.0.1",
    "127.9.9.9",
    "fd12:3456::1",
    "fec0::1",
    "2002:a00:1::1",
    "192.0.2.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
]
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "0.1.2.3",
    "64:ff9b:1::a9fe:a9fe",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert check_address(address, 443, allow_private=False) == [address]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_only_where_allowed(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, 443, allow_private=False)
    assert check_address(address, 443, allow_private=True) == [address]


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
def test_special_addresses_never(address: str, allow_private: bool) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, 443, allow_private=allow_private)


@pytest.mark.parametrize("spelt", ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001"])
def test_other_spellings_of_loopback_are_seen_through(spelt: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(spelt, 443, allow_private=False)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """A resolver that gives one answer after the other."""
    left = list(answers)

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_of_several_addresses_those_that_may_be_reached_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["10.0.0.1", "8.8.8.8", "8.8.8.8", "169.254.169.254"])
    assert check_address("mixed.example.org", 443, allow_private=False) == ["8.8.8.8"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """A name that leads elsewhere the second time it is looked up gains nothing."""
    connected: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", connect)
    with requests.Session() as session:
        session.trust_env = False
        session.mount(f"{scheme}://", CheckedAddresses(allow_private=False))
        with pytest.raises(requests.ConnectionError):
            session.get(f"{scheme}://rebinding.example.org:8443/", timeout=1)
        assert connected == [("8.8.8.8", 8443)]
        with pytest.raises(AddressRefused):
            session.get(f"{scheme}://rebinding.example.org:8443/", timeout=1)
    assert connected == [("8.8.8.8", 8443)]

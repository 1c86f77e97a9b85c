"""No address that came from outside leads into the network of the service."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cds_service.fhir.reach.completing import Reach

from .fetching import fetched, ids, reach_of, why
from .fhir_stub import FhirStub, condition, searchset

Stub = Callable[..., FhirStub]
Resolver = Callable[..., list[tuple[Any, ...]]]


def named(server: FhirStub) -> str:
    """The server's base under a name that resolves as arranged."""
    return f"http://ehr.example.org:{server.server_port}/fhir"


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, list[list[str]]], list[str]]]:
    """Makes a name resolve to other addresses each time it is asked for, as whoever owns the name can."""
    real: Resolver = socket.getaddrinfo

    def arrange(name: str, turns: list[list[str]]) -> list[str]:
        asked: list[str] = []

        def resolve(host: str, port: Any, *rest: Any, **named: Any) -> list[tuple[Any, ...]]:
            if host != name:
                return real(host, port, *rest, **named)
            asked.append(host)
            found = []
            for address in turns[min(len(asked), len(turns)) - 1]:
                found += real(address, port, *rest, **named)
            return found

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    yield arrange


def test_a_name_that_leads_inside_is_not_connected_to(resolving: Any, stub: Stub, reach: Reach) -> None:
    server = stub(lambda e: e.resource(searchset(condition())))
    resolving("ehr.example.org", [["127.0.0.1"]])
    assert why(fetched(reach, named(server), allow_private=False)["conditions"]) == "security"
    assert server.connections == 0
    assert ids(fetched(reach, named(server), allow_private=True)["conditions"]) == ["c1"]


def test_of_several_addresses_only_those_allowed_are_connected_to(
    resolving: Any, stub: Stub, reach: Reach
) -> None:
    server = stub(lambda e: e.resource(searchset(condition())))
    resolving("ehr.example.org", [["169.254.169.254", "127.0.0.1"]])
    assert ids(fetched(reach, named(server), allow_private=True)["conditions"]) == ["c1"]


def test_the_address_that_was_checked_is_the_one_connected_to(resolving: Any, stub: Stub) -> None:
    server = stub(lambda e: e.resource(searchset(condition())))
    # a second look would lead to the cloud's metadata
    asked = resolving("ehr.example.org", [["127.0.0.1"], ["169.254.169.254"]])
    reach = reach_of()
    assert ids(fetched(reach, named(server))["conditions"]) == ["c1"]
    assert len(asked) == 1
    assert server.received[0].headers["host"] == f"ehr.example.org:{server.server_port}"


def test_an_address_that_does_not_answer_is_followed_by_the_next(
    resolving: Any, stub: Stub, reach: Reach
) -> None:
    server = stub(lambda e: e.resource(searchset(condition())))
    resolving("ehr.example.org", [["127.0.0.2", "127.0.0.1"]])
    assert ids(fetched(reach, named(server))["conditions"]) == ["c1"]


def test_a_permission_for_private_addresses_is_no_one_elses(resolving: Any, stub: Stub, reach: Reach) -> None:
    """An open connection to a private address is not used for a client that may not have one."""
    server = stub(lambda e: e.resource(searchset(condition())))
    resolving("ehr.example.org", [["127.0.0.1"]])
    assert ids(fetched(reach, named(server), allow_private=True)["conditions"]) == ["c1"]
    assert why(fetched(reach, named(server), allow_private=False)["conditions"]) == "security"
    assert len(server.received) == 1

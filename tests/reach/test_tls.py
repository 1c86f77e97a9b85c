"""TLS is checked for the name of the base, by the authorities that the site trusts."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from .fetching import fetched, ids, reach_of, why
from .fhir_stub import FhirStub, condition, searchset

Stub = Callable[..., FhirStub]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_of(stub: Stub, authority: trustme.CA, *names: str) -> tuple[FhirStub, list[str | None]]:
    """A server with a certificate for the names, and the names that it was asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    asked_for: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    return stub(lambda e: e.resource(searchset(condition())), tls=context), asked_for


def test_the_name_is_sent_and_checked_though_the_address_is_connected_to(
    stub: Stub, authority: trustme.CA, ca_file: str
) -> None:
    server, asked_for = server_of(stub, authority, "localhost")
    reach = reach_of(ca_file=ca_file)
    base = f"https://localhost:{server.server_port}/fhir"
    assert ids(fetched(reach, base)["conditions"]) == ["c1"]
    assert asked_for == ["localhost"]
    assert server.received[0].headers["host"] == f"localhost:{server.server_port}"


def test_a_certificate_for_another_name_is_refused(stub: Stub, authority: trustme.CA, ca_file: str) -> None:
    server, _ = server_of(stub, authority, "ehr.example.org")
    base = f"https://localhost:{server.server_port}/fhir"
    assert why(fetched(reach_of(ca_file=ca_file), base)["conditions"]) == "security"
    assert not server.received


def test_a_certificate_of_an_unknown_authority_is_refused(stub: Stub, authority: trustme.CA) -> None:
    server, _ = server_of(stub, authority, "localhost")
    assert (
        why(fetched(reach_of(), f"https://localhost:{server.server_port}/fhir")["conditions"]) == "security"
    )
    assert not server.received


def test_a_server_without_tls_is_refused(stub: Stub) -> None:
    server = stub(lambda e: e.resource(searchset(condition())))
    assert (
        why(fetched(reach_of(), f"https://127.0.0.1:{server.server_port}/fhir")["conditions"]) == "security"
    )
    assert not server.received


def test_connections_with_tls_are_used_again(stub: Stub, authority: trustme.CA, ca_file: str) -> None:
    server, _ = server_of(stub, authority, "localhost")
    reach = reach_of(ca_file=ca_file, threads=1)
    for _ in range(3):
        fetched(reach, f"https://localhost:{server.server_port}/fhir", "conditions", "procedures")
    assert (len(server.received), server.connections) == (6, 1)

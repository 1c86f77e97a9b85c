"""Which FHIR bases may be asked: those of the client's list, confidentially."""

from __future__ import annotations

import pytest

from cds_service.fhir.reach.base import FhirBase, reachable

LISTED = ("https://ehr.example.org/fhir/R4", "http://127.0.0.1:9000/fhir", "http://ehr.example.org/plain")


@pytest.mark.parametrize(
    "server",
    [
        "https://ehr.example.org/fhir/R4",
        "https://ehr.example.org/fhir/R4/",
        "HTTPS://EHR.example.ORG:443/fhir/R4",
        "http://127.0.0.1:9000/fhir",
    ],
)
def test_a_listed_base_may_be_asked_however_it_is_spelt(server: str) -> None:
    assert reachable(server, LISTED, any_base=False) in {FhirBase.of(base) for base in LISTED}


@pytest.mark.parametrize(
    "server",
    [
        None, "", "https://ehr.example.org/fhir", "https://ehr.example.org/fhir/R4/x", "https://ehr.example.org/fhir/r4",
        "https://ehr.example.org:8443/fhir/R4", "http://ehr.example.org/fhir/R4", "https://ehr.example.org.evil.example/fhir/R4",
        "https://user@ehr.example.org/fhir/R4", "https://ehr.example.org@evil.example/fhir/R4",
        "https://ehr.example.org/fhir/R4/../R4", "https://ehr.example.org/fhir/R4?x=1", "https://ehr.example.org/fhir/R4#x",
        "https://ehr.example.org/fhir/%2e%2e/fhir/R4", "https://ehr.example.org\\@evil.example/fhir/R4",
        "ftp://ehr.example.org/fhir/R4", "https:///fhir/R4", "https://ehr.example.org:0x1bb/fhir/R4", "https://[::1/fhir",
    ],
)  # fmt: skip
def test_nothing_else_may_be_asked(server: str | None) -> None:
    assert reachable(server, LISTED, any_base=False) is None


def test_plain_http_to_another_machine_is_never_asked_even_if_listed() -> None:
    assert reachable("http://ehr.example.org/plain", LISTED, any_base=False) is None
    assert reachable("http://ehr.example.org/plain", LISTED, any_base=True) is None


@pytest.mark.parametrize(
    "server", ["https://any.example.org/fhir", "http://localhost:8103/fhir/R4", "http://[::1]:80/f"]
)
def test_a_developer_may_ask_any_confidential_base(server: str) -> None:
    assert reachable(server, (), any_base=True) == FhirBase.of(server)


@pytest.mark.parametrize(
    "address", ["https://ehr.example.org/fhir", "http://127.0.0.1:8080", "https://[2001:db8::1]:8443/f"]
)
def test_a_base_is_written_as_it_was_read(address: str) -> None:
    base = FhirBase.of(f"{address}/")
    assert base is not None and base.url == address
    assert base.below("Condition?patient=p1") == f"{address}/Condition?patient=p1"

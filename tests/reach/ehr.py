"""An EHR of the fixtures: its FHIR server answers from a patient's record, and its calls come without prefetch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from cds_service.answering import Answering, Fetching
from cds_service.app import create_app
from cds_service.clients import Client
from cds_service.http.wire import DEVELOPMENT
from cds_service.loading import Loaded
from cds_service.replay.compare import EXTENSION
from cds_service.replay.fixture import Fixture, answer, read_fixture
from cds_service.service import SERVICE_ID, make_service
from cds_service.settings import Settings
from cds_service.turns import Turns

from .fetching import TOKEN, reach_of
from .fhir_stub import Exchange, Json

ADDRESS = f"/cds-services/{SERVICE_ID}"
FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
# of both diseases, with drafts and without, coded and in words
PATIENTS = (
    "gist-unresectable/d842v-imatinib",
    "gist-several-groups/d842v-imatinib-resectability-unrecorded",
    "gist-resectable-minimal-morbidity/mitoses-missing-imatinib",
    "gist-progressive-limited/sunitinib-continued",
    "sts-abdominal-disseminated/oracle-like-eribulin-after-doxorubicin",
    "sts-extremity-stage-2-resectable/mcode-stu4-snomed-deep-5-0-cm",
)


def patient(name: str) -> Fixture:
    return read_fixture(FIXTURES / name)


def serving(resources: Iterable[Mapping[str, Any]]) -> Callable[[Exchange], None]:
    """A FHIR server that holds just these resources."""
    held = tuple(resources)

    def behaviour(exchange: Exchange) -> None:
        found = answer(exchange.path.removeprefix("/fhir/"), {"patientId": ""}, held)
        if found is None:
            exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 404)
        else:
            exchange.resource(found)

    return behaviour


def call_of(fixture: Fixture, base: str, *, prefetch: Json | None = None, token: str | None = TOKEN) -> Json:
    """The call of a fixture, without prefetch unless stated, from an EHR whose FHIR server is at `base`."""
    body = fixture.call({}) | {"fhirServer": base, "prefetch": prefetch}
    if token is not None:
        body["fhirAuthorization"] = {
            "access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.read", "subject": "cds",
        }  # fmt: skip
    return {name: value for name, value in body.items() if value is not None}


def application(
    loaded: Loaded,
    fixture: Fixture,
    client: Client,
    *,
    seconds: float = 20.0,
    fetching: bool = True,
    turns: Turns | None = None,
) -> FlaskClient:
    """The whole application for one client; only its day is the fixture's."""
    named = replace(client, id=DEVELOPMENT.client)
    clock = time.monotonic
    answering = Answering(
        {named.id: named},
        lambda c: make_service(
            loaded,
            "https://cds.example.org",
            profile=c.profile,
            null_means=c.null_means,
            never_served=c.never_served,
        ),
        lambda: fixture.today,
        lambda: "00000000-0000-4000-8000-000000000000",
        fetching=Fetching(reach_of(), clock, seconds + 1, seconds) if fetching else None,
        turns=turns,
    )
    return create_app(Settings(development=True), answering.description, answering).test_client()


def assessment(answered: Json) -> Json:
    found: Json = answered["extension"][EXTENSION]
    return found

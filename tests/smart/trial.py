"""The app on a real port, with a real authorization server before a FHIR server that holds one patient."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from werkzeug.serving import make_server

from cds_service.answering import Answering
from cds_service.app import create_app
from cds_service.clients import Client, SmartRegistration
from cds_service.fhir.reach.completing import Reach
from cds_service.http.wire import DEVELOPMENT
from cds_service.map.site import map_site
from cds_service.replay.fixture import Fixture
from cds_service.secrets_file import Secret, Secrets
from cds_service.service import make_service
from cds_service.settings import Settings
from cds_service.smart.registration import Registrations
from cds_service.smart.routes import SmartApp
from cds_service.smart.seal import Seals
from deploy.sandbox.authorization import authorization_app
from deploy.sandbox.granted import App, Memory
from tests.reach.ehr import serving
from tests.reach.fhir_stub import Exchange, FhirStub
from tests.shipped import shipped

D842V = "gist-unresectable/d842v-imatinib"
CLIENT_ID = "sarcoma-pathway"
PATIENCE = 60
DAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
Json = Mapping[str, Any]


@dataclass
class Clock:
    """The moment of the app, which a test may move."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@contextmanager
def listening(app: Flask | None, port: int = 0) -> Iterator[tuple[str, Any]]:
    """An application on a port; its server, so that an app which needs its own address can be put in later."""
    server = make_server("127.0.0.1", port, app or Flask("later"), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Trial:
    """Everything that runs, with its addresses."""

    url: str
    ehr: str
    ehr_server: Any
    fhir: FhirStub
    patient: str
    clock: Clock
    memory: Memory
    seals: Seals

    @property
    def iss(self) -> str:
        return f"{self.ehr}/fhir"

    def browser(self) -> Browser:
        return Browser(self, requests.Session())


@dataclass
class Browser:
    """A browser without scripts: keeps cookies, follows redirects, fills in forms."""

    trial: Trial
    session: requests.Session

    def get(self, address: str, **asked: Any) -> requests.Response:
        return self.session.get(address, timeout=PATIENCE, **asked)

    def open_from_ehr(self, **more: str) -> requests.Response:
        """The consent page, after the EHR launched the app."""
        return self.get(f"{self.trial.ehr}/launch", params={"patient": self.trial.patient, **more})

    def decide(
        self,
        consent: requests.Response,
        *,
        decision: str = "allow",
        scopes: Iterable[str] | None = None,
        follow: bool = True,
    ) -> requests.Response:
        """Answer the consent page; `scopes` are those left ticked."""
        assert consent.status_code == 200 and "Let the app in?" in consent.text, consent.text
        asked = parse_qs(urlsplit(consent.url).query)["scope"][0].split()
        data: dict[str, Any] = {
            "decision": decision,
            "granted": list(asked if scopes is None else scopes),
            "patient": self.trial.patient,
        }
        return self.session.post(consent.url, data=data, timeout=PATIENCE, allow_redirects=follow)

    def launch(self, *, scopes: Iterable[str] | None = None, **more: str) -> requests.Response:
        """The app's page, after a launch from the EHR."""
        return self.decide(self.open_from_ehr(**more), scopes=scopes)

    def what_if(self, page: requests.Response, **fields: Any) -> requests.Response:
        """The page that supposes something; `_` in a name stands for a dot."""
        data = {name.replace("__", ".").replace("_", "-"): value for name, value in fields.items()}
        return self.session.post(
            f"{self.trial.url}/smart/what-if", data={"record": record(page), **data}, timeout=PATIENCE
        )


def record(page: requests.Response) -> str:
    """What a page carries."""
    found = re.search(r'name="record" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def text_of(page: requests.Response) -> str:
    """The words of a page."""
    body = page.text.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def part(page: requests.Response, name: str) -> str:
    """The words of the part of a page that has an id."""
    found = re.search(rf'<(section|div|li) [^>]*id="{re.escape(name)}".*', page.text, re.DOTALL)
    assert found is not None, page.text
    tag, rest = found[1], found[0]
    depth = 0
    for each in re.finditer(rf"<(/?){tag}\b", rest):
        depth += -1 if each[1] else 1
        if depth == 0:
            rest = rest[: each.start()]
            break
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", rest)).split())


def with_drafts(fixture: Fixture) -> tuple[Json, ...]:
    """The record of a fixture with the orders that are being drafted in it, saved at the FHIR server."""
    entries = (fixture.request["context"].get("draftOrders") or {}).get("entry") or ()
    return (*fixture.resources, *(entry["resource"] for entry in entries))


@contextmanager
def trial(
    fixture: Fixture,
    *,
    registration: SmartRegistration | None = None,
    registered: App | None = None,
    v2: bool = True,
    behaviour: Callable[[Exchange], None] | None = None,
    resources: Iterable[Json] | None = None,
    **client: Any,
) -> Iterator[Trial]:
    """The app of one client, over the record of a fixture unless `resources` or a `behaviour` are stated.

    `registered` is the app as the authorization server knows it.
    """
    clock, memory = Clock(), Memory()
    with ExitStack() as running:
        held = fixture.resources if resources is None else tuple(resources)
        fhir = running.enter_context(FhirStub(behaviour or serving(held)))
        url, own = running.enter_context(listening(None))
        known = replace(
            registered or App(CLIENT_ID, ()),
            redirect_uris=(f"{url}/smart/callback",),
            launch_url=f"{url}/smart/launch",
        )
        ehr, ehr_server = running.enter_context(
            listening(authorization_app(fhir.base, [known], v2=v2, memory=memory))
        )
        seals = Seals(Secrets.of([Secret("one", DAY.date(), b"0" * 32)]), clock)
        stated = Client(
            id=DEVELOPMENT.client,
            smart=registration or SmartRegistration(client_id=CLIENT_ID),
            fhir_servers=(f"{ehr}/fhir",),
            **client,
        )
        own.app = application(stated, url, clock, seals)
        patient = str(fixture.request["context"]["patientId"])
        yield Trial(url, ehr, ehr_server, fhir, patient, clock, memory, seals)


def application(client: Client, url: str, clock: Clock, seals: Seals) -> Flask:
    """Our whole application for one client, at an address."""
    loaded = shipped(affiliate=True)
    service = make_service(loaded, url, profile=client.profile, never_served=client.never_served, app=True)
    answering = Answering({client.id: client}, lambda _: service, lambda: clock().date(), lambda: "id")
    app = SmartApp(
        registrations=Registrations.of([client]),
        services={client.id: service},
        loaded=loaded,
        reach=Reach(monotonic),
        seals=seals,
        now=clock,
        clock=monotonic,
        public_url=url,
        development=client.any_fhir_server,
    )
    settings = Settings(development=True, public_url=url)
    return create_app(settings, answering.description, answering, draw=map_site(loaded), smart=app)

"""Asking the service and reading what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from cds_service.answering import Answering
from cds_service.app import create_app, source_pages
from cds_service.cli.ground import client_service, development_client
from cds_service.http.feedback import Keep
from cds_service.loading import Loaded
from cds_service.metrics import Metrics
from cds_service.observing import counting
from cds_service.settings import Settings

from .charts import ADDRESS, Json
from .soundness import assert_sound

TODAY = date(2026, 11, 2)
PUBLIC_URL = "https://cds.example.org/sarcoma"
EXTENSION = "org.sarcoma-cds.assessment"


def client_of(loaded: Loaded, *, keep: Keep | None = None, **chosen: Any) -> FlaskClient:
    """The whole application with the real service behind it; only the day is fixed, and anyone may call. Feedback
    is taken where `keep` keeps it."""
    settings = Settings(development=True, public_url=PUBLIC_URL, **chosen)
    client = development_client(settings)
    metrics = Metrics()
    answering = Answering(
        {client.id: client},
        lambda client: client_service(client, settings, loaded),
        lambda: TODAY,
        lambda: str(uuid4()),
        [counting(metrics)],
    )
    pages = source_pages(loaded)
    return create_app(
        settings, answering.description, answering, pages, metrics=metrics, keep=keep
    ).test_client()


@dataclass(frozen=True)
class Answer:
    """A 200 answer. Fact, verdict and card readers fail loudly when what they look for is not there."""

    body: Json

    @property
    def cards(self) -> list[Json]:
        cards: list[Json] = self.body["cards"]
        return cards

    @property
    def card(self) -> Json:
        (card,) = self.cards
        return card

    @property
    def topics(self) -> list[str]:
        return [card["source"]["topic"]["code"] for card in self.cards]

    @property
    def assessment(self) -> Json:
        found: Json = self.body["extension"][EXTENSION]
        return found

    @property
    def groups(self) -> list[str]:
        groups: list[str] = self.assessment.get("patientGroups", [])
        return groups

    @property
    def verdicts(self) -> dict[str, str]:
        return {order["order"]: order["verdict"] for order in self.assessment.get("orders", ())}

    def fact(self, name: str) -> Json:
        """The fact as listed; a fact that is neither read nor matters is not listed and reads as {}."""
        found = [f for f in self.assessment["facts"] if f["fact"] == name]
        assert len(found) <= 1, found
        return found[0] if found else {}

    def value(self, name: str) -> Any:
        """The value of a known fact, None if it is not known."""
        fact = self.fact(name)
        return fact.get("value") if fact.get("state") == "known" else None

    def why(self, name: str) -> str | None:
        """Why a fact is unknown, None if it is not."""
        return self.fact(name).get("why")

    @property
    def created(self) -> list[str]:
        """What the suggestions create, by name."""
        return [name_of(resource) for resource in created_resources(self.cards)]

    @property
    def stable(self) -> Json:
        """The whole answer without its uuids, which are new in every answer."""
        return without_uuids(self.body)


def name_of(resource: Json) -> str:
    concept = resource.get("medicationCodeableConcept") or resource["code"]
    return str(concept["text"])


def created_resources(cards: list[Json]) -> Iterator[Json]:
    for card in cards:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                if action["type"] == "create":
                    yield action["resource"]


def without_uuids(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_uuids(v) for k, v in value.items() if k != "uuid"}
    if isinstance(value, list):
        return [without_uuids(v) for v in value]
    return value


@dataclass(frozen=True)
class Ask:
    """Posts a call. Every 200 answer is checked against all that holds for every answer."""

    client: FlaskClient

    def __call__(self, sent: Json) -> Answer:
        response = self.client.post(ADDRESS, json=sent)
        assert response.status_code == 200, response.get_data(as_text=True)
        body = json.loads(response.data)
        assert_sound(body, sent)
        return Answer(body)

    def status(self, sent: Json) -> int:
        return self.client.post(ADDRESS, json=sent).status_code

"""A running service with a store behind it, whose clock can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from cds_service.answering import Answering
from cds_service.app import create_app
from cds_service.clients import Client
from cds_service.http.wire import DEVELOPMENT
from cds_service.keeping import Keeping
from cds_service.loading import Loaded
from cds_service.service import make_service
from cds_service.settings import Settings
from cds_service.store.database import Database, StoreDown
from cds_service.store.decisions import DecisionRecord, write_decisions
from cds_service.store.feedback import Feedback, keep_feedback
from cds_service.store.pseudonyms import Pseudonyms, Secret
from cds_service.store.suppression import Suppression

from .charts import ADDRESS, Json

DAYS = 14


class Site:
    """A running service with its store, whose clock can be moved."""

    def __init__(
        self, loaded: Loaded, database: Database, *, suppressing: bool = True, patient_keys: bool = False
    ) -> None:
        self.moment = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
        self.database = database
        pseudonyms = Pseudonyms([Secret("one", self.moment.date(), b"x" * 32)])
        keeping = Keeping(
            record=self.record,
            now=lambda: self.moment,
            new_id=lambda: str(uuid4()),
            suppression=Suppression(database, pseudonyms, DAYS, lambda: self.moment) if suppressing else None,
            patient_keys=pseudonyms if patient_keys else None,
        )
        service = make_service(loaded, "https://cds.example.org")
        answering = Answering(
            {DEVELOPMENT.client: Client(id=DEVELOPMENT.client)},
            lambda _client: service,
            lambda: self.moment.date(),
            lambda: str(uuid4()),
            keeping=keeping,
        )
        app = create_app(Settings(development=True), service.description(), answering, keep=self.keep)
        self.http: FlaskClient = app.test_client()

    def record(self, record: DecisionRecord) -> None:
        try:
            write_decisions(self.database, [record])
        except StoreDown:
            return

    def keep(self, entries: Sequence[Feedback], client: str) -> None:
        keep_feedback(self.database, entries, client, self.moment, comments=False)

    def tell(self, *entries: Json) -> None:
        """Send feedback."""
        response = self.http.post(f"{ADDRESS}/feedback", json={"feedback": list(entries)})
        assert response.status_code == 200, response.data

    def ask(self, sent: Json, user: str | None = None) -> list[Json]:
        """The cards of a call."""
        self.moment += timedelta(seconds=1)
        asked = {**sent, "context": {**sent["context"], "userId": user}} if user else sent
        response = self.http.post(ADDRESS, json=asked)
        assert response.status_code == 200, response.data
        cards: list[Json] = response.get_json()["cards"]
        return cards

    def override(self, card: Json, outcome: str = "overridden") -> None:
        self.moment += timedelta(seconds=1)
        entry: dict[str, Any] = {
            "card": card["uuid"],
            "outcome": outcome,
            "outcomeTimestamp": self.moment.isoformat(),
        }
        if outcome == "accepted":
            entry["acceptedSuggestions"] = [{"id": card["suggestions"][0]["uuid"]}]
        self.tell(entry)

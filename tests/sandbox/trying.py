"""The whole application in development mode, with its sandbox and a store, read as a browser shows it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_service.answering import Answering
from cds_service.app import create_app, source_pages
from cds_service.cli.ground import client_service, development_client
from cds_service.cli.keeping import Kept
from cds_service.http.wire import DEVELOPMENT
from cds_service.loading import Loaded
from cds_service.map.site import map_site
from cds_service.metrics import Metrics
from cds_service.replay.fixture import own_fixtures
from cds_service.sandbox.drawing import standing_on_map
from cds_service.sandbox.exchange import witness
from cds_service.sandbox.patients import Patients
from cds_service.sandbox.routes import Sandbox
from cds_service.settings import Settings

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EXAMPLE = "gist-unresectable/d842v-imatinib"


class _Reader(HTMLParser):
    """The text of a page by the ids and classes that it stands under, and its forms."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, Mapping[str, str]]] = []
        self.text: list[tuple[tuple[str, ...], str]] = []
        self.forms: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"": found.get("action", "")})
        elif tag == "input" and found.get("type") == "hidden":
            self.forms[-1][found["name"]] = found["value"]
        if tag not in ("input", "meta", "link", "rect", "br"):
            self.open.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        names = [n for _, a in self.open for n in (a.get("id", ""), *a.get("class", "").split())]
        self.text.append((tuple(names), data))

    def under(self, *names: str) -> str:
        """The text below elements with all of these ids or classes."""
        return "".join(text for found, text in self.text if set(names) <= set(found))


@dataclass(frozen=True)
class Page:
    """One page as it came."""

    response: TestResponse

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.text)
        return reader

    @property
    def request(self) -> dict[str, Any]:
        """The body of the call as the page shows it."""
        found: dict[str, Any] = json.loads(self.read.under("view-request", "json"))
        return found

    @property
    def answer(self) -> dict[str, Any]:
        """The response as the page shows it."""
        found: dict[str, Any] = json.loads(self.read.under("view-response", "json"))
        return found

    @property
    def summaries(self) -> list[str]:
        """What the cards on the page say first."""
        return [
            html.unescape(s)
            for s in re.findall(r"<strong>(.*?)</strong></p>\n<div class=\"card-detail", self.text)
        ]

    def form(self, outcome: str, suggestion: str = "") -> dict[str, str]:
        """What the form of a card sends for an outcome."""
        return next(
            f
            for f in self.read.forms
            if f.get("outcome") == outcome and f.get("suggestion", "") == suggestion
        )


@dataclass(frozen=True)
class Trial:
    """The application and the settings behind it."""

    client: FlaskClient
    settings: Settings
    sandbox: Sandbox

    def page(self, path: str = "/", status: int = 200) -> Page:
        response = self.client.get(path, headers=BROWSER)
        assert response.status_code == status, response.get_data(as_text=True)
        return Page(response)

    def pasted(self, text: str, status: int = 200, **form: str) -> Page:
        response = self.client.post(
            "/sandbox/paste",
            data={"pasted": text, **form},
            headers=BROWSER,
            content_type="multipart/form-data",
        )
        assert response.status_code == status, response.get_data(as_text=True)
        return Page(response)

    def told(self, form: Mapping[str, str]) -> Page:
        sent = {name: value for name, value in form.items() if name}
        return Page(self.client.post(form[""], data=sent, headers=BROWSER))


def trial_of(
    loaded: Loaded, folder: Path, *, fixtures: Path | None = None, checkout: bool = True, **chosen: Any
) -> Trial:
    """The application in development mode over its real service and a store in `folder`; `fixtures` in place of
    those of the checkout, or none without a checkout."""
    settings = Settings(development=True, state_directory=str(folder), **chosen)
    client, metrics = development_client(settings), Metrics()
    kept = Kept(settings, metrics)
    answering = Answering(
        {client.id: client},
        lambda client: client_service(client, settings, loaded),
        NOW.date,
        lambda: str(uuid4()),
        [witness],
        kept.answers(),
    )
    service = answering.service_of(DEVELOPMENT.client)
    patients = Patients((fixtures or own_fixtures()) if checkout else None)
    sandbox = Sandbox(service, loaded.wording, patients, lambda: NOW, standing_on_map(loaded))
    app = create_app(
        settings,
        answering.description,
        answering,
        source_pages(loaded),
        metrics=metrics,
        keep=kept.feedback,
        draw=map_site(loaded),
        sandbox=sandbox,
    )
    return Trial(app.test_client(), settings, sandbox)

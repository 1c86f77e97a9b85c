"""Where callers are authenticated there is no sandbox: the root says plainly what is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app, source_pages
from cds_service.http.readiness import Readiness
from cds_service.loading import Loaded
from cds_service.map.site import map_site
from cds_service.settings import Settings
from tests.http.calls import SERVICE, RecordingAnswer
from tests.http.ehr import PUBLIC_URL
from tests.http.site import Site

from .trying import BROWSER, Trial

ADDRESSES = ("/sandbox/", "/sandbox/patients", "/sandbox/paste", "/sandbox/request.json", "/sandbox/feedback")


@pytest.fixture
def production(loaded: Loaded, tmp_path: Path, trial: Trial) -> FlaskClient:
    """As a site runs it, though somebody passes a sandbox."""
    return create_app(
        Settings(public_url=PUBLIC_URL),
        SERVICE,
        RecordingAnswer(),
        source_pages(loaded),
        Readiness("2026.11.0", digest="sha256:0123"),
        trust=Site(tmp_path).trust(),
        draw=map_site(loaded),
        sandbox=trial.sandbox,
    ).test_client()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_sandbox_is_not_there(production: FlaskClient, address: str, method: str) -> None:
    response = production.open(address, method=method, headers=BROWSER)
    assert response.status_code == 404


def test_the_root_says_what_is_served(production: FlaskClient, loaded: Loaded) -> None:
    response = production.get("/?fixture=gist-unresectable/d842v-imatinib", headers=BROWSER)
    text = response.get_data(as_text=True)
    assert response.status_code == 200
    for told in (SERVICE.title, "2026.11.0", "sha256:0123", "/cds-services", "/openapi.json", "/map"):
        assert told in text
    for source in loaded.sources:
        assert f"/sources/{source}" in text
    assert "<form" not in text and "<script" not in text


@pytest.mark.parametrize("page", ["/", "/map/nope", "/sandbox/"])
def test_the_links_of_the_page_lead_somewhere(production: FlaskClient, page: str) -> None:
    text = production.get(page, headers=BROWSER).get_data(as_text=True)
    assert "/cds-services" in text and "/sandbox" not in text
    root = PUBLIC_URL.removeprefix("https://").partition("/")[2]
    for address in re.findall(r'href="(/[^"]*)"', text):
        inside = address.removeprefix(f"/{root}") if root else address
        assert production.get(inside, headers=BROWSER).status_code == 200, address


def test_clients_still_get_the_pointer(production: FlaskClient) -> None:
    for accepted in ({}, {"Accept": "application/json"}, {"Accept": "*/*"}):
        assert production.get("/", headers=accepted).json == {
            "title": SERVICE.title,
            "discovery": f"{PUBLIC_URL}/cds-services",
        }

"""GET /cds-services."""

from __future__ import annotations

import dataclasses

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings

from .calls import SERVICE, RecordingAnswer, app_with
from .site import Site


def test_each_hook_has_an_entry_with_the_same_id(answer: RecordingAnswer, site: Site) -> None:
    response = site.app(answer).test_client().get("/cds-services")
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.json == {
        "services": [
            {
                "hook": hook,
                "title": SERVICE.title,
                "description": SERVICE.description,
                "id": "sarcoma-pathway",
                "prefetch": dict(SERVICE.prefetch),
                "usageRequirements": SERVICE.usage_requirements,
                "version": "3.0.0",
            }
            for hook in ("order-select", "order-sign", "patient-view")
        ]
    }


def test_members_without_content_are_left_out(answer: RecordingAnswer) -> None:
    bare = dataclasses.replace(SERVICE, prefetch={}, usage_requirements="", title="")
    discovered = create_app(Settings(development=True), bare, answer).test_client().get("/cds-services").json
    assert discovered is not None
    for entry in discovered["services"]:
        assert set(entry) == {"hook", "description", "id", "version"}


def test_development_is_said_loudly(answer: RecordingAnswer) -> None:
    discovered = app_with(answer).test_client().get("/cds-services").json
    assert discovered is not None
    for entry in discovered["services"]:
        assert "NOT FOR CLINICAL USE" in entry["description"]
        assert "Callers are not authenticated" in entry["description"]


def test_a_trailing_slash_makes_no_difference(client: FlaskClient) -> None:
    assert client.get("/cds-services/").json == client.get("/cds-services").json


def test_head_has_the_headers_and_no_body(client: FlaskClient) -> None:
    response = client.head("/cds-services")
    assert response.status_code == 200
    assert response.data == b""


def test_the_root_says_where_discovery_is(answer: RecordingAnswer, client: FlaskClient) -> None:
    assert client.get("/").json == {"title": SERVICE.title, "discovery": "/cds-services"}
    public = app_with(answer, public_url="https://cds.example.org/sarcoma").test_client().get("/").json
    assert public == {"title": SERVICE.title, "discovery": "https://cds.example.org/sarcoma/cds-services"}

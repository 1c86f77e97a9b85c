"""A client of an application whose service is a fake."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from .calls import RecordingAnswer, app_with
from .site import Site


@pytest.fixture
def answer() -> RecordingAnswer:
    return RecordingAnswer()


@pytest.fixture
def client(answer: RecordingAnswer) -> FlaskClient:
    return app_with(answer).test_client()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def trusting(site: Site, answer: RecordingAnswer) -> FlaskClient:
    """A client of the application with trust on."""
    return site.app(answer).test_client()

"""A client of an application whose service is a fake."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from .calls import RecordingAnswer, app_with


@pytest.fixture
def answer() -> RecordingAnswer:
    return RecordingAnswer()


@pytest.fixture
def client(answer: RecordingAnswer) -> FlaskClient:
    return app_with(answer).test_client()

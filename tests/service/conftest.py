"""The real service: in this process behind Flask's test client, and as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.loading import Loaded

from .asking import Ask, client_of
from .shown import Shown


@pytest.fixture(scope="session")
def client(loaded: Loaded) -> FlaskClient:
    return client_of(loaded)


@pytest.fixture(scope="session")
def ask(client: FlaskClient) -> Ask:
    return Ask(client)


@pytest.fixture(scope="session")
def ask_as(loaded: Loaded) -> Callable[..., Ask]:
    """A service with some settings chosen."""

    def make(**chosen: Any) -> Ask:
        return Ask(client_of(loaded, **chosen))

    return make


@pytest.fixture(scope="session")
def shown() -> Shown:
    """Answers to the patients of `fhir_fixtures/`."""
    return Shown()

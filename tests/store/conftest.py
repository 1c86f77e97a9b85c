"""Stores on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cds_service.store.database import Database, file_url
from cds_service.store.upgrading import opened

from .cluster import Cluster, running

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server. Without one installed the test is skipped, which CI does not accept."""
    with running() as found:
        if found is None:
            pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
        yield found


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind."""
    if request.param == "sqlite":
        return file_url(tmp_path)
    new_database: Callable[[], str] = request.getfixturevalue("cluster").new_database
    return new_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A store of each kind."""
    found = opened(url)
    yield found
    found.close()

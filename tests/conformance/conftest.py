"""The running service, and the ledger of one run of the conformance suite against it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from cds_service.conformance.exchange import Target
from cds_service.conformance.ledger import Ledger
from cds_service.conformance.suite import Suite

from ..operation.running import running as running_process

TODAY = date(2026, 11, 2)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real service as a process of its own."""
    with running_process(tmp_path_factory.mktemp("service"), workers=1) as service:
        yield service.url


@pytest.fixture(scope="session")
def seen(running: str) -> Ledger:
    """What the suite sees of the running service."""
    return Suite(Target(running, {}, 30), TODAY).run()

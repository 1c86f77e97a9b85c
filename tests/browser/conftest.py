"""The running service whose pages are looked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..operation.running import Running
from ..operation.running import running as running_process


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real service in development mode as a process of its own."""
    with running_process(tmp_path_factory.mktemp("service"), workers=1) as found:
        yield found

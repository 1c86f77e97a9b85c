from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from cds_service.fhir.reach.completing import Reach
from cds_service.loading import Loaded, load

from .fetching import reach_of
from .fhir_stub import FhirStub


@pytest.fixture
def stub() -> Iterator[Callable[..., FhirStub]]:
    """Starts FHIR servers that behave as told; all end with the test."""
    with ExitStack() as running:
        yield lambda behaviour, **chosen: running.enter_context(FhirStub(behaviour, **chosen))


@pytest.fixture(scope="session")
def reach() -> Reach:
    return reach_of()


@pytest.fixture(scope="session")
def loaded() -> Loaded:
    """The knowledge with every code table."""
    return load(snomed_affiliate=True)

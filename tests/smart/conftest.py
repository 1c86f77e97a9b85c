"""A trial that runs, for the tests of launches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reach.ehr import patient

from .trial import D842V, Trial, trial


@pytest.fixture(scope="module")
def running() -> Iterator[Trial]:
    with trial(patient(D842V), any_fhir_server=True) as found:
        yield found

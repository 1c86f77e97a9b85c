"""The application with its sandbox."""

from __future__ import annotations

import pytest

from cds_service.loading import Loaded

from .trying import Trial, trial_of


@pytest.fixture(scope="session")
def trial(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return trial_of(loaded, tmp_path_factory.mktemp("state"))

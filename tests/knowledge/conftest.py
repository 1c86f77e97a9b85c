"""A copy of the shipped knowledge and wording in which mistakes can be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from .authoring import Copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.make(tmp_path)

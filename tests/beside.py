"""The documents that stand beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
# What a test that needs one says where there are none: of a clone it is stated in the environment.
NEEDS = "needs the documents beside the checkout: "
STATED_ABSENT = os.environ.get("SHARED_DOCUMENTS") == "absent"


def shared(*parts: str) -> Path:
    """A shared document. A test that needs one is skipped on a machine without them, which CI accepts only where the
    environment says `SHARED_DOCUMENTS=absent`: a clone on another machine has none."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{NEEDS}{'/'.join(('..', 'shared', *parts))}")
    return path

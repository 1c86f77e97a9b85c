"""Where the store of a site is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..settings import Settings
from .database import file_url

STATE_DIRECTORY = Path("/var/lib/sarcoma-cds")
_OF_A_CHECKOUT = Path(".run")


def place(settings: Settings) -> str:
    """The database URL that the settings name, or the one they lead to. In development mode a temporary folder
    may be made for it."""
    if settings.store_url:
        return settings.store_url
    if settings.state_directory:
        return file_url(Path(settings.state_directory))
    if not settings.development:
        return file_url(STATE_DIRECTORY)
    if _OF_A_CHECKOUT.is_dir():
        return file_url(_OF_A_CHECKOUT)
    return file_url(Path(tempfile.mkdtemp(prefix="sarcoma-cds-")))

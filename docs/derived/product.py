"""The shipped knowledge, read once for all pages."""

from __future__ import annotations

from functools import cache

from cds_service.loading import Loaded, load


@cache
def shipped() -> Loaded:
    """Knowledge, code tables and wording as a site has them that enables no licensed codes."""
    return load()

"""The shipped knowledge and patients, read once in a process for all tests that do not change or reload them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cds_service.client_profile import PROFILES
from cds_service.loading import Loaded, load
from cds_service.replay.fixture import Fixture, find_fixtures
from cds_service.service import Service, make_service

FIXTURES = Path(__file__).parents[1] / "fhir_fixtures"


def shipped(*, affiliate: bool = False) -> Loaded:
    """What `load` gives; `affiliate` with the licensed SNOMED CT ids too. It is shared: nothing in it may change."""
    return _loaded(affiliate)


@cache
def _loaded(affiliate: bool) -> Loaded:
    return load(snomed_affiliate=affiliate)


@cache
def patients() -> tuple[Fixture, ...]:
    """Every fixture of the checkout, by name. They are shared too."""
    return tuple(find_fixtures([FIXTURES]))


@cache
def service(profile: str = "default") -> Service:
    """The service for a client profile, with every code table."""
    return make_service(shipped(affiliate=True), "https://cds.example.org", profile=PROFILES[profile])

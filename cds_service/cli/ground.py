"""What commands start from: settings, knowledge, services, fixtures; mistakes end the command."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..authored import AuthoringMistakes
from ..client_profile import PROFILES
from ..clients import Client, SmartRegistration
from ..http.wire import DEVELOPMENT
from ..loading import KNOWLEDGE, Loaded, load
from ..service import Service, make_service
from ..settings import PREFIX, Settings, SettingsError
from .uncollected import uncollected

# imported where they are used: `serve` comes through here too, and needs none of them
if TYPE_CHECKING:
    from rich.console import Console

    from ..replay.coverage import Coverage
    from ..replay.fixture import Fixture
    from ..replay.inputs import Replayable

SNOMED_NOTICE = (
    "SNOMED CT ids outside the free Global Patient Set are enabled: this needs a SNOMED CT affiliate licence."
)

T = TypeVar("T")


def settings_of(**stated: Any) -> Settings:
    """Settings of the environment with what the command line states on top."""
    environ = dict(os.environ)
    environ |= {f"{PREFIX}{k.upper()}": str(v) for k, v in stated.items() if v is not None}
    try:
        return Settings.from_environment(environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def loaded_by(settings: Settings, knowledge: Path | None = None, wording: Path | None = None) -> Loaded:
    """What is loaded by settings, from other folders where named; mistakes end the command."""
    return refusing(lambda: load_as_set(settings, knowledge, wording))


def load_as_set(settings: Settings, knowledge: Path | None = None, wording: Path | None = None) -> Loaded:
    """What is loaded by settings. Raises AuthoringMistakes."""
    with uncollected():
        return load(
            knowledge or (Path(settings.knowledge) if settings.knowledge else KNOWLEDGE),
            wording or (Path(settings.cards) if settings.cards else None),
            snomed_affiliate=settings.snomed_affiliate,
            concept_map=Path(settings.concept_map) if settings.concept_map else None,
        )


def refusing(read: Callable[[], T]) -> T:
    """What is read; its mistakes are printed one a line and end the command."""
    try:
        return read()
    except AuthoringMistakes as refused:
        for mistake in refused.mistakes:
            click.echo(str(mistake), err=True)
        count = len(refused.mistakes)
        counted = f"{count} mistake{'s' if count > 1 else ''}"
        raise click.ClickException(f"{counted} in knowledge, wording or the clients file") from refused


def service_of(settings: Settings, loaded: Loaded) -> Service:
    """The service for the one client that the settings describe."""
    return client_service(development_client(settings), settings, loaded)


def client_service(client: Client, settings: Settings, loaded: Loaded) -> Service:
    """The service as a client needs it."""
    try:
        return make_service(
            loaded,
            settings.public_url or f"http://{settings.host}:{settings.port}",
            profile=client.profile,
            null_means=client.null_means,
            never_served=client.never_served,
            assessment_extension=settings.assessment_extension,
            max_entries=settings.max_entries,
            app=client.smart is not None,
        )
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def development_client(settings: Settings) -> Client:
    """The one client that the settings describe."""
    return Client(
        id=DEVELOPMENT.client,
        profile=PROFILES[settings.client_profile],
        null_means=settings.null_means,
        never_served=settings.never_served,
        any_fhir_server=settings.development,
        smart=SmartRegistration(
            client_id=settings.smart_client_id, frame_ancestors=settings.smart_frame_ancestors
        )
        if settings.development and settings.smart_client_id
        else None,
    )


def fixture_services() -> Callable[[str], Service]:
    """The service of a client profile as fixtures expect it: every code table, otherwise default behaviour,
    whatever the environment says."""
    click.echo(SNOMED_NOTICE, err=True)
    return packaged_services()


@cache
def packaged() -> Loaded:
    """The packaged knowledge with every code table; loaded once in a process."""
    return loaded_by(Settings(snomed_affiliate=True))


@cache
def packaged_services() -> Callable[[str], Service]:
    """What `fixture_services` gives, without a word; made once in a process."""
    return services_by_profile(packaged())


def services_by_profile(loaded: Loaded) -> Callable[[str], Service]:
    """The service of each client profile over knowledge, otherwise default."""
    return cache(lambda profile: service_of(Settings(client_profile=profile), loaded))


def measured(calls: Sequence[Replayable], loaded: Loaded) -> Coverage:
    from ..replay.coverage import measure
    from ..replay.run import answers

    answered = answers(calls, services_by_profile(loaded))
    return measure(loaded, ((name, answer.assessment) for name, answer in answered))


def console() -> Console:
    """Plain text; wide enough for tables where the output is no terminal."""
    from rich.console import Console

    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=120)


def one_fixture(folder: Path) -> Fixture:
    from ..replay.fixture import FixtureError, read_fixture

    try:
        return read_fixture(folder)
    except FixtureError as error:
        raise click.ClickException(str(error)) from error

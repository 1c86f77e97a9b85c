"""The command line: serving, checking, patients, artefacts, clients' keys, what is kept, conformance of any service."""

from __future__ import annotations

import click

from .. import __version__
from ..conformance.command import conformance
from .checking import check, coverage
from .client_key import client_key
from .exporting import export
from .feedback import feedback
from .new_fixture import new_fixture
from .patients import explain, fixtures, show
from .population import population
from .replay import replay_command
from .serving import serve
from .store import store
from .synthesizing import synthesize


@click.group(context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """Sarcoma pathway CDS Hooks service."""


COMMANDS = (
    serve,
    check,
    coverage,
    replay_command,
    fixtures,
    new_fixture,
    explain,
    show,
    export,
    client_key,
    feedback,
    store,
    synthesize,
    population,
    conformance,
)
for command in COMMANDS:
    main.add_command(command)

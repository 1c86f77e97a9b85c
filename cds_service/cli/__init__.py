"""The command line: serve, check, coverage, replay, fixtures, explain, show, export, feedback, store,
client-key."""

from __future__ import annotations

import click

from .. import __version__
from .checking import check, coverage
from .client_key import client_key
from .exporting import export
from .feedback import feedback
from .replaying import explain, fixtures, replay_command, show
from .serving import serve
from .store import store


@click.group(context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """Sarcoma pathway CDS Hooks service."""


for command in (
    serve,
    check,
    coverage,
    replay_command,
    fixtures,
    explain,
    show,
    export,
    feedback,
    store,
    client_key,
):
    main.add_command(command)

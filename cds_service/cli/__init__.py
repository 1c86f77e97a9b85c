"""The command line: serve, check, coverage, replay, fixtures, explain, show, export, feedback, store."""

from __future__ import annotations

import click

from .. import __version__
from .check import check, coverage
from .export import export
from .feedback import feedback
from .replay import explain, fixtures, replay_command, show
from .serve import serve
from .store import store


@click.group(context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """Sarcoma pathway CDS Hooks service."""


for command in (serve, check, coverage, replay_command, fixtures, explain, show, export, feedback, store):
    main.add_command(command)

"""The command line: serving, checking, patients, artefacts, clients' keys, what is kept, conformance of any service."""

from __future__ import annotations

from importlib import import_module

import click

from .. import __version__
from .uncollected import uncollected

COMMANDS = {
    "serve": "serving:serve",
    "check": "checking:check",
    "coverage": "checking:coverage",
    "replay": "replay:replay_command",
    "fixtures": "patients:fixtures",
    "new-fixture": "new_fixture:new_fixture",
    "explain": "patients:explain",
    "show": "patients:show",
    "export": "exporting:export",
    "client-key": "client_key:client_key",
    "feedback": "feedback:feedback",
    "store": "store:store",
    "synthesize": "synthesizing:synthesize",
    "population": "population:population",
    "conformance": "conformance:conformance",
}
"""Where each command is."""


class _WhenAskedFor(click.Group):
    """Imports a command when it is asked for: `serve` starts without what only the others need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        with uncollected():
            command: click.Command = getattr(import_module(f".{module}", __name__), name)
        return command


@click.group(cls=_WhenAskedFor, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="cds-service")
def main() -> None:
    """Sarcoma pathway CDS Hooks service."""

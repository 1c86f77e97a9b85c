"""The command line, as its own help says it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cds_service.cli import main

PROGRAM = "cds-service"
WIDTH = 100
"""Columns of the terminal in which the help is shown."""


def commands() -> str:
    """Each command under a heading of its own, with the text that `--help` prints."""
    return "".join(f"## {name}\n\n```text\n{text}\n```\n\n" for name, text in helps())


def helps() -> Iterator[tuple[str, str]]:
    """Name and help of every command, the groups before their members."""
    yield from _below(
        main, click.Context(main, info_name=PROGRAM, terminal_width=WIDTH, **main.context_settings)
    )


def _below(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _below(member, click.Context(member, context, name, **member.context_settings))

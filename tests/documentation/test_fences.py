"""Every block of code in the pages is tried out, or says why not, and means what it says."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import click
import pytest
import yaml

from cds_service.cli import main
from cds_service.clients_file import read_clients

from .fences import CHECKOUT, Fence, fences

MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
SHELL = [fence for fence in fences() if fence.language in ("sh", "console")]
OPEN_TO_READING = {"", "text", "{toctree}"}


def named(fence: Fence) -> str:
    return fence.place


def clients_of(fence: Fence) -> bool:
    return fence.language == "yaml" and fence.text.startswith("clients:")


def secrets_of(fence: Fence) -> bool:
    return fence.language == "yaml" and fence.text.startswith("secrets:")


@pytest.mark.parametrize("fence", fences(), ids=named)
def test_a_block_is_tried_or_says_why_not(fence: Fence) -> None:
    if fence.page.name == "RUNBOOK.md":
        return  # it says itself what was run and what was not
    tried = fence.what in ("file", "service", "not run") or clients_of(fence) or secrets_of(fence)
    assert tried or fence.language == "console" or fence.language in OPEN_TO_READING


@pytest.mark.parametrize("fence", SHELL, ids=named)
def test_every_command_and_option_of_ours_exists(fence: Fence) -> None:
    for words in fence.commands():
        words = [word for word in words if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words and Path(words[0]).name == "cds-service":
            understood(words[1:])
        elif words and words[0] == "make":
            assert re.search(rf"^{words[1]}:", MAKEFILE, re.MULTILINE), words


def understood(words: list[str]) -> None:
    """Raises if the command line has no such command, or the command no such option."""
    command: click.Command = main
    context = click.Context(main, info_name="cds-service")
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        name = rest.pop(0)
        found = command.get_command(context, name)
        assert found is not None, words
        command = found
        context = click.Context(command, context, name)
    options = {opt for each in command.params if isinstance(each, click.Option) for opt in each.opts}
    stated = {word.split("=")[0] for word in rest if word.startswith("--")}
    assert stated <= options, words


@pytest.mark.parametrize("fence", list(filter(clients_of, fences())), ids=named)
def test_a_clients_file_is_sound(fence: Fence, tmp_path: Path) -> None:
    path = tmp_path / "clients.yaml"
    path.write_text(fence.text, encoding="utf-8")
    assert read_clients(path).by_id


def test_the_clients_files_show_trust_and_the_app() -> None:
    clients = [
        entry for fence in filter(clients_of, fences()) for entry in yaml.safe_load(fence.text)["clients"]
    ]
    assert {"north", "south"} <= {entry["id"] for entry in clients}
    assert any("smart" in entry for entry in clients)


@pytest.mark.parametrize("fence", list(filter(secrets_of, fences())), ids=named)
def test_a_file_of_secrets_has_their_form(fence: Fence) -> None:
    for secret in yaml.safe_load(fence.text)["secrets"]:
        assert secret.keys() == {"id", "from", "secret"}


@pytest.mark.parametrize("fence", [f for f in fences() if f.what == "file"], ids=named)
def test_a_file_has_the_form_of_its_kind(fence: Fence) -> None:
    assert fence.say
    match Path(fence.say).suffix:
        case ".json":
            json.loads(fence.text)
        case ".py":
            ast.parse(fence.text)
        case ".yaml":
            yaml.safe_load(fence.text)
        case other:
            assert other == ".diff"

"""The examples for others' CI are sound, and what they run does what they say."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cds_service.cli import main
from tests.shipped import FIXTURES

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
WORKFLOW = EXAMPLES / "github-actions.yml"
HOOKS = EXAMPLES / "pre-commit-config.yaml"


def read(path: Path) -> Any:
    # the base loader leaves `on` a word
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def commands() -> Iterator[list[str]]:
    """Every command of ours that an example runs."""
    for job in read(WORKFLOW)["jobs"].values():
        for step in job["steps"]:
            yield from (
                shlex.split(line) for line in step.get("run", "").splitlines() if "cds-service " in line
            )
    for repository in read(HOOKS)["repos"]:
        yield from (shlex.split(hook["entry"]) for hook in repository["hooks"])


def test_the_workflow_has_what_the_form_asks_for() -> None:
    workflow = read(WORKFLOW)
    assert {"pull_request", "push"} <= workflow["on"].keys()
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert "uses" not in step or "@v" in step["uses"], "an action is taken in a stated version"


def test_the_hooks_have_what_the_form_asks_for() -> None:
    for repository in read(HOOKS)["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert {"id", "name", "entry", "language"} <= hook.keys()


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_what_an_example_runs_passes_and_fails_as_it_should(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words[0] == "cds-service"
    folder = tmp_path / "fhir_fixtures" / "gist-progressive-limited"
    shutil.copytree(
        FIXTURES / "gist-progressive-limited" / "sunitinib-continued", folder / "sunitinib-continued"
    )
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, words[1:])
    assert result.exit_code == 0, result.output
    expected = folder / "sunitinib-continued" / "expected.yaml"
    expected.write_text(expected.read_text().replace("on-pathway", "caution"))
    assert CliRunner().invoke(main, words[1:]).exit_code == 1


def test_the_workflow_keeps_the_reports_that_it_writes() -> None:
    steps = [step for job in read(WORKFLOW)["jobs"].values() for step in job["steps"]]
    (kept,) = (step for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    (words,) = (words for words in commands() if "--junit" in words)
    assert set(kept["with"]["path"].split()) == {
        words[words.index("--junit") + 1],
        words[words.index("--html") + 1],
    }

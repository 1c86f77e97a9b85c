"""The exercise of CONTRIBUTING.md, done in a clone as it is written: a risk cell is changed, proven and shipped."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cds_service.digest import differs

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDE = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
KNOWLEDGE = "cds_service/knowledge"
COPY = "tests/pathway/recurrence-risk.csv"


def exercise(guide: str) -> dict[str, list[str]]:
    """The blocks of the exercise in their order, by language: `sh`, `yaml`, and "" for what is neither."""
    section = guide.partition("## Change a risk cell")[2].partition("\n## ")[0]
    blocks: dict[str, list[str]] = {}
    for language, text in re.findall(r"^ +```(\w*)\n(.*?)^ +```$", section, re.MULTILINE | re.DOTALL):
        blocks.setdefault(language, []).append(re.sub(r"^   ", "", text, flags=re.MULTILINE))
    return blocks


@dataclass(frozen=True)
class Clone:
    """A clone of this checkout, with a remote of its own and this Python under `.venv/bin/cds-service`."""

    folder: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(command)
        return subprocess.run(
            words,
            cwd=self.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(self.folder),
                "COLUMNS": "250",
                "CDS_SERVICE_SNOMED_AFFILIATE": "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def runs(self, command: str) -> str:
        done = self.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"
        return done.stdout

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def edit(self, name: str, pattern: str, becomes: str) -> None:
        """Change the one place of a file that the pattern finds."""
        text, places = re.subn(pattern, becomes, self.text(name), flags=re.MULTILINE)
        assert places == 1, f"{places} places in {name} look like {pattern}"
        (self.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    def git(*words: object, cwd: Path = tmp_path) -> None:
        subprocess.run(["git", *map(str, words)], cwd=cwd, check=True, capture_output=True)

    git("clone", "--quiet", "--bare", CHECKOUT, "remote.git")
    git("clone", "--quiet", "remote.git", "clone")
    made = Clone(tmp_path / "clone")
    for setting in ("user.name Somebody", "user.email somebody@example.org"):
        git("config", *setting.split(), cwd=made.folder)
    git("branch", "--force", "before", cwd=made.folder)
    program = made.folder / ".venv" / "bin" / "cds-service"
    program.parent.mkdir(parents=True)
    code = "from cds_service.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{code}" "$@"\n')
    program.chmod(0o755)
    return made


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_risk_cell_is_changed_and_shipped_with_its_proof_as_it_is_written(clone: Clone) -> None:
    blocks = exercise(clone.text("CONTRIBUTING.md"))
    branch, check, against, prove, sheet, ship = blocks["sh"]
    cell, version = blocks["yaml"]
    patients, row = blocks[""]
    add, commit, push = ship.splitlines()
    sites = patients.split()

    clone.runs(branch)
    anchors = re.escape("*elsewhere, *s5to10, *few")
    clone.edit(f"{KNOWLEDGE}/tables/gist.yaml", rf"(\[{anchors}\]}}\n) +then: moderate\n", rf"\g<1>{cell}")
    clone.edit(f"{KNOWLEDGE}/version.yaml", r"^version: .*\n", version)

    broken = clone.run(check)
    assert broken.returncode == 1
    assert set(re.findall(r"^([\w-]+/[\w-]+): ", broken.stdout, re.MULTILINE)) == {
        site.removeprefix("fhir_fixtures/") for site in sites
    }
    assert re.search(r"Where to look first:\n.*row recurrence-risk row 12 ", broken.stdout)

    # a clone of whatever was checked out may have no branch called main
    moved = clone.run(against.replace(" main", " before"))
    assert moved.returncode == 1
    assert re.search(
        r"^0 of \d+ calls are advised differently, \d+ more only in facts", moved.stdout, re.MULTILINE
    )
    assert re.findall(r"^table row: (.*?) \(", moved.stdout, re.MULTILINE) == ["recurrence-risk row 12"]

    for site in sites:
        expected = f"{site}/expected.yaml"
        clone.edit(expected, r"(recurrence-risk: \{.*)\bmoderate\b", r"\1high")
    stated = row.strip()
    clone.edit(COPY, rf"^{re.escape(','.join(stated.split(',')[:3]))},.*$", stated)
    clone.runs(prove)
    assert differs(clone.folder / KNOWLEDGE) is None

    clone.runs(sheet)
    assert list((clone.folder / ".run" / "review").glob("*.html"))
    second = f"{sys.executable} -m pytest -q -n 0 -p no:cacheprovider tests/pathway/test_recurrence_risk.py"
    clone.runs(second)

    clone.edit("CHANGELOG.md", r"\A(# Changelog\n)", r"\1\n- A line.\n")
    for command in (add, commit, push):
        clone.runs(command)
    assert clone.runs("git status --short") == ""
    assert clone.runs("git log --oneline origin/risk-cell -1") == clone.runs("git log --oneline -1")


def test_every_file_and_target_that_the_guide_names_exists() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", GUIDE, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for name, _, heading in re.findall(r"\]\(([^)#]+)(#([\w-]+))?\)", GUIDE):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-")
            for h in re.findall(r"^#+ (.+)$", text, re.M)
        }
        assert not heading or heading in headings, f"{name}#{heading}"
    for name in re.findall(r"`((?:cds_service|tests|\.ci|fhir_fixtures|cards)/[\w./-]*)`", GUIDE):
        assert (CHECKOUT / name).exists(), name
    for site in exercise(GUIDE)[""][0].split():
        assert (CHECKOUT / site / "expected.yaml").is_file(), site

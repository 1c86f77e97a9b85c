"""The workflows have the form that GitHub asks for, may do no more than they need, and run what this checkout has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

CHECKOUT = Path(__file__).resolve().parents[2]
GITHUB = CHECKOUT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CLASSIFIED = {
    classifier.rpartition(" ")[2]
    for classifier in PROJECT["classifiers"]
    if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", classifier)
}


def workflow(name: str) -> dict[str, Any]:
    # the base loader leaves `on` a word
    return yaml.load((GITHUB / "workflows" / name).read_text(encoding="utf-8"), yaml.BaseLoader)


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every job, with its workflow and its name."""
    for path in WORKFLOWS:
        for name, job in workflow(path.name)["jobs"].items():
            yield path.name, name, job


def steps() -> Iterator[dict[str, Any]]:
    for _, _, job in jobs():
        yield from job.get("steps", ())


def step(file: str, job: str, name: str) -> str:
    """What a named step runs."""
    (found,) = (s["run"] for s in workflow(file)["jobs"][job]["steps"] if s.get("name") == name)
    return found


def tool(name: str) -> str:
    """A program that is installed beside Python. Without it the test is skipped, which CI does not accept."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip(f"{name} is not installed (pip install -e '.[deploy]')")
    return found


def bash(script: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: each command has to succeed."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_python_that_is_named_is_tested() -> None:
    requires = SpecifierSet(PROJECT["requires-python"])

    assert {"3.11", "3.14"} <= CLASSIFIED
    assert all(version in requires for version in CLASSIFIED)
    assert set(workflow("tests.yml")["jobs"]["quick"]["strategy"]["matrix"]["python"]) == CLASSIFIED
    assert set(workflow("package.yml")["jobs"]["install"]["strategy"]["matrix"]["python"]) == CLASSIFIED


def test_every_dependency_has_a_bound_above_which_it_is_taken_on_purpose() -> None:
    asked = [
        *PROJECT["dependencies"],
        *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
    ]

    for requirement in map(Requirement, asked):
        own = requirement.name == PROJECT["name"]
        assert own or {spec.operator for spec in requirement.specifier} & {"<", "==", "~="}, str(requirement)


def test_an_action_is_taken_by_its_commit() -> None:
    taken = [s["uses"] for s in steps() if "uses" in s]

    assert taken
    for action in taken:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action


def test_every_job_may_do_only_what_it_states() -> None:
    writes = {}
    for path in WORKFLOWS:
        assert workflow(path.name)["permissions"] == {}, path.name
    for file, name, job in jobs():
        granted = job["permissions"]
        writes[file, name] = {what for what, access in granted.items() if access != "read"}

    assert {where: what for where, what in writes.items() if what} == {
        ("docs.yml", "publish"): {"pages", "id-token"},
        ("release.yml", "pypi"): {"id-token"},
        ("release.yml", "image"): {"packages"},
        ("release.yml", "notes"): {"contents"},
    }


def test_nothing_is_published_before_everything_has_passed() -> None:
    release = workflow("release.yml")["jobs"]

    assert workflow("release.yml")["on"] == {"push": {"tags": ["v*"]}}
    for published in ("pypi", "image"):
        assert set(release[published]["needs"]) == {"tests", "audit", "package"}
    assert set(release["notes"]["needs"]) == {"pypi", "image"}


def test_every_file_and_target_that_a_workflow_names_exists() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for run in (s["run"] for s in steps() if "run" in s):
        for target in re.findall(r"\bmake ([a-z-]+)", run):
            if " install " not in run:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for file in re.findall(r"(?<= )[.\w/-]+/[\w.-]+(?= |$)", run):
            if file.startswith((".github/", "deploy/", ".ci/", "frontend/")):
                assert (CHECKOUT / file).exists(), file
    for _, _, job in jobs():
        if job.get("uses"):
            assert (CHECKOUT / job["uses"]).is_file(), job["uses"]


def test_what_the_workflows_install_is_pinned_as_asked_for() -> None:
    asked = (GITHUB / "requirements.in").read_text(encoding="utf-8")
    pinned = (GITHUB / "requirements.txt").read_text(encoding="utf-8")

    for line in asked.splitlines():
        if not line.startswith("#"):
            requirement = Requirement(line)
            (version,) = re.findall(rf"^{requirement.name}==([^\s;]+)", pinned, re.MULTILINE)
            assert version in requirement.specifier
    for entry in re.split(r"\n(?=[a-z])", pinned)[1:]:
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize(
    ("tag", "heading", "released"),
    [
        ("v1.2.3", "## [1.2.3] - 2026-12-01", True),
        ("v1.2.4", "## [1.2.3] - 2026-12-01", False),
        ("v1.2.3", "## [1.2.3] - Unreleased", False),
        ("v1.2.3", "## [1x2x3] - 2026-12-01", False),
    ],
)
def test_a_tag_is_released_only_if_package_and_changelog_name_it(
    tag: str, heading: str, released: bool, tmp_path: Path
) -> None:
    (tmp_path / "cds_service").mkdir()
    (tmp_path / "cds_service" / "__init__.py").write_text('"""Words."""\n\n__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{heading}\n\n- words\n")
    script = step("release.yml", "version", "The package and the changelog name the version of the tag")

    assert (bash(script, tmp_path, GITHUB_REF_NAME=tag).returncode == 0) is released


def test_the_notes_are_the_section_of_the_changelog(tmp_path: Path) -> None:
    newer, older = "## [2.0.0] - 2027-01-01\n\nnew\n\n", "## [1.2.2] - 2026-11-01\n\nold\n"
    asked = "## [1.2.3] - 2026-12-01\n\n### Added\n\n- this\n\n"
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{newer}{asked}{older}")
    script = step("release.yml", "notes", "The section of the changelog")

    assert bash(script, tmp_path, GITHUB_REF_NAME="v1.2.3").returncode == 0
    assert (tmp_path / "notes.md").read_text().split() == ["###", "Added", "-", "this"]
    assert bash(script, tmp_path, GITHUB_REF_NAME="v3.0.0").returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_the_form_that_github_asks_for(path: Path) -> None:
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        checked = subprocess.run(
            [tool("check-jsonschema"), "--builtin-schema", schema, path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout


@pytest.mark.slow
def test_a_linter_finds_nothing_unsafe_in_the_workflows() -> None:
    linted = subprocess.run(
        [tool("zizmor"), "--offline", "--persona=pedantic", "--no-progress", GITHUB],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.slow
def test_the_linter_sees_an_unsafe_workflow(tmp_path: Path) -> None:
    unsafe = tmp_path / ".github" / "workflows" / "tests.yml"
    unsafe.parent.mkdir(parents=True)
    text = (GITHUB / "workflows" / "tests.yml").read_text(encoding="utf-8")
    unsafe.write_text(re.sub(r"@[0-9a-f]{40}", "@main", text), encoding="utf-8")

    linted = subprocess.run(
        [tool("zizmor"), "--offline", "--no-progress", tmp_path], capture_output=True, text=True, check=False
    )

    assert linted.returncode != 0
    assert "unpinned-uses" in linted.stdout


@pytest.mark.slow
def test_no_shell_in_a_workflow_has_a_known_mistake() -> None:
    for run in (s["run"] for s in steps() if "run" in s):
        checked = subprocess.run(
            [tool("shellcheck"), "--shell=bash", "-"], input=run, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, run + checked.stdout

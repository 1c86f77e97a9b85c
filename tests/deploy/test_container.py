"""The image, as far as it can be shown without a container engine: its steps done here, what they make run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .containerfile import Image, sent, steps
from .tools import CHECKOUT, DEPLOY, run

CONTAINER = DEPLOY / "container"
FILE = CONTAINER / "Containerfile"
LOCK = DEPLOY / "requirements.txt"


def locked(file: Path) -> dict[str, str]:
    """The packages of a lock file with their versions."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", file.read_text(encoding="utf-8"), re.MULTILINE))


def named(requirement: str) -> str:
    return re.sub(r"[._-]+", "-", Requirement(requirement).name).lower()


def pins(pinned: dict[str, str], requirement: str) -> bool:
    version = pinned.get(named(requirement))
    return version is not None and Requirement(requirement).specifier.contains(version)


def test_what_is_pinned_is_what_the_project_asks_for() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = locked(LOCK)

    for requirement in project["project"]["dependencies"]:
        assert pins(pinned, requirement), f"{requirement} is not what {LOCK.name} pins; run: make lock"


@pytest.mark.parametrize("file", [LOCK, CONTAINER / "build-requirements.txt"], ids=lambda file: file.name)
def test_every_pinned_package_has_its_hashes(file: Path) -> None:
    _, *entries = re.split(r"\n(?=[a-z])", file.read_text(encoding="utf-8"))

    assert len(entries) == len(locked(file)) > 20
    for entry in entries:
        assert "--hash=sha256:" in entry, entry


def test_what_builds_the_image_is_pinned_as_asked_for() -> None:
    lines = (CONTAINER / "build-requirements.in").read_text(encoding="utf-8").splitlines()
    asked = {line for line in lines if not line.startswith("#")}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = locked(CONTAINER / "build-requirements.txt")

    assert asked >= set(project["build-system"]["requires"])
    for requirement in asked:
        assert pins(pinned, requirement), f"{requirement} is not what is pinned; run: make lock"


def test_it_runs_as_nobody_in_particular_from_a_stated_base() -> None:
    read = steps(FILE)

    (base,) = (step.rest for step in read if step.word == "ARG")
    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.\d+-slim-\w+", base)
    assert [step.rest for step in read if step.word == "USER"] == ["10001:10001"]
    assert any(step.word == "HEALTHCHECK" for step in read)


@pytest.mark.slow
def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint is not installed (pip install -e '.[deploy]')")

    assert run(linter, "--config", CONTAINER / "hadolint.yaml", FILE) == ""


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Both stages done in a folder that others than its owner can read."""
    root = Path(tempfile.mkdtemp(prefix="image-"))
    root.chmod(0o755)
    try:
        venv.create(root / "base", with_pip=True)
        base = {"PATH": f"{root}/base/bin:/usr/local/bin:/usr/bin:/bin"}
        made = Image(root)
        made.build(FILE, CHECKOUT, sent(CHECKOUT, FILE.with_name(f"{FILE.name}.dockerignore")), base)
        yield made
    finally:
        shutil.rmtree(root)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_bill_of_materials_names_everything_in_it(image: Image) -> None:
    bill = json.loads((image.root / "opt" / "sarcoma-cds" / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {
        part["name"].lower().replace("_", "-").replace(".", "-"): part["version"]
        for part in bill["components"]
    }
    inside = "import importlib.metadata as m; print(*(d.name + '==' + d.version for d in m.distributions()), sep='\\n')"

    names = run(image.root / "opt" / "sarcoma-cds" / "bin" / "python", "-c", inside, cwd=image.root).split()

    found = {named(name): name.partition("==")[2] for name in names}
    ours = found.pop("sarcoma-pathway-cds")
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "sarcoma-pathway-cds"
    assert ours
    assert found.items() <= listed.items()
    # nothing that is not pinned, and no tools
    assert found.items() <= locked(LOCK).items()
    assert "pip" not in found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_serves_as_another_user_who_can_write_nothing_but_temporary_files(image: Image) -> None:
    temporary = image.root / "tmp"
    temporary.mkdir(mode=0o700)
    number = int(image.user.partition(":")[0])
    as_other = []
    if os.getuid() == 0:
        os.chown(temporary, number, number)
        as_other = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups", "--no-new-privs"]
    port = run(
        sys.executable,
        "-c",
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
    )
    environ = {
        **image.variables(),
        "CDS_SERVICE_HOST": "127.0.0.1",
        "CDS_SERVICE_PORT": port.strip(),
        "CDS_SERVICE_DEVELOPMENT": "true",
        "TMPDIR": str(temporary),
    }
    before = files(image.root / "opt")

    with (image.root / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_other, *image.entry, *image.command], cwd=temporary, env=environ, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 120
            while subprocess.run(
                [*as_other, *image.health], env=environ, capture_output=True, check=False
            ).returncode:
                assert process.poll() is None, (image.root / "log").read_text()
                assert time.monotonic() < deadline, (image.root / "log").read_text()
                time.sleep(0.3)
        finally:
            process.terminate()
            ended = process.wait(60)

    assert ended == 0
    assert files(image.root / "opt") == before
    # it is unhealthy once it is gone
    assert (
        subprocess.run([*as_other, *image.health], env=environ, capture_output=True, check=False).returncode
        != 0
    )


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))

"""The image is built and run by a container engine; the base alone is another one than a site takes."""

from __future__ import annotations

import json
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .engine import IMAGE, Engine, engine
from .tools import CHECKOUT, DEPLOY, free_port, run

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


def test_its_base_is_stated() -> None:
    (base,) = re.findall(r"^ARG (.*)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)

    assert re.fullmatch(r"BASE=docker\.io/library/python:3\.\d+-slim-\w+", base)


@pytest.mark.slow
def test_the_linter_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        pytest.skip("hadolint is not installed (pip install -e '.[deploy]')")

    assert run(linter, "--config", CONTAINER / "hadolint.yaml", FILE) == ""


@pytest.fixture(scope="module")
def built() -> Iterator[Engine]:
    """An engine that has built the image."""
    with engine() as found:
        found.make_base()
        found.build(FILE)
        yield found


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_its_bill_of_materials_names_everything_in_it(built: Engine) -> None:
    inside = "import importlib.metadata as m; print(*(d.name + '==' + d.version for d in m.distributions()), sep='\\n')"
    once = (
        "run",
        "--rm",
        "--network",
        "host",
        "--cgroupns",
        "host",
        "--no-healthcheck",
        "--ulimit",
        "nofile=1024:1024",
    )
    once = (*once, "--ulimit", "nproc=4096:4096")

    bill = json.loads(built(*once, "--entrypoint", "cat", IMAGE, "/opt/sarcoma-cds/sbom.cdx.json"))
    names = built(*once, "--entrypoint", "python", IMAGE, "-c", inside).split()

    listed = {re.sub(r"[._-]+", "-", part["name"]).lower(): part["version"] for part in bill["components"]}
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
@pytest.mark.timeout(1200)
def test_it_serves_unprivileged_on_a_read_only_file_system(built: Engine) -> None:
    health = json.loads(built("image", "inspect", IMAGE))[0]["Healthcheck"]["Test"]
    environ = {"CDS_SERVICE_HOST": "127.0.0.1", "CDS_SERVICE_PORT": str(free_port())}

    with built.running(CDS_SERVICE_DEVELOPMENT="true", **environ) as name:
        assert health[0] == "CMD"
        deadline = time.monotonic() + 120
        while True:
            try:
                built("exec", name, *health[1:])
                break
            except AssertionError:
                assert time.monotonic() < deadline, built("logs", name)
                time.sleep(0.5)
        assert built("exec", name, "id", "-u").strip() == "10001"
        assert "Read-only file system" in built.fails("exec", name, "touch", "/opt/sarcoma-cds/written")
        # it ends as it should when it is told to: within the time that calls under way have
        built("stop", "--time", "30", name)
        ended = json.loads(built("inspect", name))[0]["State"]
        assert (ended["ExitCode"], ended["OOMKilled"]) == (0, False)

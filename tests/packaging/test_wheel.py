"""What a site installs, the wheel or the sdist, works away from the checkout in a fresh environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from cds_service.conformance.requirement import requirements
from cds_service.digest import digest, recorded

CHECKOUT = Path(__file__).resolve().parents[2]
FIXTURES = CHECKOUT / "fhir_fixtures"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command away from the checkout's own environment; its output, or a failure that shows it."""
    outside = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=outside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = f"{' '.join(map(str, command))}\nexit {done.returncode}\n{done.stdout[-4000:]}"
    assert done.returncode == 0, said
    return done.stdout


def files_under(folder: Path, suffix: str = "") -> set[str]:
    """Paths below a folder of the checkout, relative to it, without what tools leave behind."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob(f"*{suffix}")
        if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)
    }


@dataclass(frozen=True)
class Distribution:
    """What `python -m build` made: the sdist of the checkout, and the wheel built from that sdist."""

    sdist: Path
    wheel: Path

    def sdist_files(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}

    def sdist_folder(self, where: Path) -> Path:
        """The sdist unpacked in a folder."""
        with tarfile.open(self.sdist) as archive:
            archive.extractall(where, filter="data")
        (source,) = where.glob("sarcoma*/")
        return source

    def wheel_files(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, CHECKOUT, cwd=out)
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return Distribution(sdist, wheel)


def refused_build(source: Path, where: Path, **environ: str) -> str:
    """What a build of a wheel says that is refused; fails if there is a wheel all the same."""
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", where / "dist", source],
        cwd=where,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert built.returncode != 0, built.stdout
    assert not list((where / "dist").glob("*.whl"))
    return built.stdout


def fresh_environment(folder: Path) -> Path:
    """Makes a virtual environment with nothing but pip in it; the folder of its programs."""
    venv.create(folder, with_pip=True)
    return folder / "bin"


def check_and_replay(programs: Path, cwd: Path) -> None:
    service = programs / "cds-service"
    run(service, "check", cwd=cwd)
    run(service, "replay", FIXTURES, cwd=cwd)


@pytest.fixture(scope="module")
def site(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and what it depends on, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    programs = fresh_environment(folder / "venv")
    run(programs / "python", "-m", "pip", "install", "--quiet", distribution.wheel, cwd=folder)
    return programs


def test_the_wheel_holds_the_package_its_knowledge_and_its_wording(distribution: Distribution) -> None:
    files = distribution.wheel_files()
    package = {f"cds_service/{f}" for f in files_under(CHECKOUT / "cds_service")}
    knowledge = {f for f in package if f.startswith("cds_service/knowledge/") and f.endswith(".yaml")}
    wording = {f"cds_service/_wording/{f}" for f in files_under(CHECKOUT / "cards", ".md")}

    assert knowledge
    assert wording
    assert not (package | wording) - files
    assert "cds_service/conformance/requirements.csv" in files


def test_the_wheel_carries_the_digest_of_the_checked_knowledge(
    distribution: Distribution, tmp_path: Path
) -> None:
    with zipfile.ZipFile(distribution.wheel) as archive:
        archive.extractall(tmp_path)
    knowledge = tmp_path / "cds_service" / "knowledge"

    assert recorded(knowledge) == digest(knowledge) == digest(CHECKOUT / "cds_service" / "knowledge")


def test_a_wheel_of_unchecked_knowledge_is_not_built(distribution: Distribution, tmp_path: Path) -> None:
    source = distribution.sdist_folder(tmp_path)
    options = source / "cds_service" / "knowledge" / "options.yaml"
    options.write_text(options.read_text(encoding="utf-8") + "# one more line\n", encoding="utf-8")

    told = refused_build(source, tmp_path)

    assert "is not the one that was checked" in told
    assert "check --write" in told


def test_the_wheel_carries_the_layout_library_with_its_licence_and_the_sdist_does_not(
    distribution: Distribution,
) -> None:
    with zipfile.ZipFile(distribution.wheel) as archive:
        library = archive.read("cds_service/map/dagre/dagre.min.js").decode()
        licences = [archive.read(f"cds_service/map/dagre/LICENSE{of}").decode() for of in ("", "-graphlib")]

    assert "rankdir" in library
    assert all("Permission is hereby granted, free of charge" in licence for licence in licences)
    assert not [name for name in distribution.sdist_files() if name.endswith("dagre.min.js")]


def test_two_builds_give_the_same_wheel(distribution: Distribution, tmp_path: Path) -> None:
    source = distribution.sdist_folder(tmp_path)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, source, cwd=tmp_path)
    (again,) = tmp_path.glob("*.whl")

    assert again.read_bytes() == distribution.wheel.read_bytes()


def test_a_build_that_does_not_reach_npm_says_what_to_do(distribution: Distribution, tmp_path: Path) -> None:
    unreachable = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
    source = distribution.sdist_folder(tmp_path)
    told = refused_build(source, tmp_path, npm_config_cache=str(tmp_path / "cache"), **unreachable)

    assert "could not be installed from npm" in told
    assert "npm_config_registry" in told


def test_the_wheel_holds_nothing_else(distribution: Distribution) -> None:
    tops = {name.partition("/")[0] for name in distribution.wheel_files()}

    assert "cds_service" in tops
    assert all(top == "cds_service" or top.endswith(".dist-info") for top in tops), tops


def test_the_wheel_carries_the_licence_and_the_notice(distribution: Distribution) -> None:
    licences = {name.rpartition("/")[2] for name in distribution.wheel_files() if "/licenses/" in name}

    assert licences == {"LICENSE", "NOTICE"}


def test_the_sdist_holds_all_that_is_needed_to_build_and_test(distribution: Distribution) -> None:
    files = distribution.sdist_files()
    folders = (
        ".ci",
        ".github",
        "cds_service",
        "cards",
        "deploy",
        "docs",
        "fhir_fixtures",
        "frontend",
        "tests",
    )
    expected = {f"{folder}/{f}" for folder in folders for f in files_under(CHECKOUT / folder)}
    expected |= {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "NOTICE",
        "pyproject.toml",
        "Makefile",
        "hatch_build.py",
    }

    assert not expected - files


@pytest.mark.parametrize("form", ["wheel", "sdist"])
def test_what_is_installed_checks_and_replays_away_from_the_checkout(
    form: str, distribution: Distribution, site: Path, tmp_path: Path
) -> None:
    file = getattr(distribution, form)
    python = site / "python"
    # what it depends on is there already; an sdist is built by pip itself, in an environment of its own
    run(python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", file, cwd=tmp_path)

    where = run(python, "-c", "import cds_service; print(cds_service.__file__)", cwd=tmp_path)

    assert Path(where.strip()).is_relative_to(site.parent)
    assert file.name in run(python, "-m", "pip", "freeze", cwd=tmp_path)
    check_and_replay(site, cwd=tmp_path)
    run(site / "cds-service", "export", "map", "--pathway", "gist", "--output", "map", cwd=tmp_path)
    assert (tmp_path / "map" / "gist.svg").is_file()
    run(python, "-m", "pip", "check", cwd=tmp_path)


def test_an_installed_wheel_checks_other_services_with_its_extra(
    distribution: Distribution, site: Path, tmp_path: Path
) -> None:
    asked = [site / "cds-service", "conformance", "http://127.0.0.1:9"]
    count = "from cds_service.conformance.requirement import requirements; print(len(requirements()))"

    without = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    extra = f"{distribution.wheel}[conformance]"
    run(site / "python", "-m", "pip", "install", "--quiet", extra, cwd=tmp_path)
    with_it = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert int(run(site / "python", "-c", count, cwd=tmp_path)) == len(requirements())
    assert (without.returncode, with_it.returncode) == (2, 2)
    assert "[conformance]" in without.stderr
    assert "gave no answer" in with_it.stderr


def test_an_editable_install_checks_and_replays_away_from_the_checkout(tmp_path: Path) -> None:
    programs = fresh_environment(tmp_path / "venv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(programs / "python", "-m", "pip", "install", "--quiet", "--editable", CHECKOUT, cwd=elsewhere)

    where = run(programs / "python", "-c", "import cds_service; print(cds_service.__file__)", cwd=elsewhere)

    assert Path(where.strip()).is_relative_to(CHECKOUT)
    check_and_replay(programs, cwd=elsewhere)

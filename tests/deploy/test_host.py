"""The units of a plain host are what systemd takes, and as closed as they say; the settings are known ones."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from cds_service.settings import Settings

from .tools import DEPLOY, program, run

HOST = DEPLOY / "host"
UNITS = ("sarcoma-cds.service", "sarcoma-cds-purge.service", "sarcoma-cds-purge.timer")
COMMAND = "/opt/sarcoma-cds/bin/cds-service"
MOST_EXPOSURE = 2.0  # of 10, as systemd-analyze rates: up to here it says OK


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with the program that they start where it is on this machine."""
    for name in UNITS:
        text = (HOST / name).read_text(encoding="utf-8")
        assert name.endswith(".timer") or COMMAND in text
        (tmp_path / name).write_text(text.replace(COMMAND, sys.executable), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    analyze = program("systemd-analyze", "systemd")

    told = run(analyze, "verify", "--man=no", *(units / name for name in UNITS), cwd=units)

    # what is said of other units of the machine is not about ours
    assert "sarcoma-cds" not in told


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_unit_gives_the_service_no_more_of_the_machine_than_it_needs(name: str, units: Path) -> None:
    analyze = program("systemd-analyze", "systemd")

    told = run(analyze, "security", "--offline=yes", units / name, cwd=units)

    (exposure,) = re.findall(rf"Overall exposure level for {name}: ([0-9.]+)", told)
    assert float(exposure) <= MOST_EXPOSURE


def test_the_timer_starts_the_purge() -> None:
    timer, purge = (HOST / f"sarcoma-cds-purge.{kind}" for kind in ("timer", "service"))

    assert timer.stem == purge.stem  # by which systemd pairs them
    assert re.search(r"^OnCalendar=\*-\*-\* ", timer.read_text(encoding="utf-8"), re.MULTILINE)
    assert f"ExecStart={COMMAND} store purge\n" in purge.read_text(encoding="utf-8")


def test_every_setting_of_the_environment_file_is_one_and_may_have_its_value() -> None:
    lines = (HOST / "environment").read_text(encoding="utf-8").splitlines()
    stated = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?CDS_SERVICE_", line))

    settings = Settings.from_environment(stated)

    assert len(stated) > 5
    for name in stated:
        assert hasattr(settings, name.removeprefix("CDS_SERVICE_").lower()), name
    assert settings.host == "127.0.0.1", "the gateway is the only one who should reach it"


def test_shell_scripts_are_sound() -> None:
    checker = Path(sys.executable).with_name("shellcheck")
    if not checker.exists():
        pytest.skip("shellcheck is not installed (pip install -e '.[deploy]')")
    scripts = sorted(DEPLOY.rglob("*.sh"))

    assert scripts
    run(checker, *scripts)
    assert shutil.which("bash")

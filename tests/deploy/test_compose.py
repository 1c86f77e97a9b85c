"""The compose file is of the published form, names files that are there, and sets what the service knows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_service.settings import Settings

from .tools import DEPLOY, run

FOLDER = DEPLOY / "compose"
FILE = FOLDER / "compose.yaml"
SITE = {"CDS_PUBLIC_URL": "https://cds.example.org", "STORE_PASSWORD": "0af1"}
OF_THE_SITE = {"./etc", "./tls/tls.crt", "./tls/tls.key"}


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
    return found


@pytest.mark.slow
def test_it_is_of_the_form_that_compose_publishes() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    if not checker.exists():
        pytest.skip("check-jsonschema is not installed (pip install -e '.[deploy]')")

    assert "ok -- validation done" in run(checker, "--builtin-schema", "vendor.compose-spec", FILE)


def test_every_file_that_it_mounts_is_there_or_the_sites_own() -> None:
    mounted = [
        volume.split(":")[0] for service in services().values() for volume in service.get("volumes", ())
    ]
    files = {name for name in mounted if name.startswith(".")}

    assert files >= OF_THE_SITE
    for name in files - OF_THE_SITE:
        assert (FOLDER / name).is_file(), name


def test_what_it_builds_the_image_from_is_there() -> None:
    build = services()["service"]["build"]

    assert (FOLDER / build["context"] / build["dockerfile"]).is_file()


def test_it_states_only_settings_that_the_service_has() -> None:
    for name in ("service", "upgrade", "purge"):
        stated = services()[name]["environment"]
        filled = {
            variable: re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: SITE[found[1]], value)
            for variable, value in stated.items()
        }
        settings = Settings.from_environment(filled)
        assert settings.public_url == SITE["CDS_PUBLIC_URL"]
        assert settings.store_url == "postgresql://sarcoma_cds:0af1@store/sarcoma_cds"
        for variable in stated:
            assert hasattr(settings, variable.removeprefix("CDS_SERVICE_").lower()), variable


def test_every_variable_that_it_needs_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{(\w+):\?", FILE.read_text(encoding="utf-8")))
    example = (FOLDER / "env.example").read_text(encoding="utf-8")

    assert used
    assert used <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    # no password is shipped that somebody would leave as it is
    assert re.findall(r"^\w*PASSWORD=(.*)$", example, re.MULTILINE) == ["", ""]


def test_two_replicas_run_unprivileged_on_a_read_only_file_system() -> None:
    service = services()["service"]

    assert service["deploy"]["replicas"] == 2
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "ports" not in service, "the gateway alone is reached from outside"
    assert services()["store"].keys().isdisjoint({"ports"})


def test_images_of_others_are_taken_in_a_stated_version() -> None:
    for name, service in services().items():
        assert re.search(r":v?\d", service["image"]) or service["image"].startswith("sarcoma-"), name


def test_the_gateway_finds_its_files_where_its_configuration_names_them() -> None:
    gateway = services()["gateway"]
    targets = {volume.split(":")[1] for volume in gateway["volumes"]}
    named = re.findall(
        r"/etc/cds-gateway/[\w.]+", (DEPLOY / "gateway" / "cds-service.conf").read_text(encoding="utf-8")
    )

    assert len(set(named)) == 4
    assert set(named) <= targets
    assert any("/run" in place.split(":")[0] for place in gateway["tmpfs"])

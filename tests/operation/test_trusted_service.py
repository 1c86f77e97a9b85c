"""The service as a site runs it, with a clients file; our own commands sign their calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

from .running import CHECKOUT, Running, running, until

EXAMPLE = CHECKOUT / "fhir_fixtures" / "gist-unresectable" / "d842v-imatinib"

CLIENTS = """\
clients:
  - id: north
    issuers: [https://north.example.org]
    key-file: public.jwks.json
"""


@dataclass(frozen=True)
class Site:
    """A running service and the folder with its clients file and the clients' keys."""

    service: Running
    folder: Path

    def command(self, name: str, *options: str) -> Result:
        arguments = [name, str(EXAMPLE), "--url", self.service.url, *options]
        return CliRunner(env={"COLUMNS": "250"}).invoke(main, arguments)

    def signed(self, name: str, issuer: str = "https://north.example.org") -> Result:
        return self.command(name, "--key-file", str(self.folder / "private.jwk.json"), "--issuer", issuer)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    assert CliRunner().invoke(main, ["client-key", "new", str(folder)]).exit_code == 0
    (folder / "clients.yaml").write_text(CLIENTS, encoding="utf-8")
    options = ("--clients", str(folder / "clients.yaml"))
    with running(folder, *options, workers=1, development=False) as service:
        yield Site(service, folder)


def test_show_and_replay_sign_their_calls(site: Site) -> None:
    shown = site.signed("show")
    assert shown.exit_code == 0, shown.output
    assert "D842V" in shown.output
    assert site.signed("replay").exit_code == 0
    assert {line["client"] for line in site.service.logged("call") if "client" in line} == {"north"}


def test_a_call_without_a_signature_is_refused(site: Site) -> None:
    refused = site.command("show")
    assert refused.exit_code == 1
    assert "The call has no token" in refused.output


def test_a_new_client_is_taken_over_on_reload(site: Site) -> None:
    added = "https://north.example.org/second"
    assert site.signed("show", added).exit_code == 1
    file = site.folder / "clients.yaml"
    file.write_text(CLIENTS.replace("example.org]", f"example.org, {added}]"), encoding="utf-8")
    site.service.reload()
    until(lambda: site.signed("show", added).exit_code == 0, site.service)


def test_a_service_that_asks_for_signed_calls_can_be_checked_for_conformance(site: Site) -> None:
    key = ("--key-file", str(site.folder / "private.jwk.json"), "--issuer", "https://north.example.org")
    signed = CliRunner().invoke(main, ["conformance", site.service.url, *key])
    assert signed.exit_code == 0, signed.output
    assert " 0 fail" in signed.output
    unsigned = CliRunner().invoke(main, ["conformance", site.service.url])
    assert signed.output.count("\npass ") > unsigned.output.count("\npass ")

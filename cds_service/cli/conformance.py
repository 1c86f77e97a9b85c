"""The command: cds-service conformance URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec

import click
from requests.auth import AuthBase

from ..conformance.exchange import Target
from ..conformance.report import as_json, as_text
from .client_key import signing_options

CANNOT = 2


@click.command()
@click.argument("url")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("--service", "services", multiple=True, help="A service id to call [default: all].")
@click.option("--header", "headers", multiple=True, help="A header for every request: 'Name: value'.")
@click.option(
    "--origin", help="A browser's origin that should be let in, for instance https://ehr.example.org."
)
@click.option("--timeout", type=float, default=10, show_default=True, help="Seconds to wait for an answer.")
@click.option("--strict", is_flag=True, help="Exit with 1 for what SHOULD be or is implied, too.")
@signing_options
def conformance(
    url: str,
    form: str,
    services: Sequence[str],
    headers: Sequence[str],
    origin: str | None,
    timeout: float,
    strict: bool,
    signed: AuthBase | None,
) -> None:
    """Check the CDS Hooks service at URL, anybody's, against CDS Hooks 3.0.

    URL is the base address, below which /cds-services is. The service is called about synthetic patients and
    is sent feedback on its cards, so leave the services of a live system alone. Prints the ledger of requirements.

    Exit code: 0 if nothing seen breaks a SHALL, 1 if something does, 2 if the service cannot be called.
    """
    if find_spec("fhirpathpy") is None:
        _stop("This command needs an extra: pip install 'sarcoma-pathway-cds[conformance]'")
    from ..conformance.suite import Suite, Unreachable  # only with the extra

    target = Target(url, dict(_header(text) for text in headers), timeout, signed)
    suite = Suite(target, datetime.now(UTC).date(), frozenset(services), origin)
    try:
        ledger = suite.run()
    except Unreachable as problem:
        _stop(str(problem))
    if form == "json":
        click.echo(as_json(ledger, target.base))
    else:
        for line in as_text(ledger):
            click.echo(line)
        for entry in suite.passed_over:
            click.echo(f"not called: {entry.id} on {entry.hook}, a hook for which there is no sample")
    failed = not (ledger.flawless if strict else ledger.conforms)
    raise SystemExit(1 if failed else 0)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter("write a header as 'Name: value'", param_hint="--header")
    return name.strip(), value.strip()


def _stop(problem: str) -> None:
    click.echo(problem, err=True)
    raise SystemExit(CANNOT)

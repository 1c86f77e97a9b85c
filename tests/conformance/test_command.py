"""cds-service conformance URL: what it prints, and its exit code."""

from __future__ import annotations

import json
import socket

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.conformance.requirement import requirements

from .foreign import SERVICE, ForeignService, served

ONE_HOOK = ("patient-view",)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["conformance", *arguments])


def checked(service: ForeignService, *options: str) -> Result:
    with served(service) as url:
        return command(url, *options)


def test_our_own_service_conforms(running: str) -> None:
    result = command(running, "--timeout", "30")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    for requirement in requirements():
        named = [line for line in lines if requirement.id in line.split() and line.endswith(requirement.says)]
        assert len(named) == 1, requirement.id
        (line,) = named
        assert requirement.level in line
    assert "0 fail" in lines[-1]


def test_a_broken_shall_is_exit_code_1_and_says_where() -> None:
    service = ForeignService(ONE_HOOK)
    service.card.update(summary="x" * 140)
    result = checked(service)
    assert result.exit_code == 1
    place = next(n for n, line in enumerate(result.output.splitlines()) if line.startswith("FAIL"))
    said, why = result.output.splitlines()[place : place + 2]
    assert "card.summary" in said
    assert "cards[0].summary" in why
    assert "patient-view" in why


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_what_only_should_be_counts_with_strict(options: tuple[str, ...], code: int) -> None:
    service = ForeignService(ONE_HOOK)
    service.entries[0].pop("title")
    result = checked(service, *options)
    assert result.exit_code == code
    assert any(line.startswith("FAIL") and "discovery.title" in line for line in result.output.splitlines())


def test_the_ledger_as_json() -> None:
    with served(ForeignService(ONE_HOOK)) as url:
        result = command(f"{url}/cds-services", "--format", "json")
    document = json.loads(result.output)
    assert result.exit_code == 0
    assert document["url"] == url
    assert document["conforms"] is True
    assert [row["id"] for row in document["requirements"]] == [r.id for r in requirements()]
    assert sum(document["counts"].values()) == len(requirements())
    statuses = {row["id"]: row["status"] for row in document["requirements"]}
    assert statuses["card.summary"] == "pass"
    assert statuses["order-sign.context"] == "not run"
    assert statuses["jwt.none"] == "not testable from outside"


def test_a_hook_without_a_sample_is_passed_over_and_said() -> None:
    service = ForeignService(ONE_HOOK)
    service.entries.append({**service.entries[0], "hook": "encounter-start"})
    result = checked(service)
    assert result.exit_code == 0, result.output
    assert f"not called: {SERVICE} on encounter-start" in result.output


def test_a_service_that_asks_who_calls_is_called_with_the_header() -> None:
    service = ForeignService(ONE_HOOK)
    service.wants_token = "t0k3n"
    refused = checked(service)
    assert refused.exit_code == 2
    assert "--header" in refused.output
    let_in = checked(service, "--header", "Authorization: Bearer t0k3n")
    assert let_in.exit_code == 0, let_in.output
    assert "t0k3n" not in let_in.output


def test_an_origin_that_should_be_let_in_is_asked_for() -> None:
    service = ForeignService(ONE_HOOK)
    service.preflight = {}
    asked = "https://ehr.example.org"
    closed = checked(service, "--strict")
    assert closed.exit_code == 0, closed.output
    wrong = checked(service, "--strict", "--origin", asked)
    assert wrong.exit_code == 1
    assert asked in wrong.output


def test_one_service_can_be_chosen() -> None:
    service = ForeignService(ONE_HOOK)
    service.entries.append({**service.entries[0], "id": "another"})
    assert checked(service).exit_code == 1  # nothing is at the other's address
    assert checked(service, "--service", SERVICE).exit_code == 0
    assert checked(service, "--service", "none-such").exit_code == 2


def test_nobody_there_is_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        result = command(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 2
    assert "no answer" in result.output


@pytest.mark.parametrize("header", ["Authorization", ": x"])
def test_a_header_without_a_name_or_value_is_refused(header: str) -> None:
    result = command("http://127.0.0.1:1", "--header", header)
    assert result.exit_code == 2
    assert "Name: value" in result.output


def test_an_address_that_is_none_is_exit_code_2() -> None:
    assert command("not-an-address").exit_code == 2

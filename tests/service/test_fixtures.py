"""The hand-written patients in `fhir_fixtures/`, in this process, against a running service, and by command."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from rich.console import Console

from cds_service.cli import main
from cds_service.loading import KNOWLEDGE
from cds_service.replay.compare import differences
from cds_service.replay.fixture import Fixture
from cds_service.replay.run import in_process
from cds_service.replay.show import show_explanation
from tests.shipped import patients, service

from ..operation.running import CHECKOUT
from ..operation.running import running as running_process
from .soundness import assert_sound

FIXTURES = CHECKOUT / "fhir_fixtures"
FOUND = patients()
EXAMPLE = FIXTURES / "gist-unresectable" / "d842v-imatinib"
TRIALS = FIXTURES / "trials"
LITTLE_KNOWN = TRIALS / "undetermined-little-recorded-sunitinib"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `cds-service serve --development` as a process of its own, with every code table."""
    with running_process(tmp_path_factory.mktemp("service"), workers=1) as service:
        yield service.url


def command(*arguments: object) -> Result:
    """`cds-service` with these arguments, on a wide terminal so that no table breaks its words."""
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, [str(a) for a in arguments])


def copy_of(fixture: Path, folder: Path) -> Path:
    copied = folder / fixture.name
    shutil.copytree(fixture, copied)
    return copied


def test_there_are_at_least_twenty_fixtures() -> None:
    assert len(FOUND) >= 20


@pytest.mark.parametrize("fixture", FOUND, ids=lambda f: f.name)
def test_a_fixture_is_answered_as_the_sources_say(fixture: Fixture) -> None:
    status, answer = in_process(service)(fixture)
    assert differences(fixture.expected, status, answer) == []
    if status == 200:
        assert_sound(answer, fixture.call(service(fixture.profile).prefetch))


def test_a_trial_is_answered_alike_years_later_unless_the_fixture_says_otherwise() -> None:
    """Against a running service the real date counts."""
    later = {"today": date(2029, 6, 1)}
    found = [f for f in FOUND if f.name.startswith("trials/")]
    assert {f.only_today for f in found} == {True, False}
    for fixture in found:
        if not fixture.only_today:
            moved = replace(fixture, expected={**fixture.expected, **later})
            status, answer = in_process(service)(moved)
            assert differences(moved.expected, status, answer) == [], fixture.name


@pytest.mark.parametrize(
    "folder", [TRIALS, pytest.param(FIXTURES, marks=pytest.mark.slow)], ids=lambda f: f.name
)
def test_replay_exits_0_when_all_is_as_expected(folder: Path) -> None:
    result = command("replay", folder)
    assert result.exit_code == 0, result.output
    count = sum(1 for f in FOUND if f.folder.is_relative_to(folder))
    assert f"{count} of {count} fixtures as expected" in result.output


@pytest.mark.slow
def test_replay_against_a_running_service_exits_0(running: str) -> None:
    result = command("replay", "--url", running, FIXTURES)
    assert result.exit_code == 0, result.output
    default = sum(1 for f in FOUND if f.profile == "default" and not f.only_today)
    assert f"{default} of {default} fixtures as expected" in result.output


def test_replay_says_what_differs_and_exits_1(tmp_path: Path) -> None:
    expected = copy_of(EXAMPLE, tmp_path) / "expected.yaml"
    text = expected.read_text()
    assert "verdict: contraindicated" in text
    expected.write_text(text.replace("verdict: contraindicated", "verdict: on-pathway"))
    result = command("replay", tmp_path)
    assert result.exit_code == 1
    told = next(line for line in result.output.splitlines() if "MedicationRequest/rx-1" in line)
    assert "on-pathway" in told
    assert "contraindicated" in told
    assert EXAMPLE.name in result.output
    assert "0 of 1 fixtures as expected" in result.output


def test_a_misspelt_expectation_is_a_difference(tmp_path: Path) -> None:
    expected = copy_of(EXAMPLE, tmp_path) / "expected.yaml"
    expected.write_text(expected.read_text().replace("placement:", "placment:"))
    result = command("replay", tmp_path)
    assert result.exit_code == 1
    assert "placment" in result.output


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("eligibility: undetermined", "eligibility: eligible", "eligibility"),
        ("      - asa-class\n", "", "unknown"),
        ("failed: []", "failed: [asa-class]", "failed"),
        ("NCT03862768", "NCT03862769", "NCT03862768"),
    ],
)
def test_replay_says_what_differs_of_a_trial(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    expected = copy_of(LITTLE_KNOWN, tmp_path) / "expected.yaml"
    text = expected.read_text()
    assert right in text
    expected.write_text(text.replace(right, wrong))
    result = command("replay", tmp_path)
    assert result.exit_code == 1
    assert any("trial" in line and told in line for line in result.output.splitlines()), result.output


def test_explain_prints_each_criterion_of_a_trial() -> None:
    result = command("explain", LITTLE_KNOWN)
    assert result.exit_code == 0, result.output
    rows = rows_of(result.output)
    assert "asa-class|unknown|asa-class" in rows
    assert "age-years|met|" in rows
    assert "NCT03862768: undetermined" in result.output


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("patient.json", "{"),
        ("patient.json", "[]"),
        ("patient.json", '{"resourceType": "Bundle", "entry": [{"resource": {"id": "no-type"}}]}'),
        ("request.json", '{"hook": "patient-view"}'),
        ("request.json", "null"),
        ("expected.yaml", "title: no day"),
        ("expected.yaml", "a: [b"),
        ("patient.json", None),
        ("request.json", None),
    ],
)
def test_replay_of_an_unreadable_fixture_names_the_file_and_exits_2(
    tmp_path: Path, file: str, content: str | None
) -> None:
    path = copy_of(EXAMPLE, tmp_path) / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    result = command("replay", tmp_path)
    assert result.exit_code == 2, (result.output, result.exception)
    assert file in result.output


def test_replay_of_a_folder_without_fixtures_exits_2(tmp_path: Path) -> None:
    assert command("replay", tmp_path).exit_code == 2


def test_replay_against_nobody_exits_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        result = command("replay", "--url", f"http://127.0.0.1:{taken.getsockname()[1]}", EXAMPLE)
    assert result.exit_code == 2


def rows_of(printed: str) -> list[str]:
    """The rows of printed tables, without spaces; a row that runs on in the next line is one row."""
    rows: list[list[str]] = []
    for line in printed.splitlines():
        if not line.startswith("│"):
            continue
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if cells[0] or not rows:
            rows.append(cells)
        else:
            rows[-1] = [one + more for one, more in zip(rows[-1], cells, strict=True)]
    return ["|".join(cells).replace(" ", "") for cells in rows]


def test_explain_prints_facts_with_provenance_tables_and_verdicts() -> None:
    result = command("explain", EXAMPLE)
    assert result.exit_code == 0, result.output
    rows = rows_of(result.output)

    def row(*words: str) -> bool:
        return any(all(word in text for word in words) for text in rows)

    assert row("tumour-size-cm", "known", "9", "Observation/size-1", "2026-08-20")
    assert row("genotype", "known", "Observation/variant-1", "2026-09-04")
    assert row("resectability", "unresectable", "Observation/fact-resectability", "2026-10-20")
    assert row("imatinib-sensitivity", "met", "insensitive")
    assert row("MedicationRequest/rx-1", "imatinib", "contraindicated")
    assert "patient groups: gist-unresectable" in result.output


def test_explain_says_what_is_missing() -> None:
    result = command("explain", FIXTURES / "gist-resectable-minimal-morbidity" / "mitoses-missing-imatinib")
    assert result.exit_code == 0, result.output
    assert "missing: mitoses-per-50-hpf" in result.output


def test_explain_says_that_an_answer_was_refused() -> None:
    result = command("explain", FIXTURES / "prefetch" / "conditions-failed")
    assert "HTTP 412" in result.output


def test_show_prints_the_cards_as_a_clinician_sees_them() -> None:
    result = command("show", EXAMPLE)
    assert result.exit_code == 0, result.output
    assert "CRITICAL" in result.output
    assert "contraindicated" in result.output
    assert "avapritinib" in result.output.lower()
    assert "(recommended)" in result.output


def test_show_asks_a_running_service(running: str) -> None:
    result = command("show", EXAMPLE, "--url", running)
    assert result.exit_code == 0, result.output
    assert "CRITICAL" in result.output


def test_show_of_a_refusal_prints_the_outcome_and_exits_1() -> None:
    result = command("show", FIXTURES / "prefetch" / "conditions-failed")
    assert result.exit_code == 1
    assert "412" in result.output
    assert "conditions" in result.output


def test_the_running_service_says_that_it_is_in_development_mode(running: str) -> None:
    services = requests.get(f"{running}/cds-services", timeout=10).json()["services"]
    assert {s["hook"] for s in services} == {"order-select", "order-sign", "patient-view"}
    assert {s["id"] for s in services} == {"sarcoma-pathway"}
    assert {s["version"] for s in services} == {"3.0.0"}
    assert all("development" in s["description"].lower() for s in services)
    assert all(s["title"] and s["usageRequirements"] and s["prefetch"]["conditions"] for s in services)


GROUPS = sorted(path.stem for path in (KNOWLEDGE / "pathways").glob("*.yaml"))


@pytest.mark.parametrize("group", GROUPS)
def test_explain_prints_every_option_of_a_group_with_what_its_sources_say(group: str) -> None:
    """For each patient group a patient who is placed there."""
    here = (f for f in FOUND if f.expected.get("patientGroups") == [group] and not f.expected.get("status"))
    fixture = max(here, key=lambda f: len(f.expected.get("options", ())))
    asked = service(fixture.profile)
    printed = StringIO()
    show_explanation(fixture, asked, Console(file=printed, width=400, highlight=False))
    text = printed.getvalue()
    rows = rows_of(text[text.index("Options") :].partition("Verdicts")[0])
    treated_as = fixture.expected.get("treatedAs", ())
    offers = [offer for name in (group, *treated_as) for offer in asked.knowledge.groups[name].offers]
    assert rows
    for row in rows:
        option, line, *_ = row.split("|")
        cited = {
            f"{c.source},{c.section}:{c.says}".replace(" ", "")
            for offer in offers
            if (offer.option, f"{offer.role or ''}{offer.line}") == (option, line)
            for c in offer.citations
        }
        assert cited
        assert all(citation in row for citation in cited), row
    assert {o["option"] for o in fixture.expected.get("options", ())} <= {
        row.partition("|")[0] for row in rows
    }

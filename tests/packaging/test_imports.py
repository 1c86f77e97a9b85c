"""The rooms import one another only as the contracts in pyproject.toml allow, and the contracts bite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter over the package in `tree`, with the contracts of the pyproject.toml there."""
    program = Path(sys.executable).with_name("lint-imports")
    assert program.exists(), "import-linter is missing: pip install -e '.[test]'"
    return subprocess.run(
        [program, "--no-cache"],
        cwd=tree,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rooms_keep_their_contracts() -> None:
    linted = lint_imports(CHECKOUT)

    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("case/fact", "fhir", "case.fact and case.vocabulary import nothing else of ours"),
        ("case/fact", "case.vocabulary", "case.fact and case.vocabulary import nothing else of ours"),
        ("case/vocabulary", "settings", "case.fact and case.vocabulary import nothing else of ours"),
        ("case/intruder", "fhir", "below the service, only case.extract imports fhir"),
        ("case/intruder", "pathway", "case imports neither pathway nor cards nor http"),
        ("cli/ground", "fhir", "below the service, only case.extract imports fhir"),
        ("fhir/intruder", "case.settle", "fhir imports neither pathway, cards nor http"),
        ("pathway/intruder", "case.extract", "pathway imports only case.fact and case.vocabulary"),
        ("pathway/intruder", "cards", "pathway imports only case.fact and case.vocabulary"),
        ("cards/intruder", "case.extract", "cards imports only pathway, case.fact and case.vocabulary"),
        (
            "cards/intruder",
            "http",
            "few see the wire: only the importers allowed here import http",
        ),
        ("http/intruder", "case.fact", "http imports none of case, pathway, cards, fhir, service"),
        ("http/intruder", "service", "http imports none of case, pathway, cards, fhir, service"),
        ("conformance/intruder", "service", "conformance imports nothing else of ours but replay.fixture"),
        ("conformance/intruder", "http.wire", "conformance imports nothing else of ours but replay.fixture"),
        ("fhir/intruder", "service", "case, fhir, pathway and cards import none of the modules at the top"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    tmp_path: Path, importer: str, imported: str, contract: str
) -> None:
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    shutil.copytree(
        CHECKOUT / "cds_service", tmp_path / "cds_service", ignore=shutil.ignore_patterns("__pycache__")
    )
    with (tmp_path / "cds_service" / f"{importer}.py").open("a") as module:
        module.write(f"\nimport cds_service.{imported}\n")

    linted = lint_imports(tmp_path)

    assert linted.returncode != 0, linted.stdout
    assert f"{contract} BROKEN" in linted.stdout, linted.stdout + linted.stderr

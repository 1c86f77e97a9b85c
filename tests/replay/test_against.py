"""`replay --against`: whose advice another version moves, and what is written differently there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.replay.changes import changed_statements
from cds_service.replay.moves import moves
from cds_service.replay.statements import Statement
from cds_service.replay.version import PACKAGE, VersionError, other_version
from tests.shipped import FIXTURES, patients

from ..knowledge.authoring import Copy

GASTRIC = FIXTURES / "risk" / "gastric-51-mm-5-mitoses"
UNMOVED = FIXTURES / "gist-unresectable" / "braf-v600e-dabrafenib-alone"
ONLY_A_FACT = FIXTURES / "genotype" / "d842v-p-one-letter"
CELL = (
    "tables/gist.yaml",
    "up-to: 10}, *few]}\n        then: low",
    "up-to: 10}, *few]}\n        then: moderate",
)
ROW = "recurrence-risk row 4"


def against(other: object, *arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(
        main, ["replay", "--against", str(other), *map(str, arguments)]
    )


def checkout(root: Path) -> Copy:
    """The package and the wording, as a checkout has them, with `knowledge/` in its place."""
    shutil.copytree(PACKAGE, root / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "_wording"))
    shutil.copytree(PACKAGE.parent / "cards", root / "cards")
    return Copy(root)


def test_a_changed_risk_cell_names_the_patients_whose_advice_moves_and_the_row(tmp_path: Path) -> None:
    knowledge = Copy.make(tmp_path)
    file, now, then = CELL
    line = knowledge.replace(f"knowledge/{file}", now, then) - 1
    result = against(tmp_path / "knowledge", GASTRIC, UNMOVED, ONLY_A_FACT, "--json", tmp_path / "moved.json")
    assert result.exit_code == 1, result.output
    assert "1 of 3 calls are advised differently, 1 more only in facts or words" in result.output
    assert f"table row: {ROW} (knowledge/{file}:" in result.output
    assert "then: moderate" in result.output
    assert GASTRIC.name in result.output
    assert UNMOVED.name not in result.output
    moved = json.loads((tmp_path / "moved.json").read_text())
    (cause,) = moved["causes"]
    assert (cause["kind"], cause["address"]) == ("table row", ROW)
    assert abs(cause["line"] - line) <= 1
    one, other = moved["moved"]
    assert (other["name"], other["advice"]) == (ONLY_A_FACT.name, False)
    assert one["name"] == GASTRIC.name
    assert one["advice"] is True
    by_name = {(move["kind"], move["name"]): (move["before"], move["after"]) for move in one["moves"]}
    before, after = by_name["verdict", "MedicationRequest/rx-1"]
    assert (before["verdict"], after["verdict"]) == ("on-pathway", "off-pathway")
    assert by_name["option", "observation adjuvant consider"] == (None, "met")
    assert by_name["card", "offpathwayimatinib"] == (None, [["warning"]])


@pytest.mark.slow
def test_a_commit_may_be_named(tmp_path: Path) -> None:
    """In a checkout of its own: what HEAD~1 said of a risk cell."""
    copy = checkout(tmp_path / "checkout")

    def git(*words: str) -> None:
        named = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *named, *words], cwd=copy.root, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "before")
    file, now, then = CELL
    copy.replace(f"{PACKAGE.name}/knowledge/{file}", now, then)
    git("commit", "--quiet", "-am", "another cell")
    program = "import sys; from cds_service.cli import main; sys.argv[0] = 'cds-service'; main()"
    command = [sys.executable, "-c", program, "replay", "--against", "HEAD~1", str(GASTRIC)]
    result = subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert f"table row: {ROW} " in result.stdout
    assert "HEAD~1" in result.stdout
    assert "off-pathway} → {option: imatinib, verdict: on-pathway}" in result.stdout


@pytest.mark.slow
def test_each_kind_of_cause_is_told_apart(tmp_path: Path) -> None:
    """One installed version in which a row, an option, a rule, a mapping and a wording are others."""
    copy = checkout(tmp_path / "site-packages")
    knowledge = f"{PACKAGE.name}/knowledge"
    file, now, then = CELL
    copy.replace(f"{knowledge}/{file}", now, then)
    copy.replace(
        f"{knowledge}/orders/gist.yaml", "{fact: heart-failure, is: true}", "{fact: coagulopathy, is: true}"
    )
    offer = "offer: gist.unresectable.imatinib\n    option: imatinib\n    line: "
    copy.replace(f"{knowledge}/pathways/gist-unresectable.yaml", f"{offer}first", f"{offer}secondary")
    capsule = (
        '    - {system: rxnorm, code: "2105645", display: "larotrectinib 100 MG Oral Capsule [Vitrakvi]"}\n'
    )
    copy.replace(f"{knowledge}/value_sets/drugs.yaml", capsule, "")
    entrectinib = "  drug.entrectinib:\n"
    copy.replace(f"{knowledge}/value_sets/drugs.yaml", entrectinib, entrectinib + capsule)
    copy.replace("cards/templates/contraindicated.md", "**Why:**", "**Because:**")
    folders = {
        "table row": GASTRIC,
        "option": FIXTURES / "gist-unresectable" / "responding-imatinib",
        "rule": FIXTURES / "gist-resectable-minimal-morbidity" / "heart-failure-imatinib",
        "mapping": FIXTURES / "gist-unresectable" / "ntrk-fusion-larotrectinib",
        "wording": FIXTURES / "gist-resectable-minimal-morbidity" / "d842v-high-risk-imatinib",
    }
    page, report = tmp_path / "moved.html", tmp_path / "moved.json"
    result = against(copy.root, *folders.values(), "--json", report, "--html", page)
    assert result.exit_code == 1, result.output
    found = json.loads(report.read_text())
    kinds = {one["name"]: {found["causes"][n]["kind"] for n in one["causes"]} for one in found["moved"]}
    assert kinds == {folder.name: {kind} for kind, folder in folders.items()}
    assert {(cause["kind"], cause["address"]) for cause in found["causes"]} == {
        ("table row", ROW),
        ("option", "gist.unresectable.imatinib"),
        ("rule", "gist imatinib > imatinib.heart-failure"),
        ("mapping", "drug.larotrectinib"),
        ("mapping", "drug.entrectinib"),
        ("wording", "templates/contraindicated.md"),
    }
    assert all(folder.name in page.read_text() for folder in folders.values())
    assert "**Because:**" in page.read_text()
    assert "<td>warning</td>" in page.read_text(), "a card's indicator stands alone"


@pytest.mark.slow
def test_nothing_moves_against_the_same_knowledge() -> None:
    result = against(PACKAGE / "knowledge", GASTRIC)
    assert result.exit_code == 0, result.output
    assert "0 of 1 calls are advised differently, 0 more only in facts or words" in result.output


def test_what_cannot_be_asked_exits_2_and_says_why(tmp_path: Path) -> None:
    for other in ("no-such-commit", tmp_path, "--output=x"):
        result = CliRunner().invoke(main, ["replay", f"--against={other}", str(GASTRIC)])
        assert result.exit_code == 2, result.output
        assert str(other) in result.output
    knowledge = Copy.make(tmp_path / "broken")
    knowledge.replace("knowledge/tables/gist.yaml", "then: very-low", "then: very-lowly")
    result = against(tmp_path / "broken" / "knowledge", GASTRIC)
    assert result.exit_code == 2
    assert "very-lowly" in result.output


def test_other_reports_are_not_mixed_in() -> None:
    assert against("HEAD", GASTRIC, "--update").exit_code == 2
    assert CliRunner().invoke(main, ["replay", "--json", "x", str(GASTRIC)]).exit_code == 2


def test_a_folder_without_a_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VersionError, match="neither a folder of knowledge"), other_version(str(tmp_path)):
        pass


def row(number: int, then: str, limit: int) -> Statement:
    tree = {"fact": "tumour-size-cm", "above": limit}
    content = {"when": tree, "then": then}
    return Statement(
        f"risk row {number}", "row", tree, "tables/x.yaml", number, derives="risk", content=content
    )


def test_a_row_that_only_stands_elsewhere_is_no_change() -> None:
    old = [row(1, "low", 2), row(2, "high", 5)]
    new = [row(1, "none", 1), row(2, "low", 2), row(3, "moderate", 5)]
    found = [(c.old and c.old.line, c.new and c.new.line) for c in changed_statements(old, new)]
    assert found == [(2, 1), (None, 3)]


def test_an_answer_that_is_refused_now_has_moved() -> None:
    answer: dict[str, Any] = {"cards": []}
    (move,) = moves((200, answer), (412, {"resourceType": "OperationOutcome"}))
    assert (move.kind, move.before, move.after) == ("status", 200, 412)
    assert moves((200, answer), (200, answer)) == []


def test_the_patients_named_here_are_there() -> None:
    assert {GASTRIC, UNMOVED} <= {patient.folder for patient in patients()}

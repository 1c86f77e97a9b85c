"""Whom another version advises differently in a whole population."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .exports import by_patient, evaluated, synthesized

# each comparison is of two whole runs
pytestmark = pytest.mark.slow

PATIENTS = 60
ROW = "      - when: {all: [*elsewhere, *s2to5, *few]}\n        then: low\n"
KNOWLEDGE = Path("cds_service/knowledge")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return synthesized(tmp_path_factory.mktemp("export"), PATIENTS)


@pytest.fixture(scope="module")
def before(export, tmp_path_factory):
    folder = tmp_path_factory.mktemp("before") / "run"
    assert evaluated(export, folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def after(export, before, tmp_path_factory):
    """A run by another version, in which a risk cell says high instead of low; and what it told."""
    root = tmp_path_factory.mktemp("after")
    shutil.copytree(KNOWLEDGE, root / "knowledge")
    table = root / "knowledge" / "tables" / "gist.yaml"
    text = table.read_text()
    assert text.count(ROW) == 1
    table.write_text(text.replace(ROW, ROW.replace("low", "high")))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CDS_SERVICE_KNOWLEDGE", str(root / "knowledge"))
        run = evaluated(export, root / "run", "--against", str(before))
    assert run.exit_code == 0, run.output
    return root / "run", run.output


def _advice(assessment: dict) -> dict:
    """What is advised, without the facts that it rests on and what evidence bears them."""
    options = {(o["option"], o.get("role"), o.get("line")): o["state"] for o in assessment.get("options", ())}
    verdicts = {o["order"]: (o.get("option"), o["verdict"]) for o in assessment.get("orders", ())}
    trials = {t["trial"]: (t["eligibility"], t.get("unknown")) for t in assessment.get("trials", ())}
    missing = [m["fact"] for m in assessment.get("missing", ())]
    return {"groups": assessment.get("patientGroups"), **options, **verdicts, **trials, "missing": missing}


def _lines(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "moved.ndjson").open()]


def test_those_whose_advice_moves_are_named(before, after):
    run, told = after
    old, new = by_patient(before), by_patient(run)
    expected = {p for p in old if _advice(old[p]["assessment"]) != _advice(new[p]["assessment"])}
    assert expected and len(expected) < PATIENTS
    assert {line["patient"] for line in _lines(run) if line["advice"]} == expected
    assert f"{len(expected)} of {PATIENTS} patients are advised differently" in told
    assert json.loads((run / "moved.json").read_text())["advisedDifferently"] == len(expected)


def test_what_moved_is_counted(after):
    run, told = after
    moves = json.loads((run / "moved.json").read_text())["moves"]
    facts = Counter(m["name"] for line in _lines(run) for m in line["moves"] if m["kind"] == "fact")
    assert facts["recurrence-risk"]
    for name, count in facts.items():
        assert count == sum(m["patients"] for m in moves if (m["kind"], m["name"]) == ("fact", name))
    assert "fact recurrence-risk: {known: low} → {known: high}" in told


def test_the_same_version_moves_nobody_and_a_finished_run_is_not_repeated(export, before, tmp_path):
    shutil.copytree(before, tmp_path / "again")
    run = evaluated(export, tmp_path / "again", "--against", str(before))
    assert run.exit_code == 0, run.output
    assert (
        "nothing was done" in run.output and f"0 of {PATIENTS} patients are advised differently" in run.output
    )
    assert _lines(tmp_path / "again") == []


def test_a_run_over_another_export_is_no_comparison(before, tmp_path):
    other = synthesized(tmp_path / "other", 3)
    run = evaluated(other, tmp_path / "after", "--against", str(before))
    assert run.exit_code == 1
    assert "another files" in run.output and not (tmp_path / "after" / "done").exists()
    assert "not be the version's doing" in run.output


def test_a_folder_without_a_finished_run_is_refused(export, tmp_path):
    (tmp_path / "empty").mkdir()
    run = evaluated(export, tmp_path / "after", "--against", str(tmp_path / "empty"))
    assert run.exit_code == 1 and "holds no finished run" in run.output


def test_a_patient_of_whom_one_version_says_nothing_is_named(export, before, tmp_path):
    refused = tmp_path / "refused"
    shutil.copytree(before, refused)
    path = next(p for p in sorted((refused / "parquet").iterdir()) if pq.read_metadata(p).num_rows)
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0] |= {"assessment": None, "refused": "too-costly"}
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    run = evaluated(export, refused, "--against", str(before))
    assert run.exit_code == 0, run.output
    (line,) = _lines(refused)
    assert line["patient"] == rows[0]["patient"] and line["advice"]
    moved = {"kind": "status", "name": "status", "before": "assessed", "after": "refused: too-costly"}
    assert line["moves"] == [moved]

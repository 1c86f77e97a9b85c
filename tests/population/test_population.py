"""A population from its export to the summary: the same findings however the export is cut, packed and interrupted."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .exports import arguments, by_patient, evaluated, findings, synthesized, write_lines

PATIENTS = 40
COMMAND = [sys.executable, "-c", "from cds_service.cli import main; main()"]
SUBJECT = {"reference": "Patient/p1"}
GIST = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": SUBJECT,
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "420120006"}]},
    "onsetDateTime": "2026-01-10",
}
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-02-03"}


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return synthesized(tmp_path_factory.mktemp("export"), PATIENTS)


@pytest.fixture(scope="module")
def output(export, tmp_path_factory):
    folder = tmp_path_factory.mktemp("found") / "run"
    run = evaluated(export, folder)
    assert run.exit_code == 0, run.output
    assert f"{PATIENTS} patients evaluated (0 refused, 0 failed), 0 of" in run.output
    return folder


def one_patient(folder: Path, **files: list) -> Path:
    """An export of one patient with GIST; `files` by type beside Patient and Condition."""
    content = {"Patient": [PATIENT], "Condition": [GIST], **files}
    for kind, resources in content.items():
        write_lines(folder / f"{kind}.ndjson", resources)
    return folder


def test_everyone_is_found_once_in_both_forms(output):
    assessments = by_patient(output)
    assert set(assessments) == {f"pat-{number:05d}" for number in range(PATIENTS)}
    rows = pq.ParquetDataset(output / "parquet").read().to_pylist()
    assert len(rows) == PATIENTS
    for row in rows:
        assert json.loads(row["assessment"]) == assessments[row["patient"]]["assessment"]


def test_the_summary_counts_what_the_assessments_say(output):
    summary = json.loads((output / "summary.json").read_text())
    found = [told["assessment"] for told in by_patient(output).values()]
    counts = summary["counts"]
    assert summary["patients"] == PATIENTS
    assert counts["diseases"] == Counter(one["disease"] for one in found)
    placed = Counter(one["patientGroups"][0] for one in found if one["placement"] == "placed")
    assert counts["groups"] == placed
    assert counts["missing"] == Counter(m["fact"] for one in found for m in one.get("missing", ()))
    verdicts = Counter(order["verdict"] for one in found for order in one.get("orders", ()))
    assert verdicts and counts["verdicts"] == verdicts
    trials = Counter(f"{t['trial']}: {t['eligibility']}" for one in found for t in one.get("trials", ()))
    assert trials and counts["trials"] == trials
    assert sum(counts["risks"].values()) == counts["diseases"]["gist"]
    assert sum(counts["stages"].values()) == counts["diseases"]["sts"]
    assert sum(counts["genotypes"].values()) >= counts["diseases"]["gist"]


def test_the_page_has_a_plot_for_each_count_and_names_nobody(output):
    page = (output / "summary.html").read_text()
    assert page.count("<svg") == page.count("<h2>") >= 8
    assert "pat-000" not in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "")


def test_nothing_is_left_of_the_work(output):
    assert not (output / "work").exists()
    assert not list(output.rglob("*unfinished*"))


@pytest.mark.slow
def test_scattered_over_many_zipped_files_it_is_the_same_population(export, output, tmp_path):
    order = random.Random(1)
    for file in export.iterdir():
        lines = file.read_bytes().splitlines(keepends=True)
        order.shuffle(lines)
        for part in range(3):
            path = tmp_path / "split" / f"{part}.{file.name}.gz"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(gzip.compress(b"".join(lines[part::3])))
    again = tmp_path / "again"
    assert evaluated(tmp_path / "split", again).exit_code == 0
    assert findings(again) == findings(output)


@pytest.mark.slow
@pytest.mark.parametrize("columns", ["text", "members"])
def test_parquet_holds_the_same_population(export, output, tmp_path, columns):
    folder = tmp_path / "parquet"
    folder.mkdir()
    for file in export.iterdir():
        resources = [json.loads(line) for line in file.open()]
        if columns == "text" or not resources:
            table = pa.table({"resource": pa.array([json.dumps(r) for r in resources], pa.string())})
        else:
            # a column for each member that any resource has, as others write it
            names = sorted({name for resource in resources for name in resource})
            table = pa.table({name: [r.get(name) for r in resources] for name in names})
        pq.write_table(table, folder / f"{file.stem}.parquet")
    again = tmp_path / "again"
    assert evaluated(folder, again).exit_code == 0
    assert findings(again) == findings(output)


def test_unusable_lines_are_told_with_file_line_and_reason_and_the_run_goes_on(export, output, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    for file in export.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    lines = (folder / "Condition.ndjson").read_bytes().splitlines()
    about = json.loads(lines[0])["subject"]["reference"].rpartition("/")[2]
    broken = [
        b'{"resourceType":"Condition","id":"x","subject":{"reference":"Patient/' + about.encode() + b'"},',
        b'{"resourceType":"Condition","id":"x","code":{"text":"\xff"}}',
        b'{"resourceType":"Condition","id":"x"}',
        b'{"id":"x"}',
        b"[" * 100_000,
    ]
    (folder / "Condition.ndjson").write_bytes(b"\n".join([lines[0], *broken, b"", *lines[1:]]) + b"\n")
    again = tmp_path / "again"
    run = evaluated(folder, again)
    assert run.exit_code == 0, run.output
    assert (
        f"5 of {sum(1 for f in folder.iterdir() for line in f.open('rb') if line.strip())} lines"
        in run.output
    )
    rejects = [json.loads(line) for line in (again / "rejects.ndjson").open()]
    assert [(r["file"], r["line"]) for r in rejects] == [("Condition.ndjson", n) for n in range(2, 7)]
    reasons = [r["reason"] for r in rejects]
    assert "truncated" in reasons[0]
    assert reasons[1].startswith("not UTF-8 (byte ")
    assert reasons[2] == "a Condition whose subject names no Patient"
    assert "resourceType" in reasons[3]
    assert reasons[4]
    # whose Condition was lost, of him nothing is said as if there were none
    found, before = by_patient(again), by_patient(output)
    lost = found.pop(about)
    assert lost.get("refused") == "incomplete" or "conditions" in lost["assessment"]["failedQueries"]
    before.pop(about)
    assert found == before


@pytest.mark.slow
def test_a_type_without_a_file_was_not_looked_for_and_an_empty_file_holds_none(tmp_path):
    thin = one_patient(tmp_path / "thin")
    assert evaluated(thin, tmp_path / "a").exit_code == 0
    failed = by_patient(tmp_path / "a")["p1"]["assessment"]["failedQueries"]
    assert "medication-statements" in failed
    write_lines(thin / "MedicationStatement.ndjson", [])
    assert evaluated(thin, tmp_path / "b").exit_code == 0
    assert "medication-statements" not in by_patient(tmp_path / "b")["p1"]["assessment"]["failedQueries"]
    assert evaluated(thin, tmp_path / "c", "--complete").exit_code == 0
    assert "failedQueries" not in by_patient(tmp_path / "c")["p1"]["assessment"]


@pytest.mark.slow
def test_a_drug_that_stands_in_a_file_of_its_own_is_found(tmp_path):
    statement = {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "subject": SUBJECT,
        "status": "active",
        "medicationReference": {"reference": "Medication/drug-7"},
        "effectivePeriod": {"start": "2026-03-01"},
    }
    code = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "282388"}]}
    drug = {"resourceType": "Medication", "id": "drug-7", "code": code}
    export = one_patient(tmp_path / "e", MedicationStatement=[statement], Medication=[drug])
    assert evaluated(export, tmp_path / "o", "--complete").exit_code == 0
    facts = {f["fact"]: f for f in by_patient(tmp_path / "o")["p1"]["assessment"]["facts"]}
    assert facts["current-therapy"]["value"] == ["imatinib"]


def test_without_conditions_nothing_is_begun(tmp_path):
    write_lines(tmp_path / "e" / "Patient.ndjson", [PATIENT])
    run = evaluated(tmp_path / "e", tmp_path / "o")
    assert run.exit_code == 1
    assert "no file of Condition" in run.output


@pytest.mark.slow
def test_a_damaged_file_ends_the_run(tmp_path):
    export = one_patient(tmp_path / "e")
    whole = gzip.compress(b"".join(json.dumps({**GIST, "id": f"c{n}"}).encode() + b"\n" for n in range(500)))
    (export / "2.Condition.ndjson.gz").write_bytes(whole[:-40])
    run = evaluated(export, tmp_path / "o")
    assert run.exit_code == 1
    assert "2.Condition.ndjson.gz: its compressed content ends early or is damaged" in run.output


@pytest.mark.slow
def test_a_folder_holds_one_run(export, output, tmp_path):
    run = evaluated(export, output, "--today", "2026-11-03")
    assert run.exit_code == 1
    assert "holds a run with another today" in run.output
    left = output / "work" / "staged" / "0.ndjson"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("the run was ended while it removed this")
    run = evaluated(export, output)
    assert run.exit_code == 0
    assert "is finished; nothing was done" in run.output
    assert not (output / "work").exists()
    busy = tmp_path / "busy"
    busy.mkdir()
    with (busy / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = evaluated(export, busy)
    assert run.exit_code == 1
    assert "another run is under way" in run.output


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _until(true, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_where_there_is_no_terminal_nothing_but_the_result_is_told(export, tmp_path):
    run = subprocess.run([*COMMAND, *arguments(export, tmp_path / "run")], capture_output=True, text=True)
    assert run.stdout.startswith(f"{PATIENTS} patients evaluated") and run.stdout.count("\n") == 1
    assert run.stderr == ""


def killed_halfway(export: Path, folder: Path, partitions: int, *more: str) -> dict[Path, int]:
    """Start a run, kill it when a few partitions are finished; their marks and when they were made."""
    call = arguments(export, folder, "--partitions", str(partitions), *more)
    started = subprocess.Popen([*COMMAND, *call], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = folder / "done"
    _until(lambda: done.is_dir() and len(list(done.glob("*.json"))) >= 3)
    workers = _children(started.pid)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    _until(lambda: not any(Path(f"/proc/{worker}/cmdline").exists() for worker in workers))
    marks = {mark: mark.stat().st_mtime_ns for mark in done.glob("*.json")}
    assert 3 <= len(marks) < partitions
    assert not (folder / "summary.json").exists()
    return marks


@pytest.mark.slow
def test_killed_halfway_it_goes_on_where_it_was(tmp_path):
    export = synthesized(tmp_path / "export", 160)
    marks = killed_halfway(export, tmp_path / "killed", 30)
    written = {file: file.stat().st_mtime_ns for file in (tmp_path / "killed" / "ndjson").glob("*.ndjson")}
    run = evaluated(export, tmp_path / "killed", "--partitions", "30")
    assert run.exit_code == 0, run.output
    for mark, made in marks.items():
        assert mark.stat().st_mtime_ns == made
        lines = tmp_path / "killed" / "ndjson" / f"{mark.stem}.ndjson"
        assert lines.stat().st_mtime_ns == written[lines]
    assert evaluated(export, tmp_path / "whole", "--partitions", "30").exit_code == 0
    assert findings(tmp_path / "killed") == findings(tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob("*unfinished*"))

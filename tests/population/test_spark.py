"""Apache Spark finds what DuckDB finds, to the byte, and goes on where a run was killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import UNDER_CI
from .exports import arguments, evaluated, findings, synthesized
from .test_population import PATIENT, killed_halfway, write_lines

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SUBMITTED = "from cds_service.cli import main\n\nmain()\n"


@pytest.fixture(scope="module", autouse=True)
def spark() -> Path:
    """The folder of Spark's own commands."""
    try:
        import pyspark
    except ModuleNotFoundError:
        if UNDER_CI:
            raise
        pytest.skip("needs pip install -e '.[spark]': make clients")
    if shutil.which("java") is None and not UNDER_CI:
        pytest.skip("needs Java (Debian: apt-get install default-jre-headless)")
    return Path(pyspark.__file__).parent / "bin"


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Patients, a drug in a file of its own, and lines that cannot be used."""
    folder = synthesized(tmp_path_factory.mktemp("export"), 60, "--gzip")
    drug = {"resourceType": "Medication", "id": "drug-7", "code": {"text": "imatinib"}}
    taken = {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "status": "active",
        "subject": {"reference": "Patient/pat-00003"},
        "medicationReference": {"reference": "Medication/drug-7"},
    }
    write_lines(folder / "more.ndjson", [drug, taken, '{"resourceType": "Procedure", "subject": {', PATIENT])
    write_lines(folder / "Procedure.2.ndjson", ['{"subject": {"reference": "Patient/pat-00005"}'])
    return folder


@pytest.fixture(scope="module")
def by_duckdb(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("found") / "duckdb"
    assert evaluated(export, folder, "--partitions", "12").exit_code == 0
    return folder


def spark_run(command: list[str], export: Path, folder: Path) -> str:
    call = arguments(export, folder, "--partitions", "12", "--engine", "spark")
    # spark-submit starts the Python of the site's choice, here that of the tests
    chosen = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    run = subprocess.run([*command, *call], capture_output=True, text=True, check=False, env=chosen)
    assert run.returncode == 0, (run.stdout + run.stderr)[-3000:]
    return run.stdout


def test_it_finds_the_same_to_the_byte(export: Path, by_duckdb: Path, tmp_path: Path) -> None:
    told = spark_run([sys.executable, "-c", SUBMITTED], export, tmp_path)
    assert "61 patients evaluated" in told
    assert findings(tmp_path) == findings(by_duckdb)
    assert (tmp_path / "rejects.ndjson").read_bytes() == (by_duckdb / "rejects.ndjson").read_bytes()
    assert len((tmp_path / "rejects.ndjson").read_text().splitlines()) == 2
    for rows in (by_duckdb / "parquet").iterdir():
        assert (tmp_path / "parquet" / rows.name).read_bytes() == rows.read_bytes()


def test_what_duckdb_began_spark_ends(export: Path, by_duckdb: Path, tmp_path: Path) -> None:
    marks = killed_halfway(export, tmp_path, 12)
    spark_run([sys.executable, "-c", SUBMITTED], export, tmp_path)
    assert {mark: mark.stat().st_mtime_ns for mark in marks} == marks
    assert findings(tmp_path) == findings(by_duckdb)


def test_it_can_be_submitted(export: Path, by_duckdb: Path, tmp_path: Path, spark: Path) -> None:
    script = tmp_path / "population.py"
    script.write_text(SUBMITTED)
    submit = [str(spark / "spark-submit"), "--master", "local[2]", str(script)]
    spark_run(submit, export, tmp_path / "found")
    assert findings(tmp_path / "found") == findings(by_duckdb)


def test_a_damaged_file_is_told_as_without_spark(export: Path, tmp_path: Path) -> None:
    for file in export.iterdir():
        shutil.copy(file, tmp_path)
    whole = (tmp_path / "Condition.ndjson.gz").read_bytes()
    (tmp_path / "Condition.ndjson.gz").write_bytes(whole[:-50])
    call = arguments(tmp_path, tmp_path / "found", "--engine", "spark")
    run = subprocess.run(
        [sys.executable, "-c", SUBMITTED, *call], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "Condition.ndjson.gz: its compressed content ends early or is damaged" in run.stderr
    assert "Traceback" not in run.stderr.rpartition("Error: ")[2]

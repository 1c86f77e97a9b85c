"""New fixtures: from words, and from a patient's Bundle of which nothing that names the patient is left."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.replay.fixture import read_fixture
from cds_service.replay.run import explained
from tests.shipped import service

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SECRETS = (
    "Rosalind", "Quennell", "MRN-778812", "Elm Street", "555-0147", "urn:uuid:3f1c", "hospital.example", "LOCAL-77",
    "brother", "1961-04-12", "2026-05-12", "2026-08-20", "Dr. Ames", "c-real-id",
)  # fmt: skip


def coded(system: str, code: str, text: str) -> dict[str, Any]:
    return {
        "coding": [{"system": system, "code": code, "display": f"{text} of Quennell"}],
        "text": f"{text}, see Dr. Ames",
    }


def bundle() -> dict[str, Any]:
    """A record with a name in every place in which one could stand."""
    mine = {"reference": "urn:uuid:3f1c", "display": "Rosalind Quennell"}
    narrative = {"status": "generated", "div": "<div>Rosalind Quennell</div>"}
    patient = {
        "resourceType": "Patient", "id": "c-real-id-patient", "text": narrative, "birthDate": "1961-04-12",
        "name": [{"family": "Quennell", "given": ["Rosalind"]}], "telecom": [{"value": "555-0147"}],
        "identifier": [{"system": "https://hospital.example/mrn", "value": "MRN-778812"}],
        "address": [{"line": ["1 Elm Street"]}],
    }  # fmt: skip
    tumour = {
        "resourceType": "Condition", "id": "c-real-id-1", "text": narrative, "subject": mine,
        "code": coded(ICD, "C49.A2", "GIST"), "onsetDateTime": "2026-05-12", "note": [{"text": "Quennell"}],
        "recorder": {"display": "Dr. Ames"},
        "extension": [{"url": "https://hospital.example/ward", "valueReference": {"reference": "Location/Elm Street"}}],
    }  # fmt: skip
    size = {
        "resourceType": "Observation", "id": "c-real-id-2", "status": "final", "subject": mine,
        "code": {"coding": [{"system": "http://loinc.org", "code": "21889-1"}]},
        "focus": [{"reference": "https://hospital.example/fhir/Condition/c-real-id-1"}],
        "effectiveDateTime": "2026-08-20T09:30:00Z", "valueQuantity": {"value": 7.2, "unit": "cm", "code": "cm",
        "system": "http://unitsofmeasure.org"}, "performer": [{"display": "Dr. Ames"}],
    }  # fmt: skip
    local = {
        "resourceType": "Observation", "id": "c-real-id-3", "status": "final", "subject": mine,
        "code": coded("https://hospital.example/codes", "LOCAL-77", "remark"), "valueString": "her brother Quennell",
    }  # fmt: skip
    relative = {
        "resourceType": "FamilyMemberHistory",
        "id": "c-real-id-4",
        "name": "brother Quennell",
        "patient": mine,
    }
    draft = {
        "resourceType": "MedicationRequest", "id": "c-real-id-5", "status": "draft", "intent": "order", "subject": mine,
        "medicationReference": {"reference": "#m"}, "authoredOn": "2026-11-02", "note": [{"text": "for Quennell"}],
        "contained": [{"resourceType": "Medication", "id": "m",
                       "code": coded("http://www.whocc.no/atc", "L01EA01", "imatinib")}],
        "dosageInstruction": [{"text": "Rosalind takes 400 mg", "doseAndRate": [
            {"doseQuantity": {"value": 400, "unit": "mg", "code": "mg", "system": "http://unitsofmeasure.org"}}]}],
    }  # fmt: skip
    entries = [{"resource": r} for r in (patient, tumour, size, local, relative, draft)]
    entries[0]["fullUrl"] = "urn:uuid:3f1c"  # type: ignore[assignment]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def new(folder: Path, *arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["new-fixture", str(folder), *map(str, arguments)])


@pytest.fixture
def scrubbed(tmp_path: Path) -> Path:
    """The folder of a fixture that was made from the record above, moved by 40 days."""
    source, folder = tmp_path / "source.json", tmp_path / "fixtures" / "from-a-bundle"
    source.write_text(json.dumps(bundle()))
    result = new(folder, "--from", source, "--today", "2026-11-02", "--shift-days", -40)
    assert result.exit_code == 0, result.output
    assert "recorded in words only" in result.output
    assert not [secret for secret in SECRETS if secret in result.output]
    return folder


def test_nothing_that_names_the_patient_is_left(scrubbed: Path) -> None:
    written = "".join(path.read_text() for path in scrubbed.iterdir())
    assert [secret for secret in SECRETS if secret.lower() in written.lower()] == []
    assert "Synthetic-" in written


def test_all_dates_move_by_the_same_days(scrubbed: Path) -> None:
    resources = {r["resourceType"]: r for r in read_fixture(scrubbed).resources}
    assert resources["Patient"]["birthDate"] == "1961-03-03"
    assert resources["Condition"]["onsetDateTime"] == str(date(2026, 5, 12) - timedelta(40))
    assert read_fixture(scrubbed).today == date(2026, 11, 2) - timedelta(40)


def test_what_the_service_reads_of_it_is_the_same(scrubbed: Path) -> None:
    fixture = read_fixture(scrubbed)
    answer = explained(fixture, service())
    assert answer.assessment.disease == "gist"
    facts = answer.response["extension"]["org.sarcoma-cds.assessment"]["facts"]
    size = next(fact for fact in facts if fact["fact"] == "tumour-size-cm")
    assert (size["state"], size["value"]) == ("known", 7.2)
    assert [draft.option for draft in answer.assessment.verdicts] == ["imatinib"]
    assert fixture.hook == "order-sign"


def test_a_new_fixture_differs_until_its_expectation_is_written(scrubbed: Path) -> None:
    replay = CliRunner().invoke(main, ["replay", str(scrubbed)])
    assert replay.exit_code == 1
    assert "unfinished" in replay.output
    expected = scrubbed / "expected.yaml"
    content = yaml.safe_load(expected.read_text())
    del content["unfinished"]
    expected.write_text(yaml.safe_dump({**content, "disease": "gist"}))
    assert CliRunner().invoke(main, ["replay", str(scrubbed)]).exit_code == 0


def test_the_number_of_days_is_secret_unless_stated(tmp_path: Path) -> None:
    source = tmp_path / "source.json"
    source.write_text(json.dumps(bundle()))
    days = set()
    for name in "abcd":
        assert new(tmp_path / name, "--from", source, "--today", "2026-11-02").exit_code == 0
        days.add(read_fixture(tmp_path / name).today)
    assert len(days) > 1
    assert all(day < date(2026, 10, 4) for day in days)


def test_another_patients_resource_stays_another_patients(tmp_path: Path) -> None:
    content = bundle()
    content["entry"][1]["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    source = tmp_path / "source.json"
    source.write_text(json.dumps(content))
    assert new(tmp_path / "made", "--from", source).exit_code == 0
    condition = next(r for r in read_fixture(tmp_path / "made").resources if r["resourceType"] == "Condition")
    patient = next(r for r in read_fixture(tmp_path / "made").resources if r["resourceType"] == "Patient")
    assert condition["subject"]["reference"] not in (f"Patient/{patient['id']}", "Patient/somebody-else")


def test_a_short_description_is_completed_and_built(tmp_path: Path) -> None:
    source = tmp_path / "case.yaml"
    source.write_text(
        "# short\ntumour: {is: gist, in: jejunum}\ndrafts: [{drug: imatinib, selected: true}]\n"
    )
    folder = tmp_path / "fixtures" / "jejunum-imatinib"
    result = new(folder, "--from", source, "--today", "2026-11-02")
    assert result.exit_code == 0, result.output
    assert (folder / "case.yaml").read_text().startswith("# short\n")
    assert read_fixture(folder).expected["title"] == "jejunum imatinib"
    assert explained(read_fixture(folder), service()).assessment.disease == "gist"
    assert CliRunner().invoke(main, ["fixtures", "build", "--check", str(folder)]).exit_code == 0


def test_without_a_source_there_is_an_example_to_edit(tmp_path: Path) -> None:
    assert new(tmp_path / "group" / "name").exit_code == 0
    (verdict,) = explained(read_fixture(tmp_path / "group" / "name"), service()).assessment.verdicts
    assert verdict.verdict == "on-pathway"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("case.yaml", "tumour: {is: gits}", "gist"),
        ("case.yaml", "a: [", "case.yaml"),
        ("case.yaml", "just words", "case.yaml"),
        ("bundle.json", "{}", "no Bundle"),
        ("bundle.json", '{"resourceType": "Bundle"}', "0 Patients"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    result = new(tmp_path / "made", "--from", tmp_path / name)
    assert result.exit_code == 1, result.exception
    assert told in result.output


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    result = new(tmp_path)
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []

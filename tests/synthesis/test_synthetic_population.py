"""Synthetic populations: the same for a seed, sound as FHIR, scattered as exports are, and with sources."""

import gzip
import json
import re
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
import yaml
from click.testing import CliRunner
from fhir.resources.R4B import get_fhir_model_class

from cds_service.cli import main
from cds_service.replay.case_file import read_case
from cds_service.replay.encoding import STYLES, encodings
from cds_service.synthesis.chart import chart
from cds_service.synthesis.description import describe
from cds_service.synthesis.distributions import Dice, distributions
from cds_service.synthesis.export import TYPES
from tests.shipped import shipped

TODAY = date(2026, 11, 2)
VOCABULARY = shipped().knowledge.vocabulary


def synthesized(folder: Path, *more: str) -> Path:
    run = CliRunner().invoke(main, ["synthesize", *more, "--output", str(folder)])
    assert run.exit_code == 0, run.output
    return folder


def test_a_seed_names_a_population_to_the_byte(tmp_path):
    ones, others = (synthesized(tmp_path / name, "40", "--seed", "7") for name in "ab")
    for file in sorted(ones.iterdir()):
        assert file.read_bytes() == (others / file.name).read_bytes(), file.name
    another = synthesized(tmp_path / "c", "40", "--seed", "8")
    assert (ones / "Patient.ndjson").read_bytes() != (another / "Patient.ndjson").read_bytes()


def test_zipped_it_is_the_same_population(tmp_path):
    plain = synthesized(tmp_path / "plain", "20", "--seed", "3")
    zipped = synthesized(tmp_path / "zipped", "20", "--seed", "3", "--gzip")
    for file in plain.iterdir():
        assert gzip.decompress((zipped / f"{file.name}.gz").read_bytes()) == file.read_bytes()


def test_every_type_that_the_service_asks_for_has_a_file(tmp_path):
    folder = synthesized(tmp_path, "5", "--seed", "1")
    assert {file.stem for file in folder.iterdir()} == set(TYPES)


def test_files_that_are_there_are_not_overwritten(tmp_path):
    synthesized(tmp_path, "3", "--seed", "1")
    run = CliRunner().invoke(main, ["synthesize", "3", "--seed", "2", "--output", str(tmp_path)])
    assert run.exit_code == 1
    assert "holds NDJSON files already" in run.output


def test_resources_of_a_patient_are_scattered(tmp_path):
    folder = synthesized(tmp_path, "60", "--seed", "1")
    owners = [
        json.loads(line)["subject"]["reference"].rpartition("/")[2]
        for line in (folder / "Observation.ndjson").read_text().splitlines()
    ]
    beside = sum(a == b for a, b in pairwise(owners))
    assert beside < len(owners) / 10


def test_ids_are_unique_and_references_lead_somewhere():
    resources = [resource for number in range(150) for resource in chart(number, 5, TODAY, VOCABULARY)]
    named = Counter(f"{r['resourceType']}/{r['id']}" for r in resources)
    assert set(named.values()) == {1}
    assert all(re.fullmatch(r"[A-Za-z0-9.-]{1,64}", r["id"]) for r in resources)
    for resource in resources:
        for target in re.findall(
            r'"reference": "(?:https://ehr\.example\.org/fhir/)?([^"]+)"', json.dumps(resource)
        ):
            assert target in named


def test_the_median_patient_has_about_twenty_resources_and_sites_code_differently():
    sizes = [len(chart(number, 1, TODAY, VOCABULARY)) for number in range(600)]
    assert 18 <= median(sizes) <= 22
    drawn = Counter(describe(Dice(1, number), TODAY)["encoding"] for number in range(600))
    assert set(drawn) == set(STYLES)


def test_names_say_that_nobody_is_meant():
    for number in (0, 123_456):
        patient = chart(number, 1, TODAY, VOCABULARY)[0]
        assert patient["name"][0]["family"] == "Testpatient"
        assert patient["name"][0]["given"] == [f"Synthetic-{number:05d}"]


def test_resources_are_valid_fhir():
    for number in range(12):
        resources = chart(number, 2, TODAY, VOCABULARY)
        read = [get_fhir_model_class(r["resourceType"]).model_validate(r) for r in resources]
        assert [r.id for r in read] == [r["id"] for r in resources]


def test_what_is_drawn_can_be_written_as_a_case(tmp_path):
    for number in range(60):
        drawn = describe(Dice(4, number), TODAY) | {"expect": {"disease": "sts"}}
        path = tmp_path / "case.yaml"
        path.write_text(yaml.safe_dump(drawn))
        assert read_case(path, VOCABULARY, encodings())["tumour"] == drawn["tumour"]


def test_every_course_is_drawn_and_can_be_drafted_for():
    drawn = [describe(Dice(3, number), TODAY) for number in range(1500)]
    recurrences = {case["facts"].get("recurrence") for case in drawn if "facts" in case}
    assert recurrences >= {"local", "regional", "distant"}
    assert {draft.get("drug") or draft["procedure"] for case in drawn for draft in case.get("drafts", ())} > {
        "imatinib",
        "doxorubicin",
        "excision",
        "radiotherapy",
    }


def test_nothing_is_recorded_after_the_last_day():
    for number in range(200):
        for resource in chart(number, 9, TODAY, VOCABULARY):
            days = re.findall(r'"(\d{4}-\d\d-\d\d)', json.dumps(resource))
            assert all(day <= str(TODAY) for day in days), resource


@pytest.mark.parametrize("kind", ["choices", "shares", "amounts"])
def test_every_distribution_has_a_source_or_is_called_an_assumption(kind):
    known = distributions()
    for name, entry in getattr(known, kind).items():
        assert ("source" in entry) != ("assumed" in entry), name
        assert set(entry.get("source", ())) <= set(known.sources), name


def test_a_population_follows_its_distributions():
    drawn = [describe(Dice(11, number), TODAY) for number in range(3000)]
    gist = [case for case in drawn if case["tumour"]["is"] == "gist"]
    assert len(gist) / len(drawn) == pytest.approx(12.5 / 42.5, abs=0.03)
    stomach = sum(case["tumour"]["in"] == "stomach" for case in gist) / len(gist)
    assert stomach == pytest.approx(55.6 / 94.1, abs=0.06)

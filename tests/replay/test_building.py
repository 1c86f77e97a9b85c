"""Patients described in words: what is built from them, in every style, and what is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B import get_fhir_model_class

from cds_service.authored import AuthoringMistakes
from cds_service.case.vocabulary import Vocabulary
from cds_service.cli import main
from cds_service.loading import KNOWLEDGE, Loaded
from cds_service.replay.building import build, find_cases, out_of_date
from cds_service.replay.encoding import STYLES, encodings
from cds_service.replay.fixture import Fixture, own_fixtures, read_fixture
from cds_service.replay.run import answers
from tests.shipped import service

from ..beside import shared

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
CASES = list(find_cases([FIXTURES]))
CASE = """\
title: Metastatic GIST with KIT exon 11 under imatinib
why: An example.
today: 2026-11-02
encoding: STYLE
tumour: {is: gist, in: jejunum, since: 2026-01-15}
metastases: [liver]
facts:
  tumour-size-cm: 7.5
  mitoses-per-50-hpf: 8
  genotype: [kit-exon-11]
  performance-status-ecog: 1
  symptomatic: true
  n-category: N0
procedures: [{done: excision, day: 2026-03-01, margin: R0}]
drugs: [{drug: imatinib, from: 2026-04-01}]
illnesses: [heart-failure]
drafts: [{drug: sunitinib, selected: true}]
expect: {disease: gist}
"""


@pytest.fixture(scope="module")
def vocabulary(loaded: Loaded) -> Vocabulary:
    return loaded.knowledge.vocabulary


def written(folder: Path, text: str, name: str = "case") -> Path:
    path = folder / "group" / name / "case.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def built(path: Path, vocabulary: Vocabulary) -> Fixture:
    for name, text in build(path, vocabulary).items():
        (path.parent / name).write_text(text)
    return read_fixture(path.parent)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fixtures", "build", *map(str, arguments)])


@pytest.mark.parametrize("path", CASES, ids=lambda p: "/".join(p.parent.parts[-2:]))
def test_the_committed_files_are_what_their_description_stands_for(
    path: Path, vocabulary: Vocabulary
) -> None:
    assert out_of_date(path, vocabulary) == []


def test_the_patients_are_told_apart() -> None:
    numbers = [json.loads((p.parent / "request.json").read_text())["context"]["patientId"] for p in CASES]
    assert len(set(numbers)) == len(numbers) > 40


@pytest.mark.parametrize("style", STYLES)
def test_every_style_says_the_same(style: str, tmp_path: Path, vocabulary: Vocabulary) -> None:
    fixture = built(written(tmp_path, CASE.replace("STYLE", style)), vocabulary)
    [(_, answer)] = answers([fixture], service)
    facts = {f["fact"]: f.get("value") for f in answer.assessment.to_json()["facts"]}
    # US and text diagnoses name the small bowel only as far as they can
    assert facts["primary-site"] in ("jejunum", "small-intestine")
    assert facts["tumour-size-cm"] == 7.5
    assert facts["mitoses-per-50-hpf"] == 8
    assert facts["genotype"] == ["kit-exon-11"]
    assert facts["performance-status-ecog"] == 1
    assert facts["symptomatic"] is True
    assert facts["residual-tumour"] == "R0"
    assert facts["m-category"] == "M1"
    assert facts["n-category"] == "N0"
    assert facts["metastatic-sites"] == ["liver"]
    assert facts["current-therapy"] == ["imatinib"]
    assert facts["heart-failure"] is True
    [order] = answer.assessment.to_json()["orders"]
    assert order["option"] == "sunitinib"


@pytest.mark.parametrize("style", STYLES)
def test_everything_built_is_valid_fhir(style: str, tmp_path: Path, vocabulary: Vocabulary) -> None:
    fixture = built(written(tmp_path, CASE.replace("STYLE", style)), vocabulary)
    drafts = [e["resource"] for e in fixture.request["context"]["draftOrders"]["entry"]]
    built_resources = [*fixture.resources, *drafts]
    read = [get_fhir_model_class(r["resourceType"]).model_validate(dict(r)) for r in built_resources]
    assert [r.id for r in read] == [r["id"] for r in built_resources]


def codes() -> list[tuple[str, str, str]]:
    found = []
    for group in ("tumours", "sites", "metastases", "drugs", "procedures", "illnesses"):
        for word in getattr(encodings(), group).values():
            found += [(s, word[s]["code"], word[s]["display"]) for s in word if s != "words"]
    return found


def test_every_code_of_the_encodings_is_published() -> None:
    with shared("terminology", "codes.csv").open(newline="", encoding="utf-8") as stream:
        rows = {(r["system"], r["code"]): r for r in csv.DictReader(stream)}
    assert len(codes()) > 100
    for system, code, display in codes():
        row = rows[encodings().systems[system], code]
        assert row["display"] == display
        assert system != "sct" or row["evidence"].startswith("SNOMED Global Patient Set"), code


def test_a_query_that_fails_in_part_brings_what_there_is(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = CASE.replace("STYLE", "icd-10-cm") + "queries: {conditions: partial, procedures: failed}\n"
    prefetch: Any = built(written(tmp_path, text), vocabulary).request["prefetch"]
    names = [e["resource"]["id"] for e in prefetch["conditions"]["entry"]]
    assert names == ["tumour-1", "met-1", "heart-failure", "htn-1"]
    assert prefetch["conditions"]["link"][0]["relation"] == "next"
    assert prefetch["procedures"]["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("encoding: STYLE", "encoding: icd-10-c", "icd-10-cm"),
        ("symptomatic: true", "symptomatic: maybe", "boolean"),
        ("kit-exon-11", "kit-exon-1", "'kit-exon-11'"),
        ("symptomatic:", "symptomatik:", "symptomatik"),
        ("drug: sunitinib", "drug: sunitinb", "'sunitinib'"),
        ("in: jejunum", "in: jejunun", "'jejunum'"),
        ("why: An example.\n", "", "missing: why"),
        ("drafts: [{", "drafts: [{procedure: ablation, ", "expected exactly one of drug, procedure"),
    ],
)
def test_a_description_that_is_not_sound_is_refused_with_its_line(
    old: str, new: str, told: str, tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = CASE.replace(old, new).replace("STYLE", "text-only")
    path = written(tmp_path, text)
    with pytest.raises(AuthoringMistakes) as refused:
        build(path, vocabulary)
    [mistake] = refused.value.mistakes
    assert mistake.file == "group/case/case.yaml"
    assert told in str(mistake)
    assert not (path.parent / "patient.json").exists()


@pytest.mark.slow
def test_the_command_writes_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    path = written(tmp_path, CASE.replace("STYLE", "text-only"))
    assert command(tmp_path, "--check").exit_code == 1
    assert not (path.parent / "patient.json").exists()
    assert "1 patients described, 3 files" in command(tmp_path).output
    assert command(tmp_path, "--check").exit_code == 0
    (path.parent / "expected.yaml").write_text("today: 2026-11-02\n")
    stale = command(tmp_path, "--check")
    assert stale.exit_code == 1
    assert "expected.yaml" in stale.output


def check(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["check", *map(str, arguments)])


@pytest.mark.slow
def test_check_fails_where_an_answer_is_not_shown(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "gist-unresectable", tmp_path / "fixtures" / "gist-unresectable")
    result = check("--fixtures", tmp_path / "fixtures")
    assert result.exit_code == 1
    assert "offer gist.generalised.sunitinib: no fixture makes it met or not-met or unknown" in result.output


@pytest.mark.slow
def test_without_one_patient_check_names_what_only_it_shows(tmp_path: Path) -> None:
    here = own_fixtures()
    assert here is not None
    shutil.copytree(here, tmp_path / "fixtures")
    shutil.rmtree(tmp_path / "fixtures" / "gist-progressive-limited" / "radiotherapy-without-symptoms")
    result = check("--fixtures", tmp_path / "fixtures")
    assert result.exit_code == 1
    [line] = [told for told in result.output.splitlines() if "no fixture makes it" in told]
    assert "offer gist.limited.palliative-radiotherapy: no fixture makes it not-met" in line


# the quick suite comes after `cds-service check` itself (`make test`)
@pytest.mark.slow
def test_the_fixtures_of_the_checkout_show_every_answer() -> None:
    result = check()
    assert result.exit_code == 0, result.output
    assert "fixtures show every answer of all" in result.output


def test_knowledge_can_be_checked_without_patients() -> None:
    result = check("--knowledge", KNOWLEDGE, "--no-fixtures")
    assert result.exit_code == 0
    assert "was not checked" in result.output

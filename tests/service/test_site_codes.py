"""A site's ConceptMap: its local codes stand for ours or for public ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.authored import AuthoringMistakes
from cds_service.cli import main
from cds_service.loading import load
from tests.shipped import shipped

from . import charts
from .asking import Ask, client_of

LOCAL = "https://ehr.example.org/codes"


def concept_map(folder: Path, *rows: tuple[str, str, str], equivalence: str = "equivalent") -> Path:
    """A ConceptMap of (local code, target system, target code)."""
    groups: dict[str, list[Any]] = {}
    for code, system, target in rows:
        element = {"code": code, "target": [{"code": target, "equivalence": equivalence}]}
        groups.setdefault(system, []).append(element)
    group = [{"source": LOCAL, "target": system, "element": elements} for system, elements in groups.items()]
    path = folder / "site.json"
    path.write_text(json.dumps({"resourceType": "ConceptMap", "status": "active", "group": group}))
    return path


def local(name: str, code: str, value: charts.Json) -> charts.Json:
    return charts.observation(name, charts.coded(LOCAL, code), "survey", **value)


def test_local_codes_state_facts(tmp_path: Path) -> None:
    path = concept_map(
        tmp_path,
        ("OP-STATUS", charts.CASE_FACTS, "resectability"),
        ("INOP", charts.CASE_FACTS, "unresectable"),
        ("PATH-SIZE", charts.LOINC, "21889-1"),
    )
    records = [
        charts.gist(),
        local("op", "OP-STATUS", {"valueCodeableConcept": charts.coded(LOCAL, "INOP")}),
        local("size", "PATH-SIZE", {"valueQuantity": {"value": 72, "unit": "mm"}}),
    ]
    without = Ask(client_of(shipped()))(charts.call(records))
    with_map = Ask(client_of(load(concept_map=path)))(charts.call(records))

    assert without.value("resectability") is None
    assert without.value("tumour-size-cm") is None
    assert with_map.value("resectability") == "unresectable"
    assert with_map.value("tumour-size-cm") == 7.2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not json", "no R4 ConceptMap"),
        ('{"resourceType": "ValueSet"}', "not a ConceptMap"),
        ('{"resourceType": "ConceptMap", "group": [{"source": "a"}]}', "no R4 ConceptMap"),
    ],
)
def test_a_file_that_is_no_concept_map_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "site.json"
    path.write_text(text)
    with pytest.raises(AuthoringMistakes, match=told):
        load(concept_map=path)


def test_a_target_that_is_no_code_of_ours_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = concept_map(tmp_path, ("X", charts.CASE_FACTS, "resectabilty"))
    with pytest.raises(AuthoringMistakes, match="did you mean 'resectability'"):
        load(concept_map=path)


@pytest.mark.parametrize("equivalence", ["narrower", "inexact", "relatedto"])
def test_a_target_that_says_more_than_the_record_is_refused(tmp_path: Path, equivalence: str) -> None:
    path = concept_map(tmp_path, ("X", charts.CASE_FACTS, "unresectable"), equivalence=equivalence)
    with pytest.raises(AuthoringMistakes, match=equivalence):
        load(concept_map=path)


def test_serve_refuses_to_start_with_a_broken_map(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.json"
    result = CliRunner(env={"CDS_SERVICE_CONCEPT_MAP": str(missing)}).invoke(main, ["serve", "--development"])

    assert result.exit_code == 1
    assert "nowhere.json" in result.output

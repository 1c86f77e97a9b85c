"""Reports of a replay: JUnit XML, JSON Lines and one page."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.pages import rendered
from cds_service.replay.junit import as_junit
from cds_service.replay.report_page import as_page
from cds_service.replay.run import Outcome, replayed_here
from cds_service.replay.side_by_side import side_by_side
from tests.shipped import FIXTURES, patients, service

UNRESECTABLE = FIXTURES / "gist-unresectable"
WRONG = "order MedicationRequest/rx-1: expected verdict on-pathway, came contraindicated"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two patients, of whom one is answered otherwise than expected."""
    for name in ("d842v-imatinib", "genotype-untested-imatinib"):
        shutil.copytree(UNRESECTABLE / name, tmp_path / "unresectable" / name)
    expected = tmp_path / "unresectable" / "d842v-imatinib" / "expected.yaml"
    expected.write_text(expected.read_text().replace("verdict: contraindicated", "verdict: on-pathway"))
    return tmp_path


def replay(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["replay", *map(str, arguments)])


def outcome(name: str, change: Callable[[dict[str, Any]], None] = lambda answer: None) -> Outcome:
    fixture = next(p for p in patients() if p.name == name)
    found = replayed_here(fixture, service(fixture.profile))
    change(found.answer)
    return found


def test_junit_has_a_case_for_each_call_and_fails_those_that_differ(folder: Path) -> None:
    result = replay(folder, "--junit", folder / "report.xml")
    assert result.exit_code == 1
    root = Xml.parse(folder / "report.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {"unresectable"}
    assert cases["genotype-untested-imatinib"].find("failure") is None
    failure = cases["d842v-imatinib"].find("failure")
    assert failure is not None
    assert str(failure.get("message")).startswith(WRONG)


def test_junit_stays_xml_whatever_a_difference_quotes() -> None:
    found = outcome("gist-unresectable/d842v-imatinib")
    odd = Outcome(found.call, ("came \x00\x1b<b>]]>\ufffe",), 200, found.answer)
    (failure,) = Xml.fromstring(as_junit([odd])).iter("failure")
    assert failure.get("message") == "came \ufffd\ufffd<b>]]>\ufffd"


def test_json_lines_hold_answer_differences_and_evidence(folder: Path) -> None:
    replay(folder, "--jsonl", folder / "report.jsonl")
    wrong, right = map(json.loads, (folder / "report.jsonl").read_text().splitlines())
    assert (wrong["name"], wrong["asExpected"]) == ("unresectable/d842v-imatinib", False)
    assert wrong["differences"][0].startswith(WRONG)
    assert right["asExpected"] is True
    assert right["today"] == "2026-11-02"
    size = {"resource": "Observation/size-1", "element": "value", "date": "2026-08-20"}
    assert {**wrong["evidence"]["tumour-size-cm"][0], "element": "value"} == size
    assert wrong["answer"]["cards"][0]["indicator"] == "critical"


def test_the_page_shows_cards_facts_expectations_and_coverage(folder: Path) -> None:
    replay(folder, "--html", folder / "report.html")
    page = (folder / "report.html").read_text()
    assert "1 of 2 as expected" in page
    assert "<strong>Why:</strong>" in page, "the Markdown of a card is rendered"
    assert "Order avapritinib instead" in page
    assert re.search(r"Observation/size-1 <span[^>]*>\S+ 2026-08-20", page)
    row = page[page.index('<tr class="differs">') :].split("</tr>")[0]
    assert "on-pathway" in row
    assert "contraindicated" in row
    assert "table rows" in page


def test_the_page_fetches_nothing(folder: Path) -> None:
    replay(folder, "--html", folder / "report.html")
    page = (folder / "report.html").read_text()
    assert not re.findall(r"""<(?:link|img|iframe|script)[^>]*(?:src|href)=|@import|url\(""", page)
    assert "default-src 'none'" in page


def test_markup_in_an_answer_stays_text() -> None:
    def hostile(answer: dict[str, Any]) -> None:
        answer["cards"][0]["summary"] = "<script>alert(1)</script>"
        answer["cards"][0]["detail"] = (
            "<img src=x onerror=alert(2)> ![p](https://a.example/p) [l](javascript:alert(3))"
        )

    page = as_page([outcome("gist-unresectable/d842v-imatinib", hostile)])
    assert "<script>alert(1)" not in page
    assert "<img" not in page
    assert 'href="javascript:' not in page
    assert "<img" not in rendered("![p](https://a.example/p.png)")


def test_what_differs_is_marked_beside_what_was_expected() -> None:
    found = outcome("gist-unresectable/d842v-imatinib")
    assert {line.differs for line in side_by_side(found)} == {False}
    wrong = Outcome(found.call, ("card 1: expected info, came critical",), 200, found.answer)
    assert [line.label for line in side_by_side(wrong) if line.differs] == ["card 1"]
    fewer = Outcome(found.call, ("cards: expected 1, came 0: []",), 200, {**found.answer, "cards": []})
    (line,) = [line for line in side_by_side(fewer) if line.differs]
    assert (line.label, line.found) == ("card 1", None)


def test_a_report_that_cannot_be_written_exits_2(folder: Path) -> None:
    result = replay(folder, "--junit", folder / "nowhere" / "report.xml")
    assert result.exit_code == 2
    assert "cannot be written" in result.output

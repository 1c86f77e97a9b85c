"""What counts as shown, what is lacking, and what the three reports say of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.loading import KNOWLEDGE, load
from cds_service.replay.coverage import Coverage, Covered, measure
from cds_service.replay.coverage_report import as_html, as_json, as_text
from cds_service.replay.fixture import find_fixtures, own_fixtures
from cds_service.replay.run import answers
from cds_service.service import make_service
from tests.shipped import shipped

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
UNRESECTABLE = FIXTURES / "gist-unresectable"


def measured(fixtures: Path, knowledge: Path = KNOWLEDGE) -> Coverage:
    own = knowledge == KNOWLEDGE
    loaded = shipped(affiliate=True) if own else load(knowledge, snomed_affiliate=True)
    service = make_service(loaded, "https://cds.example.org")
    found = answers(find_fixtures([fixtures]), lambda _profile: service)
    return measure(loaded, ((name, answer.assessment) for name, answer in found))


@pytest.fixture(scope="module")
def few() -> Coverage:
    """The coverage by the unresectable patients alone."""
    return measured(UNRESECTABLE)


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str, str, str], Path]:
    def copy(file: str, old: str, new: str) -> Path:
        root = shutil.copytree(KNOWLEDGE, tmp_path / "knowledge")
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))
        return root

    return copy


def of(coverage: Coverage, address: str) -> Covered:
    return next(c for c in coverage.covered if c.statement.address == address)


def test_an_offer_is_shown_by_the_patients_of_its_group_alone(few: Coverage) -> None:
    assert "d842v-imatinib" in of(few, "gist.unresectable.avapritinib").shown["met"]
    assert "d842v-imatinib" in of(few, "gist.unresectable.imatinib").shown["not-met"]
    assert "genotype-untested-imatinib" in of(few, "gist.unresectable.imatinib").shown["unknown"]
    elsewhere = of(few, "gist.generalised.sunitinib")
    assert elsewhere.shown == {"met": [], "not-met": [], "unknown": []}
    assert elsewhere.lacks == ("met", "not-met", "unknown")


def test_what_belongs_to_an_offer_counts_with_it(few: Coverage) -> None:
    refusal = of(few, "gist.unresectable.imatinib > gist.advanced.insensitive")
    assert "d842v-imatinib" in refusal.shown["met"]
    assert "genotype-untested-imatinib" in refusal.shown["unknown"]


def test_a_rule_counts_where_it_is_drafted_or_offered(few: Coverage) -> None:
    assert "d842v-imatinib" in of(few, "gist imatinib > imatinib.exon-18-insensitive").shown["met"]
    # no unresectable patient is offered an embolisation, and none has one drafted
    assert not any(of(few, "gist embolisation > embolisation.liver-failure").shown.values())


def test_sub_tests_are_asked_one_by_one(few: Coverage) -> None:
    [sensitive] = [p for p in of(few, "imatinib-sensitivity row 2").parts if p.path == "all.2"]
    assert "d842v-imatinib" in sensitive.shown["not-met"]


def test_a_condition_that_always_holds_lacks_nothing_once_met(few: Coverage) -> None:
    assert of(few, "gist.unresectable.clinical-trial").lacks == ()


def test_an_answer_that_is_ruled_out_is_not_lacking(copied: Callable[[str, str, str], Path]) -> None:
    root = copied(
        "orders/gist.yaml",
        "        when: {fact: heart-failure, is: true}\n",
        "        when: {fact: heart-failure, is: true}\n"
        "        never: {unknown: a reason that is long enough to be one}\n",
    )
    coverage = measured(UNRESECTABLE, root)
    assert "unknown" not in of(coverage, "gist imatinib > imatinib.heart-failure").lacks
    assert "never unknown: a reason that is long enough" in as_text(coverage)


def test_an_answer_ruled_out_and_shown_is_a_problem(copied: Callable[[str, str, str], Path]) -> None:
    root = copied(
        "orders/gist.yaml",
        "        when: {fact: genotype, has: pdgfra-exon-18-insensitive}\n",
        "        when: {fact: genotype, has: pdgfra-exon-18-insensitive}\n"
        "        never: {unknown: a reason that is long enough to be one}\n",
    )
    said = [p for p in measured(UNRESECTABLE, root).problems() if "is said never to be unknown" in p]
    assert len(said) == 1
    assert "imatinib.exon-18-insensitive" in said[0]
    assert "genotype-untested" in said[0]


def test_an_answer_ruled_out_that_the_form_rules_out_is_a_problem(
    copied: Callable[[str, str, str], Path],
) -> None:
    root = copied(
        "pathways/gist-unresectable.yaml",
        "    when: {always: true}\n",
        "    when: {always: true}\n    never: {unknown: a reason that is long enough to be one}\n",
    )
    assert any("its form alone keeps it" in p for p in measured(UNRESECTABLE, root).problems())


def test_met_cannot_be_ruled_out(copied: Callable[[str, str, str], Path]) -> None:
    root = copied(
        "pathways/gist-unresectable.yaml",
        "    when: {always: true}\n",
        "    when: {always: true}\n    never: {met: a reason that is long enough to be one}\n",
    )
    result = CliRunner().invoke(main, ["check", "--knowledge", str(root)])
    assert result.exit_code == 1
    assert "'met' is not allowed here" in result.output


def test_the_text_says_what_lacks_which_answer(few: Coverage) -> None:
    text = as_text(few)
    line = of(few, "gist.generalised.sunitinib").statement.line
    assert (
        f"gist-progressive-generalised.yaml:{line}: offer gist.generalised.sunitinib: no fixture makes it met or"
        in text
    )
    told = text.partition("Not shown or wrongly ruled out:\n")[2].partition("Said to be")[0].splitlines()
    assert told == sorted(told)


def test_the_json_holds_the_same_answers_in_the_same_bytes(few: Coverage) -> None:
    assert as_json(few) == as_json(measured(UNRESECTABLE))
    content = json.loads(as_json(few))
    for one in content["statements"]:
        covered = of(few, one["address"])
        for word, numbers in one["answers"].items():
            assert [content["fixtures"][n] for n in numbers] == covered.shown[word]
        assert tuple(one["lacks"]) == covered.lacks


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts: dict[str | None, str] = {}
        self._in: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.fetched += [str(named[a]) for a in ("src", "href", "action") if a in named]
        self._in = (named.get("id") or "code") if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        self._in = None

    def handle_data(self, data: str) -> None:
        if self._in:
            self.scripts[self._in] = self.scripts.get(self._in, "") + data


def test_the_page_fetches_nothing_and_holds_everything(few: Coverage) -> None:
    page = _Page()
    text = as_html(few)
    page.feed(text)
    assert page.fetched == []
    assert not re.search(r"@import|url\(", text)
    assert json.loads(page.scripts["content"]) == json.loads(as_json(few))


def command(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["coverage", *map(str, arguments)])


@pytest.mark.slow
def test_the_command_says_by_its_exit_code_whether_all_is_shown(tmp_path: Path) -> None:
    result = command(UNRESECTABLE)
    assert result.exit_code == 1
    assert "Not shown or wrongly ruled out:" in result.output
    assert command(tmp_path).exit_code == 2


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    output = tmp_path / "coverage.html"
    result = command(UNRESECTABLE, "--format", "html", "--output", output)
    assert result.output == ""
    assert output.read_text().startswith("<!doctype html>")


def test_a_checkout_has_its_fixtures_beside_the_package() -> None:
    assert own_fixtures() == FIXTURES

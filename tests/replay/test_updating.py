"""`replay --update`: words of cards are brought up to date, what follows from the sources is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.replay.updating import rewritten
from tests.shipped import FIXTURES

EXAMPLE = FIXTURES / "gist-unresectable" / "d842v-imatinib"
DESCRIBED = FIXTURES / "gist-progressive-limited" / "sunitinib-continued"
SUMMARY = "Imatinib: contraindicated, PDGFRA exon 18 variant insensitive to it"


def update(folder: Path) -> Result:
    return CliRunner(env={"COLUMNS": "250"}).invoke(main, ["replay", "--update", str(folder)])


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    """The expectation of a copied patient, with a comment and a summary that is out of date."""
    shutil.copytree(EXAMPLE, tmp_path / "patient")
    path = tmp_path / "patient" / "expected.yaml"
    text = path.read_text()
    assert "{card: contraindicated, option: imatinib," in text
    path.write_text(
        "# by hand\n"
        + text.replace("{card: contraindicated,", "{card: contraindicated,   summary: 'Of old',")
        + "# the end\n"
    )
    return path


def test_wording_is_shown_and_rewritten_with_comments_and_layout_kept(expected: Path) -> None:
    before = expected.read_text()
    result = update(expected.parent)
    assert result.exit_code == 0, result.output
    assert any(line.startswith("-") and "Of old" in line for line in result.output.splitlines())
    assert any(line.startswith("+") and SUMMARY in line for line in result.output.splitlines())
    assert "1 of 1 fixtures as expected" in result.output
    assert expected.read_text() == before.replace("'Of old'", f"'{SUMMARY}'")
    assert update(expected.parent).exit_code == 0


def test_an_id_that_the_wording_lost_is_rewritten(expected: Path) -> None:
    text = expected.read_text().replace("summary: 'Of old',", "")
    expected.write_text(text.replace("card: contraindicated", "card: forbidden"))
    result = update(expected.parent)
    assert result.exit_code == 0, result.output
    assert expected.read_text() == text


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("verdict: contraindicated", "verdict: caution"),
        ("patientGroups: [gist-unresectable]", "patientGroups: [gist-small-observation]"),
        ("{option: avapritinib, line: first", "{option: avapritinib, line: secondary"),
        # another card came, as another verdict would bring it
        ("card: contraindicated", "card: caution"),
        ("indicator: critical", "indicator: warning"),
    ],
)
def test_what_follows_from_the_sources_is_refused_and_nothing_is_written(
    expected: Path, right: str, wrong: str
) -> None:
    text = expected.read_text()
    assert right in text
    expected.write_text(text.replace(right, wrong))
    before = expected.read_bytes()
    result = update(expected.parent)
    assert result.exit_code == 1
    assert "0 expectations updated, 1 left to their authors" in result.output
    assert "✗" in result.output
    assert expected.read_bytes() == before


def test_what_a_description_expects_is_changed_in_it_and_built_anew(tmp_path: Path) -> None:
    folder = tmp_path / "gist-progressive-limited" / DESCRIBED.name
    shutil.copytree(DESCRIBED, folder)
    case = folder / "case.yaml"
    stated = "  cards:\n    # one card\n    - {card: onpathway, option: sunitinib, summary: Of old}\n"
    case.write_text(case.read_text() + stated)
    build = CliRunner().invoke(main, ["fixtures", "build", str(folder)])
    assert build.exit_code == 0, build.output
    result = update(folder)
    assert result.exit_code == 0, result.output
    assert "# one card" in case.read_text()
    assert "Of old" not in case.read_text() + (folder / "expected.yaml").read_text()
    assert CliRunner().invoke(main, ["fixtures", "build", "--check", str(folder)]).exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "a: [{b: 1, c: old}, 2] # kept\nd: x\n",
        "a:\n  - b: 1\n    c: >\n      old\n      text\n  - 2\nd: x\n",
        'a:\n- {c: "old: text", b: 1} # kept\n- 2\nd: x\n',
    ],
)
@pytest.mark.parametrize(
    "value", ["plain", "with: colon, comma", "[x]", "'quoted' \"twice\"", "two\nlines", "# no"]
)
def test_a_scalar_is_rewritten_in_any_style(text: str, value: str) -> None:
    after = rewritten(text, {("a", 0, "c"): value})
    wanted = yaml.safe_load(text)
    wanted["a"][0]["c"] = value
    assert yaml.safe_load(after) == wanted
    assert after.count("# kept") == text.count("# kept")


def test_only_the_packaged_wording_is_taken() -> None:
    result = CliRunner().invoke(main, ["replay", "--update", "--url", "http://127.0.0.1:1", str(EXAMPLE)])
    assert result.exit_code == 2
    assert "--url" in result.output

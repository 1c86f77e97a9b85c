"""The sheet of a patient group: everything a tumour board signs is on it."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main
from cds_service.export.review_sheet import NoSuchGroup, review_sheets
from cds_service.loading import Loaded
from cds_service.replay.coverage import Coverage, measure
from cds_service.replay.fixture import find_fixtures
from cds_service.replay.run import answers
from tests.shipped import service

FIXTURES = Path(__file__).parents[2] / "fhir_fixtures"
DAY = date(2026, 11, 22)
TITLES = {"d842v-imatinib": "A <title> & more"}


@pytest.fixture(scope="module")
def coverage(loaded: Loaded) -> Coverage:
    fixtures = find_fixtures([FIXTURES / "gist-unresectable"])
    return measure(loaded, ((n, a.assessment) for n, a in answers(fixtures, service)))


@pytest.fixture(scope="module")
def sheets(loaded: Loaded, coverage: Coverage) -> dict[str, str]:
    return dict(review_sheets(loaded, coverage, TITLES, DAY))


def plain(page: str) -> str:
    """The text of a page with its white space folded."""
    body = re.sub(r"<style>.*?</style>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def folded(text: str) -> str:
    return " ".join(text.split())


def groups(loaded: Loaded) -> list[Any]:
    return [d.content for d in loaded.conditional if "group" in d.content]


def test_every_group_has_its_sheet(loaded: Loaded, sheets: dict[str, str]) -> None:
    assert set(sheets) == set(loaded.knowledge.groups)


def test_every_option_stands_there_with_its_sources_and_words(loaded: Loaded, sheets: dict[str, str]) -> None:
    for group in groups(loaded):
        text = plain(sheets[group["group"]])
        assert folded(group["definition"]) in text
        for offer in group["offers"]:
            assert offer["offer"] in text
            for cited in offer["cite"]:
                assert folded(cited["says"]) in text
            for kind in ("reasons", "refusals", "early", "silent", "unaddressed"):
                for row in offer.get(kind, ()):
                    assert folded(loaded.wording.detail("reasons", row["id"])) in text
            if "differs" in offer:
                assert folded(loaded.wording.detail("differences", offer["differs"])) in text


def test_rules_of_what_is_offered_stand_there(sheets: dict[str, str]) -> None:
    assert "imatinib.heart-failure" in sheets["gist-unresectable"]
    assert "embolisation.liver-failure" in sheets["gist-progressive-limited"]
    assert "embolisation.liver-failure" not in sheets["gist-small-observation"]


def test_only_the_rows_that_place_here_are_shown_of_the_placing_table(sheets: dict[str, str]) -> None:
    text = plain(sheets["gist-unresectable"])
    placing = text[text.index("Rows that place here") : text.index("Sensitivity to imatinib")]
    assert "resectability: unresectable" in placing
    assert "Localised GIST, resectable with minimal morbidity" not in placing
    # what those rows read is explained on the same sheet
    assert "Course of the disease" in text


def test_fixtures_and_their_titles_stand_there_escaped(sheets: dict[str, str]) -> None:
    page = sheets["gist-unresectable"]
    assert "A &lt;title&gt; &amp; more" in page
    assert "<title> & more" not in page
    assert "d842v-imatinib" in page


def test_version_date_and_room_for_signatures(loaded: Loaded, sheets: dict[str, str]) -> None:
    for page in sheets.values():
        text = plain(page)
        assert loaded.knowledge.version in text
        assert "2026-11-22" in text
        assert "Decision of the tumour board" in text
        assert "signature" in text


def test_a_sheet_fetches_nothing(sheets: dict[str, str]) -> None:
    for page in sheets.values():
        assert not re.search(r"<script|<link|src=|href=|url\(|@import", page)


def test_same_knowledge_same_bytes(loaded: Loaded, coverage: Coverage, sheets: dict[str, str]) -> None:
    again = dict(review_sheets(loaded, coverage, TITLES, DAY, "gist-unresectable"))
    assert again == {"gist-unresectable": sheets["gist-unresectable"]}


def test_an_unknown_group_is_refused_with_the_nearest(loaded: Loaded, coverage: Coverage) -> None:
    with pytest.raises(NoSuchGroup, match="gist-unresectable"):
        list(review_sheets(loaded, coverage, {}, DAY, "gist-unresectabel"))


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", "review-sheet", *map(str, arguments)])


@pytest.mark.slow
def test_the_command_writes_one_page_for_each_group(loaded: Loaded, tmp_path: Path) -> None:
    result = command("--output", tmp_path / "sheets", "--date", "2026-11-22")
    assert result.exit_code == 0, result.output
    written = {p.stem: p.read_text() for p in (tmp_path / "sheets").glob("*.html")}
    assert set(written) == set(loaded.knowledge.groups)
    assert all("2026-11-22" in page for page in written.values())


def test_the_command_needs_a_group_or_a_folder() -> None:
    assert command().exit_code == 2
    assert command("--group", "gist-unresectabel").exit_code == 1

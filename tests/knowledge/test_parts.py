"""Knowledge or wording of which a part is missing, or stands twice, is refused with its file and line."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from cds_service import cli
from cds_service.cli import serving

from .authored_files import FACTS, SMALL, TABLES, TRIAL, UNRESECTABLE, assert_refused
from .authoring import Copy


def test_an_offer_without_citation_is_refused(copy: Copy) -> None:
    path = copy.root / SMALL
    offer, found, _ = path.read_text(encoding="utf-8").rpartition("    cite:\n")
    assert found
    path.write_text(offer, encoding="utf-8")
    line = offer[: offer.rindex("- offer:")].count("\n") + 1

    assert_refused(copy, SMALL, line, "missing", "cite")


def test_a_criterion_of_a_trial_without_citation_is_refused(copy: Copy) -> None:
    path = copy.root / TRIAL
    text = path.read_text(encoding="utf-8")
    before, found, after = text.partition("    when: {fact: asa-class, below: 3}\n    cite:\n")
    assert found
    rest = after[after.index("  - criterion:") :]
    path.write_text(f"{before}    when: {{fact: asa-class, below: 3}}\n\n{rest}", encoding="utf-8")
    line = before[: before.rindex("- criterion:")].count("\n") + 1

    assert_refused(copy, TRIAL, line, "missing", "cite")


def test_two_files_of_one_trial_are_refused(copy: Copy) -> None:
    text = (copy.root / TRIAL).read_text(encoding="utf-8")
    second = "knowledge/trials/nct03862768-again.yaml"
    (copy.root / second).write_text(text, encoding="utf-8")
    found = copy.check()

    assert found.exit_code == 1
    assert "two files" in found.output


def test_a_citation_that_says_nothing_is_refused(copy: Copy) -> None:
    line = copy.replace("knowledge/scope.yaml", "    because: The sources describe adults.\n", "")

    assert_refused(copy, "knowledge/scope.yaml", line - 2, "missing", "because")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        # 11 cm of a gastric GIST would be in no row
        (
            "&over10 {fact: tumour-size-cm, above: 10}",
            "&over10 {fact: tumour-size-cm, above: 11}",
            "no row covers",
        ),
        # 4.5 cm would be in two
        (
            "{fact: tumour-size-cm, above: 5, up-to: 10}",
            "{fact: tumour-size-cm, above: 4, up-to: 10}",
            "both cover",
        ),
        ("{fact: mitoses-per-50-hpf, above: 5}", "{fact: mitoses-per-50-hpf, at-least: 5}", "both cover"),
    ],
)
def test_a_gap_or_a_clash_of_a_table_is_refused_with_the_case_it_fails(
    copy: Copy, right: str, wrong: str, said: str
) -> None:
    broken = copy.replace(TABLES, right, wrong)
    text = (copy.root / TABLES).read_text(encoding="utf-8")
    start = text[: text.index("- table: recurrence-risk")].count("\n") + 1
    end = text[: text.index("- table: gist-course")].count("\n") + 1
    found = copy.check()

    assert found.exit_code == 1
    told = [row for row in found.output.splitlines() if said in row]
    assert told
    for row in told:
        file, line, _ = row.split(":", 2)
        assert file == TABLES
        assert start <= int(line) < end
        for word in ("recurrence-risk", "tumour-size-cm = ", "mitoses-per-50-hpf = ", "gist-site = "):
            assert word in row
    cell = wrong[wrong.index("fact: ") + 6 :].rstrip("}").replace(":", "").replace(",", "")
    assert any(f"line {broken}: {cell}" in row for row in told), f"{broken} {cell}\n{found.output}"


def test_a_derived_fact_without_its_table_is_refused(copy: Copy) -> None:
    copy.replace(
        FACTS,
        "  - {fact: gist-site,",
        "  - {fact: gist-sight, type: boolean, derived: true, because: A test.}\n  - {fact: gist-site,",
    )
    found = copy.check()

    assert found.exit_code == 1
    assert "no table derives the fact 'gist-sight'" in found.output


def test_a_group_file_under_another_name_is_refused(copy: Copy) -> None:
    (copy.root / UNRESECTABLE).rename(copy.root / "knowledge/pathways/gist-unresectble.yaml")

    assert_refused(
        copy, "knowledge/pathways/gist-unresectble.yaml", 2, "gist-unresectble", "'gist-unresectable'"
    )


def test_a_group_without_a_file_is_refused(copy: Copy) -> None:
    (copy.root / UNRESECTABLE).unlink()
    found = copy.check()

    assert found.exit_code == 1
    assert "'gist-unresectable' has no file" in found.output


@pytest.mark.parametrize(
    "name", ["facts", "sources", "options", "readings", "variants", "systems", "scope", "version"]
)
def test_a_missing_file_is_named(copy: Copy, name: str) -> None:
    (copy.root / f"knowledge/{name}.yaml").unlink()

    assert_refused(copy, f"knowledge/{name}.yaml", 1, "missing")


def test_a_reason_without_wording_is_refused(copy: Copy) -> None:
    copy.replace("cards/reasons/gist.md", "## gist.adjuvant.risk-high\n", "")
    found = copy.check()

    assert found.exit_code == 1
    assert "no wording for 'gist.adjuvant.risk-high'" in found.output
    assert "cards/reasons/" in found.output


def test_a_remark_of_a_table_without_wording_is_refused_with_the_nearest(copy: Copy) -> None:
    copy.replace("cards/remarks.md", "## risk-cell-left-out\n", "## risk-cell-leftout\n")

    assert_refused(copy, "cards/remarks.md", 1, "risk-cell-left-out", "risk-cell-leftout")


def test_a_renamed_reason_is_told_with_the_nearest_wording(copy: Copy) -> None:
    copy.replace("cards/reasons/gist.md", "## gist.adjuvant.risk-high\n", "## gist.adjuvant.risk-hihg\n")

    assert "did you mean 'gist.adjuvant.risk-hihg'" in copy.check().output


def test_markup_in_wording_is_refused(copy: Copy) -> None:
    line = copy.replace("cards/options.md", "Repeat biopsy for", "Repeat <b>biopsy</b> for")

    assert_refused(copy, "cards/options.md", line - 1, "markup")


def test_a_card_without_wording_is_refused(copy: Copy) -> None:
    (copy.root / "cards/templates/caution.md").unlink()

    assert_refused(copy, "cards/templates/caution.md", 1, "no wording")


def test_all_mistakes_of_one_kind_of_file_are_told_at_once(copy: Copy) -> None:
    first = copy.replace(UNRESECTABLE, "option: larotrectinib", "option: larotrectnib")
    second = copy.replace(SMALL, "line: consider", "line: considered")

    assert_refused(copy, UNRESECTABLE, first, "larotrectnib")
    assert_refused(copy, SMALL, second, "considered")
    assert "2 mistakes" in copy.check().output


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        (UNRESECTABLE, "has: ntrk-fusion", "has: ntrk-fuson"),
        ("cards/templates/caution.md", "{why}", "{wy}"),
    ],
)
def test_serve_refuses_to_start_with_a_mistake(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, file: str, right: str, wrong: str
) -> None:
    """The service never answers from knowledge or wording that the check would refuse."""
    line = copy.replace(file, right, wrong)
    started: list[Any] = []
    monkeypatch.setattr(serving, "serve_app", lambda *args, **named: started.append(args))
    folders = ["--knowledge", str(copy.root / "knowledge"), "--cards", str(copy.root / "cards")]

    found = CliRunner().invoke(cli.main, ["serve", "--development", *folders])

    assert found.exit_code == 1
    assert f"{file}:{line}:" in found.output
    assert started == []

"""A mistake in knowledge or wording is refused with its file, its line and the nearest valid word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service import cli
from cds_service.cli import serving

from .authoring import Copy

UNRESECTABLE = "knowledge/pathways/gist-unresectable.yaml"
SMALL = "knowledge/pathways/gist-small-observation.yaml"
TABLES = "knowledge/tables/gist.yaml"
FACTS = "knowledge/facts.yaml"
ORDERS = "knowledge/orders/gist.yaml"
READINGS = "knowledge/readings.yaml"
TRIAL = "knowledge/trials/nct03862768.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy.make(tmp_path)


def test_the_untouched_copy_is_accepted(copy: Copy) -> None:
    """Without this none of the refusals below would say anything."""
    found = copy.check()

    assert found.exit_code == 0, found.output
    assert "No mistakes" in found.output


def assert_refused(copy: Copy, file: str, line: int | None, *words: str) -> None:
    """The check fails with one line that names the file, its line and all of the words."""
    found = copy.check()

    assert found.exit_code == 1, found.output
    assert "Traceback" not in found.output
    place = f"{file}:" if line is None else f"{file}:{line}:"
    told = [row for row in found.output.splitlines() if row.startswith(place)]
    assert any(all(word in row for word in words) for row in told), f"{place} {words}\n{found.output}"


# file, what stands there, what the author wrote instead, how many lines below the start of it the mistake is
# said to be, and what is said
MISTAKES: dict[str, tuple[str, str, str, int, tuple[str, ...]]] = {
    "misspelt fact": (
        UNRESECTABLE, "{fact: genotype, has: ntrk-fusion}", "{fact: genotpe, has: ntrk-fusion}", 0,
        ("genotpe", "did you mean 'genotype'"),
    ),
    "misspelt fact, asked whether it is known": (
        UNRESECTABLE, "{not: {known: genotype}}", "{not: {known: genotpe}}", 0,
        ("genotpe", "did you mean 'genotype'"),
    ),
    "misspelt fact in a rule": (
        ORDERS, "{fact: heart-failure, is: true}", "{fact: hart-failure, is: true}", 0,
        ("hart-failure", "did you mean 'heart-failure'"),
    ),
    "misspelt fact in a table": (
        TABLES, "{fact: primary-site, is: stomach}", "{fact: primary-sit, is: stomach}", 0,
        ("primary-sit", "did you mean 'primary-site'"),
    ),
    "misspelt fact in the scope": (
        "knowledge/scope.yaml", "fact: age-years", "fact: age-year", 0, ("age-year", "did you mean 'age-years'"),
    ),
    "wrong value": (
        UNRESECTABLE, "has: ntrk-fusion", "has: ntrk-fuson", 0, ("ntrk-fuson", "did you mean 'ntrk-fusion'"),
    ),
    "wrong value in a list": (
        UNRESECTABLE, "in: [response, stable]", "in: [response, stabel]", 0,
        ("stabel", "did you mean 'stable'"),
    ),
    "a bound without end": (
        TABLES, "fact: tumour-size-cm, up-to: 2}", "fact: tumour-size-cm, up-to: .inf}", 0, (".inf", "no number"),
    ),
    "a bound that is no number": (
        TABLES, "fact: tumour-size-cm, up-to: 2}", "fact: tumour-size-cm, up-to: .nan}", 0, (".nan", "no number"),
    ),
    "an offer where nothing is addressed, with the id of a group's": (
        "knowledge/not-addressed.yaml", "offer: not-addressed.clinical-trial\n",
        "offer: gist.unresectable.imatinib\n", 0, ("gist.unresectable.imatinib", "gist-unresectable"),
    ),
    "a place that is to name a sarcoma": (
        READINGS, "unclear: [dx.sarcoma-generic,", "unclear: [site.stomach, dx.sarcoma-generic,", 0,
        ("site.stomach", "place"),
    ),
    "version that is a word": (
        "knowledge/version.yaml", 'version: "2', 'version: "v2', 0, ("version", "v2026"),
    ),
    "rules without the disease in which they hold": (
        ORDERS, "disease: gist\n", "", 0, ("disease",),
    ),
    "a situation that is not addressed, without an entry": (
        "knowledge/not-addressed.yaml", "{id: sts-breast,", "{id: sts-thorax,", 1, ("sts-thorax", "twice"),
    ),
    "a group that is treated as what no table says": (
        "knowledge/pathways/sts-extremity-recurrent-local.yaml", "treated-as: sts-primary-group",
        "treated-as: sts-primary-grop", 0, ("did you mean 'sts-primary-group'",),
    ),
    "wrong result of a table": (
        TABLES, "then: very-low", "then: verylow", 0, ("verylow", "did you mean 'very-low'"),
    ),
    "a row that asks for what another table derives": (
        "knowledge/tables/sts.yaml", "ask: [primary-site]", "ask: [stage]", 0, ("'stage' is derived", "sts-region"),
    ),
    "a test that this kind of fact does not have": (
        UNRESECTABLE, "{fact: genotype, has: ntrk-fusion}", "{fact: genotype, above: 2}", 0, ("above",),
    ),
    "two tests of which one would be ignored": (
        "knowledge/scope.yaml", "below: 18}", "below: 18, up-to: 17}", 0, ("up-to",),
    ),
    "unknown source": (
        UNRESECTABLE, 'source: "001"', 'source: "0011"', 0, ("0011", "did you mean '001'"),
    ),
    "misspelt member": (SMALL, "line: consider", "lines: consider", 0, ("lines", "did you mean 'line'")),
    "wrong line": (SMALL, "line: consider", "line: considered", 0, ("considered", "did you mean 'consider'")),
    "duplicate key": (SMALL, "    line: consider", "    line: plus\n    line: consider", 1, ("line", "twice")),
    "unknown option": (
        UNRESECTABLE, "option: larotrectinib", "option: larotrectnib", 0,
        ("larotrectnib", "did you mean 'larotrectinib'"),
    ),
    "unknown option in a rule": (
        ORDERS, "option: regorafenib", "option: regorafinib", 0,
        ("regorafinib", "did you mean 'regorafenib'"),
    ),
    "unknown option to suggest": (
        UNRESECTABLE, "suggest: mutation-testing", "suggest: mutation-test", 0,
        ("mutation-test", "did you mean 'mutation-testing'"),
    ),
    "a day that YAML reads as no text": (
        "knowledge/sources.yaml", 'date: "2020-05-18"', "date: 2020-05-18", 0, ("date", "2020, 5, 18", "'string'"),
    ),
    "a member that is a number": (SMALL, "  - offer:", "  - 1: first\n    offer:", 0, ("'1'", "allowed")),
    "broken YAML": (UNRESECTABLE, "{fact: genotype, has: kit-exon-9}", "{fact: genotype, has: [kit-exon-9}", 0,
                    ("YAML",)),
    "an offer id that another group has": (
        UNRESECTABLE, "offer: gist.unresectable.imatinib\n", "offer: gist.metastatic.imatinib\n", 0,
        ("gist.metastatic.imatinib", "gist-recurrent-or-metastatic"),
    ),
    "a fact defined twice": (FACTS, "- fact: primary-site", "- fact: disease", 0, ("disease", "twice")),
    "absence that is no value": (FACTS, "absent: M0", "absent: M00", 0, ("M00", "did you mean 'M0'")),
    "absence that rests on a query nobody makes": (
        FACTS, "queries: [conditions]\n    wins: [[stated], [condition-code, body-site]",
        "queries: [condition]\n    wins: [[stated], [condition-code, body-site]", 0,
        ("condition", "did you mean 'conditions'"),
    ),
    "unknown system": (
        "knowledge/value_sets/drugs.yaml", "system: rxnorm", "system: rxnrm", 0,
        ("rxnrm", "did you mean 'rxnorm'"),
    ),
    "unknown system in the affiliate pack": (
        "knowledge/value_sets/snomed-affiliate/diagnosis.yaml", "system: sct", "system: stc", 0,
        ("stc", "did you mean 'sct'"),
    ),
    "reading of an unknown fact": (
        READINGS, "residual-tumour:", "residual-tumor:", 0, ("residual-tumor", "did you mean 'residual-tumour'"),
    ),
    "reading of an unknown value": (
        READINGS, "dx.metastasis.liver: liver", "dx.metastasis.liver: livr", 0, ("livr", "did you mean 'liver'"),
    ),
    "reading of a concept that no value set has": (
        READINGS, "dx.metastasis.liver: liver", "dx.metastasis.livr: liver", 0,
        ("dx.metastasis.livr", "did you mean 'dx.metastasis.liver'"),
    ),
    "reading of an order as no option of ours": (
        READINGS, "procedure.tace: embolisation", "procedure.tace: embolization", 0,
        ("embolization", "neither an option", "did you mean 'embolisation'"),
    ),
    "reading of an order as no test of ours": (
        READINGS, "procedure.genetic-test: mutation-testing", "procedure.genetic-test: mutation-test", 0,
        ("mutation-test", "did you mean 'mutation-testing'"),
    ),
    "an organ that is no site of a tumour or a metastasis": (
        READINGS, "procedure.resection.esophagus: oesophagus", "procedure.resection.esophagus: esophagus", 0,
        ("esophagus", "'primary-site' or 'metastatic-sites'", "did you mean 'oesophagus'"),
    ),
    "silence about no fact": (
        TABLES, "- fact: mitoses-per-50-hpf\n        because", "- fact: mitosis-per-50-hpf\n        because", 0,
        ("mitosis-per-50-hpf", "did you mean 'mitoses-per-50-hpf'"),
    ),
    "a variant that is no change": (
        "knowledge/variants.yaml", "change: D842V", "change: exon-18", 0, ("exon-18",),
    ),
    "a variant that means no genotype": (
        "knowledge/variants.yaml", "member: pdgfra-exon-18-insensitive", "member: pdgfra-exon-18-insensitiv", 0,
        ("pdgfra-exon-18-insensitiv", "did you mean 'pdgfra-exon-18-insensitive'"),
    ),
    "misspelt fact of a trial": (
        TRIAL, "{fact: asa-class, below: 3}", "{fact: asa-clas, below: 3}", 0, ("asa-clas", "did you mean 'asa-class'"),
    ),
    "wrong kind of criterion": (
        TRIAL, "kind: exclusion", "kind: exclusive", 0, ("exclusive", "did you mean 'exclusion'"),
    ),
    "wrong word for who settles it": (
        TRIAL, "settled-by: screening", "settled-by: screen", 0, ("screen", "did you mean 'screening'"),
    ),
    "unknown option of a trial": (
        TRIAL, "options: [imatinib, imatinib-high-dose", "options: [imatinib, imatinib-hi-dose", 0,
        ("imatinib-hi-dose", "did you mean 'imatinib-high-dose'"),
    ),
    "a criterion of another trial": (
        TRIAL, "criterion: nct03862768.asa-class", "criterion: nct03862769.asa-class", 0,
        ("nct03862769.asa-class", "'nct03862768.'"),
    ),
    "a criterion twice": (
        TRIAL, "criterion: nct03862768.asa-class", "criterion: nct03862768.age-years", 0,
        ("nct03862768.age-years", "twice"),
    ),
    "no number of a registration": (TRIAL, "trial: NCT03862768", "trial: NCT386", 0, ("NCT386",)),
    "a disease that is none": (TRIAL, "disease: gist", "disease: gst", 0, ("gst", "did you mean 'gist'")),
    "a fact that lasts and is no yes or no": (
        FACTS, "  - fact: asa-class\n    type: integer\n",
        "  - fact: asa-class\n    type: integer\n    lasts: {positive: 1, negative: 1}\n", 2, ("asa-class", "boolean"),
    ),
    "wording of a criterion that does not exist": (
        "cards/criteria.md", "## nct03862768.asa-class", "## nct03862768.asa-clas", 0,
        ("asa-clas", "did you mean 'nct03862768.asa-class'"),
    ),
    "unknown placeholder": (
        "cards/templates/caution.md", "{why}", "{wy}", 0, ("wy", "did you mean 'why'"),
    ),
    "unknown placeholder in a summary": (
        "cards/templates/caution.md", '"{order}: caution, {reason}"', '"{order}: caution, {reson}"', 0,
        ("reson", "did you mean 'reason'"),
    ),
    "unknown indicator": (
        "cards/templates/caution.md", "indicator: warning", "indicator: warnin", 0,
        ("warnin", "did you mean 'warning'"),
    ),
    "a summary that could be too long": (
        "cards/templates/caution.md", 'summary: "{order}: caution, {reason}"',
        'summary: "{order}: this order is one of those for which the pathway knows a reason for caution, {reason}"',
        0, ("140",),
    ),
    "wording of an id that does not exist": (
        "cards/options.md", "## sunitinib", "## sunitnib", 0, ("sunitnib", "did you mean 'sunitinib'"),
    ),
    "wording without a phrase": ("cards/options.md", "## sunitinib\nSunitinib", "## sunitinib", 0, ("sunitinib",)),
    "wording twice": ("cards/options.md", "## sunitinib", "## imatinib", 0, ("imatinib", "twice")),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_where_it_stands(copy: Copy, mistake: str) -> None:
    file, right, wrong, below, words = MISTAKES[mistake]
    line = copy.replace(file, right, wrong)

    assert_refused(copy, file, line + below, *words)


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

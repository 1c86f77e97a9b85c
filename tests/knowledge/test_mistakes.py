"""A mistake in knowledge or wording is refused with its file, its line and the nearest valid word."""

from __future__ import annotations

import pytest

from .authored_files import FACTS, SMALL, TABLES, TRIAL, UNRESECTABLE, assert_refused
from .authoring import Copy

ORDERS = "knowledge/orders/gist.yaml"
READINGS = "knowledge/readings.yaml"


def test_the_untouched_copy_is_accepted(copy: Copy) -> None:
    """Without this none of the refusals below would say anything."""
    found = copy.check()

    assert found.exit_code == 0, found.output
    assert "No mistakes" in found.output


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
    "a condition that nobody can follow": (
        "knowledge/scope.yaml", "{fact: age-years, below: 18}",
        "{not: " * 60 + "{fact: age-years, below: 18}" + "}" * 60, 0, ("more than 50 levels deep",),
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
    "a date that no calendar has": (
        "knowledge/version.yaml", 'version: "', 'version: 2026-13-45 # "', 0, ("2026-13-45", "date"),
    ),
    "a key that is a list": (
        "knowledge/version.yaml", 'version: "', '? [version]\n: "', 0, ("a key is a word",),
    ),
    "an id that is longer than what is kept of it": (
        "knowledge/options.yaml", "option: regorafenib", "option: regorafenib-" + "x" * 60, 0, ("too long",),
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

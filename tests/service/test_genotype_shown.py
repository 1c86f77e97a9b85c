"""Every genotype in at least three spellings: the records themselves are looked at, not the titles."""

from __future__ import annotations

import re

import pytest

from cds_service.loading import Loaded

from .shown import FIXTURES, Shown, expected_facts

# class of genotype -> spelling -> a patient whose record spells it so, and what stands in the record
SPELLINGS: dict[str, dict[str, tuple[str, str]]] = {
    "kit-exon-9": {
        "p. with one letter, as a duplication": ("genotype/kit-exon-9-dup-one-letter", r'"p\.A502_Y503dup"'),
        "the same as an insertion": ("genotype/kit-exon-9-ins", r"A502_Y503insAY"),
        "words of the variation code": ("genotype/kit-exon-9-variation-code-text", r'"KIT exon 9 mutation'),
        "our own code": ("encodings/case-facts-progressive", r'"kit-exon-9"'),
    },
    "kit-exon-11": {
        "p. with three letters": ("genotype/kit-exon-11-p-three-letter", r'"p\.\(?Val5\d\d[A-Z][a-z]{2}'),
        "p. with one letter and transcript": (
            "genotype/kit-exon-11-p-one-letter-transcript", r"NM_000222\.3:p\.V559",
        ),
        "c.": ("genotype/kit-exon-11-c-hgvs", r"NM_000222\.\d:c\.\d"),
        "name of the exon": ("genotype/kit-exon-11-exon-name", r'"Exon #11"'),
        "name of the test": ("genotype/kit-exon-11-in-the-code-text", r'"text": "KIT exon 11 mutation"'),
        "Observations of their own": ("genotype/kit-exon-11-separate-observations", r'"p\.Trp557_Lys558del"'),
    },
    "kit-other": {
        "a gene alone": ("genotype/kit-without-exon", r"HGNC:6342"),
        "words": ("genotype/kit-without-exon-in-words", r"Pathogenic KIT mutation detected"),
        "p. of another exon": ("genotype/kit-exon-13-p-three-letter", r"NP_000213\.1:p\.\(Lys642Glu\)"),
    },
    "pdgfra-exon-18-insensitive": {
        "p. with one letter": ("genotype/d842v-p-one-letter", r"p\.\(?D842V"),
        "p. with three letters": ("orders/sunitinib-after-avapritinib", r"p\.Asp842Val"),
        "c. without transcript": ("genotype/d842v-c-without-transcript", r'"c\.2525A>T"'),
        "ClinVar id": ("genotype/d842v-clinvar-without-gene", r'clinvar", "code": "13543"'),
        "words": ("genotype/d842v-in-words", r"PDGFRA exon 18 mutation D842V detected"),
    },
    "pdgfra-exon-18-contested": {
        "c.": ("gist-unresectable/contested-exon-18-imatinib", r"c\.2524_2525delinsAT"),
        "p. with three letters": ("orders/imatinib-800-contested-after-avapritinib", r'"p\.Asp842Tyr"'),
        "p. with one letter": ("encodings/case-facts-sensitivity-judged", r'"p\.D842_I843delinsVM"'),
        "name of the exon": ("genotype/pdgfra-exon-18-without-change", r'"Exon 18"'),
    },
    "pdgfra-other": {
        "c.": ("genotype/i843del-c-hgvs", r"c\.2527_2529del"),
        "p. with one letter": ("genotype/i843del-one-letter", r'"p\.I843del"'),
        "ClinVar id": ("genotype/v561d-clinvar", r'clinvar", "code": "13546"'),
    },
    "ntrk-fusion": {
        "the gene before its partner": ("genotype/ntrk1-gene-first", r"HGNC:8031.*TPM3"),
        "the partner before the gene": ("genotype/ntrk3-partner-first", r"ETV6.*HGNC:8033"),
        "words": ("genotype/ntrk3-text", r'"ETV6::NTRK3"'),
        "a gene and the kind of change": ("gist-unresectable/ntrk-fusion-larotrectinib", r"HGNC:8033.*SO:000"),
    },
    "braf-v600e": {
        "c.": ("genotype/braf-v600e-c-hgvs", r"c\.1799T>A"),
        "ClinVar id": ("genotype/braf-v600e-clinvar", r'clinvar", "code": "13961"'),
        "words": ("genotype/braf-v600e-in-words", r"BRAF V600E mutation detected"),
        "p. with three letters": ("orders/dabrafenib-and-trametinib", r"p\.Val600Glu"),
    },
    "sdh-deficient": {
        "a likely pathogenic variant": ("genotype/sdha-likely-pathogenic", r"HGNC:10680.*LA26332-9"),
        "stain by code": ("genotype/sdhb-stain-negative", r"SDHB immunohistochemistry.*260385009"),
        "stain in words": ("orders/pazopanib-sdh-deficient", r"SDHB expression lost"),
    },
    "nf1": {
        "Condition in SNOMED CT": ("genotype/nf1-condition", r"92824003"),
        "Condition in ICD-10-CM": ("encodings/icd-10-cm-whole-chart", r"Q85\.01"),
        "variant": ("genotype/nf1-variant", r"HGNC:7765.*LA6668-3"),
    },
    "wild-type": {
        "both genes absent in one panel": (
            "genotype/wild-type-absent-over-a-panel", r"LA9634-2.*HGNC:6342.*HGNC:8803",
        ),
        "an overall interpretation": ("genotype/wild-type-overall-interpretation", r"51968-6.*LA6577-6"),
        "two absents": ("genotype/wild-type-two-absents", r"LA9634-2"),
    },
}  # fmt: skip
CASES = [(member, spelling, *where) for member, rows in SPELLINGS.items() for spelling, where in rows.items()]


def test_every_class_but_resistance_is_spelled_three_ways(loaded: Loaded) -> None:
    """A resistance mutation does not change the group (decision 15), so it is no class to be shown."""
    classes = set(loaded.knowledge.vocabulary["genotype"].values) - {"kit-secondary"}
    assert set(SPELLINGS) == classes
    for member, rows in SPELLINGS.items():
        assert len({(name, pattern) for name, pattern in rows.values()}) >= 3, member
        assert len({name for name, _ in rows.values()}) == len(rows), member


@pytest.mark.parametrize(("member", "spelling", "name", "pattern"), CASES)
def test_the_record_spells_it_so(shown: Shown, member: str, spelling: str, name: str, pattern: str) -> None:
    assert member in expected_facts(FIXTURES[name])["genotype"]["known"]
    records = shown.records(name, "genotype")
    assert any(re.search(pattern, record) for record in records), spelling

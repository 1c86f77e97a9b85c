"""What a report says of the tumour's genes in words: found, or only named.

A find moves a drug onto the pathway or off it, so a mutation that is denied, asked for, or spoken of at large must
never be one (promise 1, decisions 10 and 15). What is not understood leaves the genotype unknown with the report
named, so that nobody reads that there is none.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.case.chart import fact_of, gist, present

from .genotypes import D842V, genotype, report

NOT_FOUND = [
    # a denial governs its whole sentence
    "No evidence of KIT exon 9 mutation, KIT exon 11 mutation, or PDGFRA mutation.",
    "Variants tested and not found: PDGFRA exon 12, PDGFRA D842V mutation.",
    "No KIT mutation, SDH deficiency or NTRK fusion detected.",
    "No evidence of BRAF V600E, loss of SDHB, or NTRK1 fusion.",
    "No KIT exon 11 mutation; PDGFRA D842V mutation; BRAF V600E mutation detected.",
    "Negative for KIT p.V559D, PDGFRA p.D842V.",
    "KIT p.V559D, PDGFRA p.D842V: not detected.",
    "mutated KIT, PDGFRA or BRAF were not seen",
    "KIT exon 11 mutation has been ruled out.",
    "KIT exon 11 mutation, which could not be confirmed, was found once.",
    "A KIT exon 11 mutation was found, but could not be confirmed.",
    "The assay did detect neither KIT exon 9 nor\nexon 11 deletion",
    "The tumour was negative for a\nKIT exon 11 mutation and for PDGFRA D842V.",
    # a heading governs what stands under it
    "RESULTS: NEGATIVE\nKIT exon 11 mutation\nKIT exon 9 mutation\nPDGFRA exon 18 mutation",
    "NOT DETECTED:\nKIT p.V559D\nPDGFRA p.D842V",
    "NOT DETECTED:\nKIT p.V559D.\nPDGFRA p.D842V.",
    "Not found.\n\nKIT p.V559D\nPDGFRA p.D842V",
    # the state of a test is no result
    "Spindle cell GIST. KIT mutation status: to follow.",
    "GIST, CD117 positive. KIT mutation status unknown at this time.",
    "KIT mutation status: see addendum",
    "KIT exon 11 mutation: pending",
    "Is a KIT exon 11 mutation present?",
    "KIT exon 11 mutation testing was requested",
    "Sample found adequate for KIT exon 11 mutation analysis.",
    "KIT exon 11 mutation\nKIT exon 9 mutation\nPDGFRA exon 18 mutation",
    "KIT exon 11 mutation by PCR",
    "KIT exon 11 mutation, PCR",
    "KIT exon 11 mutation. Sent to the reference laboratory.",
    "KIT exon 11 mutation. An addendum will follow.",
    "KIT p.V559D\nPDGFRA p.D842V\nBRAF p.V600E",
    "KIT exon 11 mutation [ ]",
    "Differential diagnosis: SDH-deficient GIST.",
    "SDHB positive, against SDH-deficient GIST",
    "KIT exon 11 variant seen in 1 read only, regarded as artefact.",
    "KIT exon 11 mutation detected. Note: this report has been withdrawn.",
    "DISREGARD THIS REPORT. KIT exon 11 mutation detected.",
    "Pertinent negatives:\nKIT exon 11 mutation\nPDGFRA D842V",
    "KIT exon 11 mutation detected: Nein",
    "Colon polyp: BRAF V600E mutation identified.",
    "KIT exon 11 mutation: -",
    "KIT exon 11 mutation: 0",
    "PDGFRA p.D842V: \u2013",
    "KIT p.V559D (0 %)",
    "KIT: exon 11 mutation\nPDGFRA: exon 18 mutation",
    "Adequate material. KIT exon 11 mutation.",
    # what a test looks for
    "Hotspots covered: KIT p.V559D; PDGFRA p.D842V.",
    "Targets: PDGFRA D842V, BRAF V600E",
    "Genes and variants of this panel: PDGFRA p.D842V",
    "KIT sequencing failed. The method detects a KIT exon 11 deletion down to 5 % allele fraction.",
    "PDGFRA D842V can be detected by this method.",
    # tumours at large
    "No result: DNA was degraded. Comment: approximately 70% of GISTs harbor a KIT exon 11 mutation.",
    "GISTs with a KIT exon 11 mutation typically respond to imatinib.",
    "KIT exon 11 mutations are found in two thirds of GISTs",
    "PDGFRA D842V confers resistance to imatinib.",
    "When a PDGFRA D842V mutation is detected, imatinib is of no use.",
    "Avapritinib is approved for PDGFRA D842V mutant GIST.",
    "Imatinib is indicated where a KIT mutation is detected.",
    "Mutations found: 0 (KIT exon 11, PDGFRA D842V mutation)",
    # another person, another tumour, a control
    "In the contralateral specimen of the patient's father a KIT exon 11 mutation was found",
    "The donor control carries KIT exon 11 mutation",
    # a stain of the protein
    "GIST, KIT positive, exon 11 sequenced.",
    "CD117 (KIT) positive, DOG1 positive.",
    # more copies are no mutation
    "KIT amplification detected",
]

FOUND = [
    ("KIT exon 11 mutation detected; no mutation in PDGFRA", {"kit-exon-11"}),
    ("KIT exon 11 mutation detected, no mutation in exons 9, 13 and 17.", {"kit-exon-11"}),
    ("KIT exon 11 mutation detected, no other mutations.", {"kit-exon-11"}),
    ("KIT: c.1669T>C p.Trp557Arg, exon 11", {"kit-exon-11"}),
    ("KIT: c.1669T>C p.Trp557Arg, exon 11\nPDGFRA: wild type", {"kit-exon-11"}),
    ("Results:\nKIT: p.Trp557Arg\nPDGFRA: wild type", {"kit-exon-11"}),
    ("KIT exon 11, p.W557_K558del, detected.", {"kit-exon-11"}),
    ("KIT ex. 11 mutation detected", {"kit-exon-11"}),
    ("Molecular testing by NGS showed a KIT exon 11 mutation (p.V559D).", {"kit-exon-11"}),
    ("KIT Exon-11-deletion : detected ;PDGFRA : negative", {"kit-exon-11"}),
    ("KIT: Exon 11 , p.(Trp557_Lys558del) ; detected", {"kit-exon-11"}),
    ("Positive for a KIT exon 9 duplication", {"kit-exon-9"}),
    ("KIT exon 11: deletion detected\nPDGFRA: not detected", {"kit-exon-11"}),
    ("PDGFRA: not detected\nKIT exon 11: deletion detected", {"kit-exon-11"}),
    ("KIT: no mutation in exons 9, 11, 13\nPDGFRA: exon 18 mutation p.D842V detected", {D842V}),
    ("KIT exon 11 mutation: not detected. PDGFRA exon 18 D842V mutation: detected.", {D842V}),
    ("No KIT mutation was detected, but a PDGFRA exon 18 mutation D842V was detected.", {D842V}),
    ("PDGFRA p.D842V (c.2525A>T), VAF 35 %", {D842V}),
    ("PDGFRA exon 18 mutation D842V detected in 35 % of reads", {D842V}),
    ("KIT exon 11 mutation detected (p.W557_K558del). PDGFRA wild type.", {"kit-exon-11"}),
    ("Pathogenic KIT mutation detected, exon not reported", {"kit-other"}),
    ("Likely pathogenic KIT exon 11 variant identified.", {"kit-exon-11"}),
    ("KIT mutational status: exon 11 mutation found", {"kit-exon-11"}),
    ("The tumour harbours a KIT\nexon 11 mutation, sensitive to imatinib.", {"kit-exon-11"}),
    ("CD117 positive, DOG1 positive. KIT exon 11 mutation identified.", {"kit-exon-11"}),
    ("BRAF V600E mutation detected", {"braf-v600e"}),
    ("ETV6::NTRK3 fusion detected.", {"ntrk-fusion"}),
    ("SDHB loss of expression", {"sdh-deficient"}),
    ("SDH-deficient GIST.", {"sdh-deficient"}),
    ("KIT-mutated GIST", {"kit-other"}),
    # nothing but the one mutation, or a table
    ("KIT exon 11 mutation", {"kit-exon-11"}),
    ("Gastric GIST, 6 cm. CD117 positive. KIT exon 11 mutation.", {"kit-exon-11"}),
    ("Molecular: KIT exon 9 AY502-503 duplication.", {"kit-exon-9"}),
    ("Mutation analysis: KIT exon 11 deletion (p.W557_K558del)", {"kit-exon-11"}),
    ("KIT: exon 11 deletion\nPDGFRA: no mutation", {"kit-exon-11"}),
    # a gene of wild type beside one that is not
    ("KIT exon 11 mutated, PDGFRA wild type", {"kit-exon-11"}),
    ("Wild type for KIT and PDGFRA; BRAF V600E mutation detected", {"braf-v600e"}),
    # how much was looked at
    (
        "NGS panel (50 genes): pathogenic variant in KIT (exon 11, p.V559D) was detected. No other mutations.",
        {"kit-exon-11"},
    ),
]


@pytest.mark.parametrize("conclusion", NOT_FOUND)
def test_a_mutation_that_is_only_named_is_not_found(conclusion: str) -> None:
    assert genotype(report(conclusion)) == set()


@pytest.mark.parametrize(("conclusion", "members"), FOUND, ids=[text for text, _ in FOUND])
def test_a_mutation_that_is_plainly_reported_is_found(conclusion: str, members: set[str]) -> None:
    assert genotype(report(conclusion)) == members


@pytest.mark.parametrize(
    "conclusion",
    ["No KIT mutation detected.", "KIT exon 11 mutation: pending", "PDGFRA D842V, see addendum",
     "KIT exon 11 mutation by PCR",
     "Mutation PDGFRA D842V is seen. Internal control valid."],
)  # fmt: skip
def test_a_report_that_is_not_understood_is_named(conclusion: str) -> None:
    """It must not look as if nobody had ever tested."""
    fact = fact_of("genotype", gist(), report(conclusion))
    assert present(fact) == set()
    assert fact.why == "uncodable"
    assert [e.resource for e in fact.evidence] == ["DiagnosticReport/r"]


@pytest.mark.parametrize("conclusion", ["GIST, CD117 (KIT) positive.", "KIT expressed, spindle cells."])
def test_a_report_that_says_nothing_of_a_gene_is_not_named(conclusion: str) -> None:
    assert fact_of("genotype", gist(), report(conclusion)).why == "missing"


MUTATIONS = [
    "KIT exon 11",
    "KIT exon 9",
    "PDGFRA exon 18 D842V",
    "PDGFRA p.D842V",
    "KIT p.V559D",
    "KIT",
    "c-KIT",
]
NOUNS = ["mutation", "mutations", "deletion", "variant", "insertion", "duplication", "alteration"]
DENIALS = [
    "No {}.", "No {} detected.", "No evidence of {}", "{}: not detected", "{} was not found.", "Negative for {}",
    "NEGATIVE:\n{}", "Not detected:\n{}", "Without {}", "{} absent", "{} has been ruled out", "Neither {} found",
    "{} could not be detected", "Absence of {} confirmed", "{}: none detected", "Results: no mutation\n{}",
    "{} excluded", "Wild type: {}", "Lacks {}",
]  # fmt: skip
DOUBTS = [
    "{}: pending", "{} status: to follow", "{} unknown", "Possible {} detected", "{}: see addendum", "{} suspected",
    "{} testing recommended", "Please test for {}", "{} failed", "{} detected?", "If {} is detected, treat",
    "The assay detects {}", "70 % of GISTs harbour {}", "{} are often found", "{} can be detected by the method",
    "{} was found in her mother", "Targets: {}", "Request: {}", "Equivocal {} identified", "{} requested",
]  # fmt: skip
FINDINGS = ["{} detected.", "{} was found", "Result: {} identified", "{}: present", "{} : positive",
            "The tumour harbours {}", "Positive for {}", "Sequencing showed {}"]  # fmt: skip

a_mutation = st.builds("{} {}".format, st.sampled_from(MUTATIONS), st.sampled_from(NOUNS))
several = st.lists(a_mutation, min_size=1, max_size=4)


@given(several, st.sampled_from([", ", "; ", ",\n", "\n", " or ", ", or ", " and ", " / "]),
       st.sampled_from([*DENIALS, *DOUBTS]))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_what_is_denied_or_in_doubt_is_never_found(named: list[str], between: str, said: str) -> None:
    assert genotype(report(said.format(between.join(named)))) == set()


@given(
    a_mutation, st.sampled_from(FINDINGS), st.sampled_from(["", "DNA was good. ", "GIST of the stomach.\n\n"])
)
@settings(max_examples=200, deadline=None)
def test_what_is_plainly_reported_is_found(named: str, said: str, before: str) -> None:
    (member,) = genotype(report(before + said.format(named)))
    assert member.startswith("pdgfra" if "PDGFRA" in named else "kit")
    assert (member == D842V) == ("D842V" in named)

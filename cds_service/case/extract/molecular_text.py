"""What a free text plainly reports of the tumour's genotype."""

from __future__ import annotations

import re

from ...fhir.terminology import LONGEST_TEXT
from .variants import Variants, changes_in, exon_in, unchanged

LONGEST_REPORT = 20_000
_GENE = re.compile(r"\b(?:c-)?KIT\b|\bc-kit\b|\bPDGFRA\b|\bBRAF\b|\bNTRK[123]\b|\bSDH[ABCD]\b")
_NTRK_FUSION = re.compile(
    r"\bNTRK[123]\b(?=.*\bfusion\b)|\bfusion\b(?=.*\bNTRK[123]\b)|\w+::NTRK[123]\b|\bNTRK[123]::\w+"
)
_FOUND = re.compile(
    r"\b(mutation|mutated|mutant|variant|deletion|insertion|duplication|detected|found|identified|present|positive|"
    r"harbou?rs|carries|shows|fusion|deficien\w*|loss)\b|::",
    re.IGNORECASE,
)
# a report that speaks of another tumour, or of a control, is not read at all
_OTHER_SUBJECT = re.compile(
    r"\b(melanoma|(?:adeno)?carcinoma|lymphoma|leuk(?:a)?emia|glioma|mesothelioma|seminoma|mastocytosis|thyroid|"
    r"control|amplif\w*|interpretable|validation|reference sample)\b",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(r"[.;\n]\s|[,;\n]|\bbut\b")
_MUTATION = re.compile(r"\b(mutation|mutated|mutant)\b", re.IGNORECASE)
_SDH_LOST = re.compile(r"\bSDH[A-D]?\b(?=.*\b(?:deficien\w*|loss)\b)|\bloss of SDH[A-D]?\b", re.IGNORECASE)
_DRIVERS = frozenset({"KIT", "PDGFRA", "BRAF"})
_DENIED = re.compile(
    r"\b(no|not|non|negative|absent|without|none|neither|nor|wild[- ]?type|pending|requested|request|ordered|awaited|"
    r"recommend\w*|suggest\w*|consider|analysis|testing|tested|test|assay|panel|if|whether|exclude\w*|rule|"
    r"retained|intact|preserved|failed|insufficient|inconclusive|uncertain|possible|suspected|unlikely|"
    r"germline|polymorphism|benign|family|history)\b",
    re.IGNORECASE,
)


def members_in(
    text: str, variants: Variants, after_imatinib: bool, genes_named: frozenset[str] = frozenset()
) -> frozenset[str]:
    """The members of `genotype` that a text plainly reports as found; never one that it denies or asks for.

    A clause counts only if it says that something was found, with no word that denies, doubts or requests, and
    names a gene with a change, an exon or a mutation, or a fusion. `genes_named` are the genes that the test's
    own name names, for clauses that name none.
    """
    if _OTHER_SUBJECT.search(text):
        return frozenset()
    found: set[str] = set()
    for clause in _CLAUSE_ENDS.split(text[:LONGEST_REPORT] + " "):
        if len(clause) > LONGEST_TEXT or _DENIED.search(clause) or unchanged(clause):
            continue
        changes = changes_in(clause)
        if not (_FOUND.search(clause) or (genes_named and changes)):
            continue
        if _NTRK_FUSION.search(clause):
            found.add("ntrk-fusion")
        if _SDH_LOST.search(clause):
            found.add("sdh-deficient")
        genes = _DRIVERS & (genes_in(clause) or genes_named)
        exon = exon_in(clause)
        if len(genes) != 1 or not (changes or exon is not None or _MUTATION.search(clause)):
            continue
        gene = next(iter(genes))
        found |= variants.members(gene, changes, exon, after_imatinib=after_imatinib)
    return frozenset(found)


def genes_in(text: str) -> frozenset[str]:
    """The genes that a text names, by their symbols; `KIT` counts in capitals only."""
    # quicker than looking for all of them, and most texts name none
    if not (
        "KIT" in text
        or "kit" in text
        or "PDGFRA" in text
        or "BRAF" in text
        or "NTRK" in text
        or "SDH" in text
    ):
        return frozenset()
    return frozenset(m.upper().removeprefix("C-") for m in _GENE.findall(text))


def may_name_gene(text: str) -> bool:
    """Whether a text may name a gene in any case: quicker than looking, and never wrong where it says no."""
    # where case does not count, `ſ` is an `s`
    plain = text.lower() if text.isascii() else text.casefold()
    return "kit" in plain or "pdgfra" in plain or "braf" in plain or "ntrk" in plain or "sdh" in plain

"""What a free text plainly reports of the tumour's genotype."""

from __future__ import annotations

import re

from .variants import Variants, exon_in

_GENE = re.compile(r"\b(?:c-)?KIT\b|\bc-kit\b|\bPDGFRA\b|\bBRAF\b|\bNTRK[123]\b|\bSDH[ABCD]\b")
_RESIDUE = r"[A-Z](?:[a-z]{2})?\d{2,4}"
_CHANGE = re.compile(
    rf"\b(?:p\.\(?)?{_RESIDUE}(?:_{_RESIDUE})?(?:delins[A-Za-z]+|del|dup|ins[A-Za-z]+|[A-Z](?:[a-z]{{2}})?)\b"
)
_NTRK_FUSION = re.compile(
    r"\bNTRK[123]\b(?=.*\bfusion\b)|\bfusion\b(?=.*\bNTRK[123]\b)|\w+::NTRK[123]\b|\bNTRK[123]::\w+"
)
_FOUND = re.compile(
    r"\b(mutation|mutated|mutant|variant|deletion|insertion|duplication|detected|found|identified|present|positive|"
    r"harbou?rs|carries|shows|fusion|deficien\w*|loss)\b|::",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(no|not|non|negative|absent|without|none|neither|nor|wild[- ]?type|pending|requested|request|ordered|awaited|"
    r"recommend\w*|suggest\w*|consider|analysis|testing|tested|test|assay|panel|if|whether|exclude\w*|rule|"
    r"retained|intact|preserved|failed|insufficient|inconclusive|uncertain|possible|suspected|unlikely|"
    r"germline|polymorphism|benign|family|history)\b",
    re.IGNORECASE,
)


def names_gene(text: str) -> bool:
    """Whether a text names one of the genes that matter."""
    return bool(_GENE.search(text))


def members_in(text: str, variants: Variants, after_imatinib: bool) -> frozenset[str]:
    """The members of `genotype` that a text plainly reports as found; never one that it denies or asks for.

    A clause counts only if it names a gene, an exon, a listed change or a fusion, and says that it was found,
    with no word that denies, doubts or requests.
    """
    found: set[str] = set()
    for clause in re.split(r"[.;\n]\s|[,;\n]|\bbut\b", text + " "):
        if _DENIED.search(clause) or not _FOUND.search(clause):
            continue
        if _NTRK_FUSION.search(clause):
            found.add("ntrk-fusion")
        if re.search(r"\bSDH[A-D]?\b", clause) and re.search(
            r"\b(deficien\w*|loss)\b", clause, re.IGNORECASE
        ):
            found.add("sdh-deficient")
        genes = {m.upper().removeprefix("C-") for m in _GENE.findall(clause)} & {"KIT", "PDGFRA", "BRAF"}
        changes = _CHANGE.findall(clause)
        exon = exon_in(clause)
        if len(genes) != 1 or (not changes and exon is None):
            continue
        gene = genes.pop()
        for change in changes or (None,):
            member = variants.member(gene, change, exon, after_imatinib=after_imatinib)
            if member:
                found.add(member)
    return frozenset(found)

"""What a text of a variant names is found as quickly as may be: it comes out as by the patterns alone."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.case.extract import molecular_text, molecular_words, variants
from tests.shipped import service

KNOWN = service().extractor.variants
_PIECES = st.one_of(
    st.sampled_from(
        ["p.", "c.", "(", ")", "=", "_", "del", "ins", "delins", "dup", "fs*5", "Asp", "Val", "asp", "ASP", "D", "V",
         "Ter", "Xaa", "*", "842", "1", "12345", "\u0662", "D842V", "Asp842Val", "p.(Asp842Val)", "Pro567=",
         "c.2525A>T", "2525A>T", "rs121908585", "rs", "12", "NM_006206.6:", "NP_006197", "NM_", "exon 18", "Ex11",
         "EXONS 9, 11 and 13", "exo", "KIT", "c-KIT", "kit", "c-kit", "PDGFRA", "BRAF", "NTRK1", "NTRK", "SDHB", "Sdhb",
         " ", "-", "."]
    ),
    st.text(max_size=2),
)  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=6).map("".join)


def by_patterns(text: str) -> list[str]:
    """The plain form: every pattern is tried, and each residue is replaced wherever it stands."""
    if variants._UNCHANGED.search(text):
        return []
    found = []
    for change in variants._PROTEIN.findall(text):
        if not change.endswith("="):
            three = variants._THREE_LETTERS.match(change)
            found.append(variants._THREE.sub(_letter, change) if three else change)
    return list(dict.fromkeys([*found, *variants._CODING.findall(text), *variants._DBSNP.findall(text)]))


def _letter(residue: re.Match[str]) -> str:
    return variants.AMINO_ACIDS[residue.group().lower()]


@given(_TEXTS)
@settings(max_examples=400, deadline=None)
def test_changes_are_those_that_the_patterns_find(text: str) -> None:
    assert variants.changes_in(text) == by_patterns(text)
    assert variants.unchanged(text) == bool(variants._UNCHANGED.search(text))


@given(_TEXTS)
@settings(max_examples=200, deadline=None)
def test_exons_genes_and_transcripts_are_those_that_the_patterns_find(text: str) -> None:
    runs = variants._EXONS.findall(text[:500])
    assert variants.exons_in(text) == {int(n) for run in runs for n in variants._EXON_NUMBER.findall(run)}
    genes = {symbol.upper().removeprefix("C-") for symbol in molecular_words.GENE.findall(text)}
    assert molecular_text.genes_in(text) == genes
    named = variants._TRANSCRIPT.findall(text)
    other = bool(named) and not any(n in KNOWN.genes["PDGFRA"].transcripts for n in named)
    assert KNOWN.other_numbering("PDGFRA", text) == other

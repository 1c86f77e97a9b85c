"""What a variant Observation says: was it found, of which gene, what changed, in which exon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ...fhir.resources import Component, Observation
from ...fhir.terminology import readable, texts_of
from .molecular_text import genes_in, tells_of_find
from .pathology import has_value, yes_or_no
from .sources import Sources
from .variants import changes_in, exons_in

Parts = Mapping[str, Sequence[Component]]

NTRK = frozenset({"NTRK1", "NTRK2", "NTRK3"})
_NEGATIVE = re.compile(
    r"\b(negative|not detected|not found|none detected|absent|no (?:pathogenic )?(?:mutation|variant)s?\b.{0,40}|"
    r"no mutation|wild[- ]?type|undetected|undetectable)\b",
    re.IGNORECASE,
)
_COPIES = re.compile(r"\bamplif|copy[ _-]number", re.IGNORECASE)
Significance = Literal["driver", "benign", "uncertain", "unclear", "unsaid"]
_STRONGEST_FIRST: tuple[Significance, ...] = ("driver", "unclear", "uncertain", "benign")
_SIGNIFICANCES: Mapping[str, Significance] = {
    "gen.value.pathogenic": "driver",
    "gen.value.likely-pathogenic": "driver",
    "gen.value.benign": "benign",
    "gen.value.likely-benign": "benign",
    "gen.value.uncertain-significance": "uncertain",
    "gen.value.resistant": "unsaid",
    "gen.value.presumed-resistant": "unsaid",
    "gen.value.responsive": "unsaid",
    "gen.value.presumed-responsive": "unsaid",
}
# of tumours too: oncogenic (ClinGen, CGC and VICC), tiers I to IV (AMP, ASCO and CAP)
_DRIVER = re.compile(
    r"(?:likely )?(?:pathogenic|oncogenic)\b|tier[ -]?(?:ii?|[12])[ -]?[a-d]?\b", re.IGNORECASE
)
_NO_DRIVER = re.compile(r"\b(?:benign|uncertain|conflicting|vus|not|no)\b", re.IGNORECASE)
_BENIGN = re.compile(r"(?:likely )?benign\b(?!.*pathogenic)|tier[ -]?(?:iv|4)\b", re.IGNORECASE)
_UNCERTAIN = re.compile(
    r"\b(?:vus|(?:uncertain|unknown|undetermined) (?:clinical )?significance|tier[ -]?(?:iii|3))\b",
    re.IGNORECASE,
)
_SYMBOL = re.compile(r"^[A-Z][A-Z0-9]{1,9}$")


def reported(sources: Sources, observation: Observation, names_change: bool) -> bool | None:
    """Present, absent or not said: by value, interpretation or words; a result without any of them that names
    a change reports it as found."""
    said = yes_or_no(sources, observation)
    if said is not None:
        return said
    words = [*texts_of(observation.value_codeable_concept), readable(observation.value_string)]
    for interpretation in observation.interpretation or ():
        codes = {c.code for c in interpretation.coding or ()}
        words += ["negative"] if codes & {"NEG", "ND"} else []
        words += ["positive"] if codes & {"POS", "DET"} else []
        words += texts_of(interpretation)
    words = [w for w in words if w]
    if any(_NEGATIVE.search(w) or not sources.plain(w) for w in words):
        return False if all(_NEGATIVE.search(w) for w in words) else None
    if any(tells_of_find(w) for w in words):
        return True
    silent = (
        not words and observation.value_codeable_concept is None and observation.data_absent_reason is None
    )
    return True if silent and names_change else None


def parts_of(sources: Sources, observation: Observation) -> Parts:
    """The components by each concept that they are about."""
    found: dict[str, list[Component]] = {}
    for component in observation.component or ():
        for concept in sources.concepts(component.code):
            found.setdefault(concept, []).append(component)
    return found


def genes_studied(sources: Sources, parts: Parts) -> frozenset[str]:
    """Symbols of the genes studied: by code, else by their names."""
    found: set[str] = set()
    for component in parts.get("gen.obs.gene-studied", ()):
        concept = component.value_codeable_concept
        coded = {k.removeprefix("gene.") for k in sources.concepts(concept) if k.startswith("gene.")}
        if not coded:
            words = sources.words([*texts_of(concept), component.value_string])
            coded = {k.removeprefix("gene.") for k in words if k.startswith("gene.")}
        found |= coded
    return frozenset(found)


def genes_of_listed_variants(sources: Sources, parts: Parts) -> frozenset[str]:
    """Genes of variants that a code names whole (`ClinVar 13543` is PDGFRA D842V)."""
    found = set()
    for name in ("gen.obs.variation-code", "gen.obs.p-hgvs", "gen.obs.c-hgvs"):
        for component in parts.get(name, ()):
            for kind in sources.concepts(component.value_codeable_concept):
                if kind.startswith("variant."):
                    found.add(kind.split(".")[1])
    return frozenset(found)


def gene_disputed(sources: Sources, parts: Parts) -> bool:
    """Whether a gene's id and its display name different genes."""
    for component in parts.get("gen.obs.gene-studied", ()):
        for coding in (
            (component.value_codeable_concept.coding or ()) if component.value_codeable_concept else ()
        ):
            coded = {k.removeprefix("gene.") for k in sources.terminology.concepts_of(coding)}
            shown = (coding.display or "").strip().upper()
            if coded and _SYMBOL.match(shown) and shown not in coded:
                return True
    return False


def change_texts(sources: Sources, parts: Parts) -> Iterator[str]:
    """What the components say of the change, in the words and codes in which they say it."""
    for kind in ("gen.obs.p-hgvs", "gen.obs.c-hgvs", "gen.obs.variation-code"):
        for component in parts.get(kind, ()):
            concept = component.value_codeable_concept
            listed = sorted(k for k in sources.concepts(concept) if k.startswith("variant."))
            if listed:
                yield from (k.split(".")[2] for k in listed)
            codes = [readable(c.code) for c in (concept.coding or ())] if concept else []
            texts = [*codes, *texts_of(concept), readable(component.value_string)]
            for text in texts:
                # an identifier of a database alone says nothing of the change
                if text and (kind != "gen.obs.variation-code" or changes_in(text) or genes_in(text)):
                    yield text


def exons_named(parts: Parts, observation: Observation) -> frozenset[int] | None:
    """The exons that the result is about: empty if it names no region, None if it names one that is no exon."""
    texts = [
        text
        for kind in ("gen.obs.dna-region-name", "gen.obs.variation-code")
        for component in parts.get(kind, ())
        for text in [readable(component.value_string), *texts_of(component.value_codeable_concept)]
        if text and (kind == "gen.obs.dna-region-name" or exons_in(text))
    ]
    # a result in words may name the exon that its components leave out
    texts = texts or [
        t for t in [readable(observation.value_string), *texts_of(observation.code)] if exons_in(t)
    ]
    found = frozenset(e for text in texts for e in exons_in(text))
    return None if texts and not found else found


def significance(sources: Sources, parts: Parts) -> Significance:
    """What is stated of a variant's clinical significance: `driver`, `benign`, `uncertain`, `unclear` if the words are
    none that we know, `unsaid`. What is said of the response to a drug says nothing of it."""
    stated = {_significance(sources, c) for c in parts.get("gen.obs.clinical-significance", ())} - {"unsaid"}
    unsaid: Significance = "unsaid"
    return next((one for one in _STRONGEST_FIRST if one in stated), unsaid)


def _significance(sources: Sources, component: Component) -> Significance:
    concepts = sources.concepts(component.value_codeable_concept)
    for value, known in _SIGNIFICANCES.items():
        if value in concepts:
            return known
    if not has_value(component):
        return "unsaid"
    texts = [*texts_of(component.value_codeable_concept), readable(component.value_string)]
    said = {_in_words(text.strip()) for text in texts if text}
    return said.pop() if len(said) == 1 else "unclear"


def _in_words(text: str) -> Significance:
    if _DRIVER.match(text) and not _NO_DRIVER.search(text):
        return "driver"
    if _BENIGN.match(text):
        return "benign"
    return "uncertain" if _UNCERTAIN.search(text) else "unclear"


def changes_copies(sources: Sources, observation: Observation, parts: Parts) -> bool:
    """Whether a result is about the number of a gene's copies, which is no mutation of it."""
    if "gen.obs.copy-number" in parts:
        return True
    texts = [*texts_of(observation.code), *texts_of(observation.value_codeable_concept)]
    for kind in ("gen.obs.dna-change-type", "gen.obs.variation-code"):
        for component in parts.get(kind, ()):
            if "gen.value.copy-number-change" in sources.concepts(component.value_codeable_concept):
                return True
            texts += [*texts_of(component.value_codeable_concept), component.value_string or ""]
    return any(_COPIES.search(text) for text in [*texts, observation.value_string or ""])


def is_fusion(
    sources: Sources, observation: Observation, parts: Parts, genes: frozenset[str], texts: list[str]
) -> bool:
    """A fusion of NTRK1, 2 or 3: two genes studied and nothing else, or said to be a fusion."""
    if not genes & NTRK and not any("NTRK" in text for text in texts):
        return False
    for component in observation.component or ():
        if "gen.value.fusion" in sources.concepts(component.value_codeable_concept):
            return True
        words = [*texts_of(component.value_codeable_concept), readable(component.value_string)]
        if any(("::" in w or re.search(r"\bfusion\b", w, re.IGNORECASE)) and sources.plain(w) for w in words):
            return True
    studied = parts.get("gen.obs.gene-studied", ())
    return len(studied) == 2 and not texts

"""The tumour's genotype from variant Observations, SDHB staining and exon-level results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import structs

from ...fhir.datatypes import day, start_of, target
from ...fhir.resources import Component, Observation
from ...fhir.terminology import texts_of
from ..fact import Evidence
from ..settle import Reading
from .diagnosis import Diagnosis
from .molecular_text import genes_in, members_in
from .pathology import Timeline, yes_or_no
from .sources import FINAL, Sources
from .variants import Variants, exon_in, normal_change

KIT = frozenset({"kit-exon-9", "kit-exon-11", "kit-other"})
PDGFRA = frozenset({"pdgfra-exon-18-insensitive", "pdgfra-exon-18-contested", "pdgfra-other"})
MEMBERS_OF: Mapping[str, frozenset[str]] = {
    "KIT": KIT,
    "PDGFRA": PDGFRA,
    "BRAF": frozenset({"braf-v600e"}),
}
NTRK = frozenset({"NTRK1", "NTRK2", "NTRK3"})
SDH = frozenset({"SDHA", "SDHB", "SDHC", "SDHD"})
_SYMBOL = re.compile(r"^[A-Z][A-Z0-9]{1,9}$")
_SDHB_LOST = re.compile(r"\b(loss|lost|deficien\w*|negative|absent)\b", re.IGNORECASE)
_SDHB_KEPT = re.compile(
    r"\b(retained|preserved|intact|positive|no loss|not lost|proficient)\b", re.IGNORECASE
)


def read_genotype(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    """Readings of `genotype`, one for each member that a record finds or excludes."""
    excluded: dict[str, Evidence] = {}
    for reference, observation in sources.observations():
        if not diagnosis.same_tumour(target(f) for f in observation.focus or ()):
            continue
        kinds = sources.concepts(observation.code)
        if "gen.obs.variant" in kinds:
            whole = _with_members(sources, observation)
            for reading in _variant(sources, reference, whole, timeline, variants):
                yield reading
                if not reading.positive and reading.member:
                    excluded[reading.member] = reading.evidence
        elif "gen.obs.overall-interpretation" in kinds:
            for reading in _overall(sources, reference, observation):
                yield reading
                if reading.member:
                    excluded[reading.member] = reading.evidence
        elif not kinds:
            yield from _stain(sources, reference, observation)
            yield from _named_test(sources, reference, observation, timeline, variants)
        elif "gene.BRAF.v600e-ihc" in kinds and (found := yes_or_no(sources, observation)) is not None:
            here = sources.dated(reference, observation, "value")
            yield Reading("genotype", "immunohistochemistry", here, member="braf-v600e", positive=found)
    for reference, report in sources.reports():
        when = start_of(report.effective_date_time, report.effective_period) or day(report.issued)
        here = Evidence(reference, "conclusion", when)
        for member in sorted(members_in(report.conclusion or "", variants, _after(timeline, when))):
            yield Reading("genotype", "text", here, member=member)
    if excluded.keys() >= KIT | PDGFRA:
        # both genes tested and nothing found: wild type for the genes named, no more
        for evidence in {excluded[m] for m in KIT | PDGFRA}:
            yield Reading("genotype", "variant", evidence, member="wild-type")
        yield Reading("genotype", "variant", evidence, member="kit-secondary", positive=False)


def _after(timeline: Timeline, when: str | None) -> bool:
    """Whether a result is known to be from after systemic therapy began."""
    return timeline.therapy_start is not None and timeline.before_therapy(when) is False


def _with_members(sources: Sources, observation: Observation) -> Observation:
    """A variant whose gene, change and region stand in Observations of their own, as if they were components."""
    members = [sources.record.find(target(m), Observation) for m in observation.has_member or ()]
    usable = [m for m in members if m and m.status in FINAL and sources.about_patient(m.subject)]
    if not usable:
        return observation
    parts = [
        Component(code=m.code, value_codeable_concept=m.value_codeable_concept, value_string=m.value_string)
        for m in usable
    ]
    return structs.replace(observation, component=[*(observation.component or ()), *parts])


def _overall(sources: Sources, reference: str, observation: Observation) -> Iterator[Reading]:
    """A negative overall interpretation excludes the genes that it says were studied."""
    if yes_or_no(sources, observation) is not False:
        return
    here = sources.dated(reference, observation, "valueCodeableConcept")
    for gene in sorted(_genes(sources, observation)):
        for member in sorted(MEMBERS_OF.get(gene, ())):
            yield Reading("genotype", "variant", here, member=member, positive=False)


def _named_test(
    sources: Sources, reference: str, observation: Observation, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    """A result without a usable code whose name and value say it in words: `KIT exon 11`, present."""
    name = " ".join(texts_of(observation.code))
    values = [*texts_of(observation.value_codeable_concept), observation.value_string or ""]
    genes = genes_in(name)
    if not genes and not genes_in(" ".join(values)):
        return
    here = sources.dated(reference, observation, "value")
    after = _after(timeline, here.date)
    said = yes_or_no(sources, observation)
    if said is None:
        for value in values:
            for member in sorted(members_in(value, variants, after, genes)):
                yield Reading("genotype", "text", here, member=member)
    else:
        # the name itself says what is present or absent
        for member in sorted(members_in(f"{name} found", variants, after)):
            yield Reading("genotype", "text", here, member=member, positive=said)


def _variant(
    sources: Sources, reference: str, observation: Observation, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    here = sources.dated(reference, observation, "component")
    genes = _genes(sources, observation) | _genes_of_listed(sources, observation)
    changes = list(_changes(sources, observation))
    exon = _exon(sources, observation)
    found = yes_or_no(sources, observation)
    if (
        found is None
        and observation.value_codeable_concept is None
        and observation.data_absent_reason is None
    ):
        # profiles without a value still report what was found by naming it
        found = True if changes else None
    if found is None:
        yield Reading("genotype", "variant", here, why="uncodable")
        return
    if _gene_disputed(sources, observation):
        # which of the two was meant is not for us to decide
        yield Reading("genotype", "variant", here, why="uncodable", remark="gene-disputed")
        return
    if not found:
        yield from _negative(genes, changes, exon, here, variants)
        return
    if _harmless(sources, observation):
        return
    if (len(genes) > 1 and genes & NTRK) or (genes & NTRK and _fusion(sources, observation)):
        yield Reading("genotype", "variant", here, member="ntrk-fusion")
        return
    after = _after(timeline, here.date)
    named = False
    for gene in sorted(genes):
        member = None
        for change in changes or (None,):
            member = member or variants.member(gene, change, exon, after_imatinib=after)
        if gene in SDH and _pathogenic(sources, observation):
            member = "sdh-deficient"
        if gene == "NF1" and _pathogenic(sources, observation):
            member = "nf1"
        if member:
            named = True
            remark = "exon-18-contested" if member == "pdgfra-exon-18-contested" else None
            yield Reading("genotype", "variant", here, member=member, remark=remark)
    if not named and genes & {"KIT", "PDGFRA"}:
        other = any(variants.other_numbering(g, c) for g in genes for c in changes)
        remark = "other-numbering" if other else "variant-not-classified"
        yield Reading("genotype", "variant", here, why="uncodable", remark=remark)


def _negative(
    genes: frozenset[str], changes: list[str], exon: int | None, here: Evidence, variants: Variants
) -> Iterator[Reading]:
    """What a negative test excludes: one change, one exon, or the genes that it names."""
    for gene in sorted(genes):
        members = MEMBERS_OF.get(gene, frozenset())
        if changes or exon is not None:
            only = {
                variants.member(gene, change, exon, after_imatinib=False) for change in changes or (None,)
            }
            # a single excluded change or exon leaves what else the member stands for
            members = frozenset(
                m
                for m in only
                if m in ("pdgfra-exon-18-insensitive", "kit-exon-9", "kit-exon-11", "braf-v600e")
            )
            if changes:
                members &= {"pdgfra-exon-18-insensitive", "braf-v600e"}
        for member in sorted(members):
            yield Reading("genotype", "variant", here, member=member, positive=False)


def _components(sources: Sources, observation: Observation, kind: str) -> Iterator[Component]:
    for component in observation.component or ():
        if kind in sources.concepts(component.code):
            yield component


def _genes(sources: Sources, observation: Observation) -> frozenset[str]:
    """Symbols of the genes studied: by code, else by their names."""
    found: set[str] = set()
    for component in _components(sources, observation, "gen.obs.gene-studied"):
        concept = component.value_codeable_concept
        coded = {k.removeprefix("gene.") for k in sources.concepts(concept) if k.startswith("gene.")}
        texts = [*texts_of(concept), *([component.value_string] if component.value_string else [])]
        words = sources.readings.words.concepts(texts)
        found |= coded or {k.removeprefix("gene.") for k in words if k.startswith("gene.")}
    return frozenset(found)


def _genes_of_listed(sources: Sources, observation: Observation) -> frozenset[str]:
    """Genes of variants that a code names whole (`ClinVar 13543` is PDGFRA D842V)."""
    kinds = (
        k
        for name in ("gen.obs.variation-code", "gen.obs.p-hgvs", "gen.obs.c-hgvs")
        for component in _components(sources, observation, name)
        for k in sources.concepts(component.value_codeable_concept)
    )
    return frozenset(k.split(".")[1] for k in kinds if k.startswith("variant."))


def _gene_disputed(sources: Sources, observation: Observation) -> bool:
    """Whether a gene's id and its display name different genes."""
    for component in _components(sources, observation, "gen.obs.gene-studied"):
        for coding in (
            (component.value_codeable_concept.coding or ()) if component.value_codeable_concept else ()
        ):
            coded = {k.removeprefix("gene.") for k in sources.terminology.concepts_of(coding)}
            shown = (coding.display or "").strip().upper()
            if coded and _SYMBOL.match(shown) and shown not in coded:
                return True
    return False


def _changes(sources: Sources, observation: Observation) -> Iterator[str]:
    for kind in ("gen.obs.p-hgvs", "gen.obs.c-hgvs", "gen.obs.variation-code"):
        for component in _components(sources, observation, kind):
            concept = component.value_codeable_concept
            listed = {k for k in sources.concepts(concept) if k.startswith("variant.")}
            if listed:
                yield from (k.split(".")[2] for k in sorted(listed))
                continue
            texts = [c.code for c in (concept.coding or ()) if c.code] if concept else []
            texts += [*texts_of(concept), *([component.value_string] if component.value_string else [])]
            # a listed change or one that reads as HGVS, with its transcript prefix if it has one
            readable = [t for t in texts if normal_change(t)]
            if readable:
                yield readable[0]
            elif kind != "gen.obs.variation-code" and texts:
                yield texts[0]


def _exon(sources: Sources, observation: Observation) -> int | None:
    for component in _components(sources, observation, "gen.obs.dna-region-name"):
        texts = [component.value_string, *texts_of(component.value_codeable_concept)]
        for text in texts:
            if (exon := exon_in(text)) is not None:
                return exon
    for component in _components(sources, observation, "gen.obs.variation-code"):
        for text in texts_of(component.value_codeable_concept):
            if (exon := exon_in(text)) is not None:
                return exon
    return None


def _harmless(sources: Sources, observation: Observation) -> bool:
    """Benign or of uncertain significance: no driver."""
    for component in _components(sources, observation, "gen.obs.clinical-significance"):
        if sources.concepts(component.value_codeable_concept) & {
            "gen.value.benign",
            "gen.value.uncertain-significance",
        }:
            return True
        if re.search(
            r"\b(benign|uncertain)\b", " ".join(texts_of(component.value_codeable_concept)), re.IGNORECASE
        ):
            return True
    return False


def _pathogenic(sources: Sources, observation: Observation) -> bool:
    wanted = {"gen.value.pathogenic", "gen.value.likely-pathogenic"}
    return any(
        sources.concepts(c.value_codeable_concept) & wanted
        for c in _components(sources, observation, "gen.obs.clinical-significance")
    )


def _fusion(sources: Sources, observation: Observation) -> bool:
    for component in observation.component or ():
        if "gen.value.fusion" in sources.concepts(component.value_codeable_concept):
            return True
        texts = [*texts_of(component.value_codeable_concept), component.value_string or ""]
        if any("::" in t or re.search(r"\bfusion\b", t, re.IGNORECASE) for t in texts):
            return True
    return False


def _stain(sources: Sources, reference: str, observation: Observation) -> Iterator[Reading]:
    """SDHB lost on staining; CD117 and DOG1 stains are no genotype."""
    name = " ".join(texts_of(observation.code))
    if not re.search(r"\bSDHB\b", name, re.IGNORECASE):
        return
    here = sources.dated(reference, observation, "value")
    texts = [*texts_of(observation.value_codeable_concept), observation.value_string or ""]
    kept = any(_SDHB_KEPT.search(t) for t in texts)
    lost = any(_SDHB_LOST.search(t) for t in texts)
    coded = yes_or_no(sources, observation)
    if coded is not None and not kept:
        lost, kept = not coded, coded
    if lost and not kept:
        yield Reading("genotype", "immunohistochemistry", here, member="sdh-deficient")
    elif kept and not lost:
        yield Reading("genotype", "immunohistochemistry", here, member="sdh-deficient", positive=False)
    else:
        yield Reading("genotype", "immunohistochemistry", here, why="uncodable")

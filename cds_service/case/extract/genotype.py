"""The tumour's genotype from variant Observations, SDHB staining and exon-level results."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import structs

from ...fhir.datatypes import day, start_of
from ...fhir.resources import Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Evidence, Why
from ..settle import Reading
from .diagnosis import Diagnosis
from .molecular_text import genes_in, members_in
from .pathology import Timeline, yes_or_no
from .sources import FINAL, Sources
from .variants import Variants, changes_in, exons_in, unchanged

KIT = frozenset({"kit-exon-9", "kit-exon-11", "kit-other"})
PDGFRA = frozenset({"pdgfra-exon-18-insensitive", "pdgfra-exon-18-contested", "pdgfra-other"})
MEMBERS_OF: Mapping[str, frozenset[str]] = {
    "KIT": KIT,
    "PDGFRA": PDGFRA,
    "BRAF": frozenset({"braf-v600e"}),
}
NTRK = frozenset({"NTRK1", "NTRK2", "NTRK3"})
SDH = frozenset({"SDHA", "SDHB", "SDHC", "SDHD"})
_NEGATIVE = re.compile(
    r"\b(negative|not detected|not found|none detected|absent|no (?:pathogenic )?(?:mutation|variant)s?\b.{0,40}|"
    r"no mutation|wild[- ]?type|undetected)\b",
    re.IGNORECASE,
)
_POSITIVE = re.compile(
    r"\b(positive|detected|found|present|identified|mutated|mutation|variant)\b", re.IGNORECASE
)
_GENE_TEST = re.compile(r"\b(gene|mutation|variant|sequenc\w{0,4}|analysis|germline)\b", re.IGNORECASE)
_SYMBOL = re.compile(r"^[A-Z][A-Z0-9]{1,9}$")
_SDHB_LOST = re.compile(r"\b(loss|lost|deficien\w*|negative|absent)\b", re.IGNORECASE)
_SDHB_KEPT = re.compile(r"\b(retained|preserved|intact|positive|proficient|maintained)\b", re.IGNORECASE)


def read_genotype(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    """Readings of `genotype`, one for each member that a record finds or excludes."""
    readings = [
        reading
        for reference, observation in sources.observations()
        for reading in _observed(sources, diagnosis, timeline, variants, reference, observation)
    ]
    for reference, report in sources.reports():
        when = start_of(report.effective_date_time, report.effective_period) or day(report.issued)
        here = Evidence(reference, "conclusion", when)
        for member in sorted(members_in(report.conclusion or "", variants, _maybe_after(timeline, when))):
            readings.append(Reading("genotype", "text", here, member=member))
    yield from readings
    excluded = {r.member: r.evidence for r in readings if r.member and not r.positive}
    if excluded.keys() >= KIT | PDGFRA and not any(r.positive and r.member in KIT | PDGFRA for r in readings):
        # both genes tested and nothing found: wild type for the genes named, no more
        for evidence in {excluded[m] for m in KIT | PDGFRA}:
            yield Reading("genotype", "variant", evidence, member="wild-type")
        yield Reading("genotype", "variant", evidence, member="kit-secondary", positive=False)


def _observed(
    sources: Sources,
    diagnosis: Diagnosis,
    timeline: Timeline,
    variants: Variants,
    reference: str,
    observation: Observation,
) -> Iterator[Reading]:
    focus = [sources.record.pointed(f) for f in observation.focus or ()]
    if not diagnosis.same_tumour(focus):
        return
    kinds = sources.concepts(observation.code)
    if "gen.obs.variant" in kinds:
        found = list(_variant(sources, reference, _with_members(sources, observation), timeline, variants))
    elif "gen.obs.overall-interpretation" in kinds:
        found = list(_overall(sources, reference, observation))
    elif "gene.BRAF.v600e-ihc" in kinds:
        here = sources.dated(reference, observation, "value")
        said = yes_or_no(sources, observation)
        why: Why | None = "uncodable" if said is None else None
        found = [
            Reading(
                "genotype",
                "immunohistochemistry",
                here,
                member=None if why else "braf-v600e",
                positive=bool(said),
                why=why,
            )
        ]
    elif not kinds:
        found = [
            *_stain(sources, reference, observation),
            *_named_test(sources, reference, observation, timeline, variants),
        ]
    else:
        return
    unclear = diagnosis.other_solid_tumour and not diagnosis.names_it(focus)
    for reading in found:
        if unclear and reading.member not in PDGFRA and reading.positive:
            # with a second cancer on record a mutation that names no tumour may be of either; PDGFRA is
            # hardly ever the other's, and overlooking D842V does harm
            yield Reading(
                "genotype", reading.rank, reading.evidence, why="uncodable", remark="tumour-not-named"
            )
        else:
            yield reading


def _maybe_after(timeline: Timeline, when: str | None) -> bool:
    """Whether a result may be from after systemic therapy began: then a resistance mutation may be all it shows."""
    return timeline.before_therapy(when) is not True


def _with_members(sources: Sources, observation: Observation) -> Observation:
    """A variant whose gene, change and region stand in Observations of their own, as if they were components."""
    members = [
        sources.record.find(sources.record.pointed(m), Observation) for m in observation.has_member or ()
    ]
    usable = [
        m for m in members if m and m.status in FINAL and m.understood and sources.about_patient(m.subject)
    ]
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
    values = [*texts_of(observation.value_codeable_concept), readable(observation.value_string)]
    genes = genes_in(name)
    if not genes and not genes_in(" ".join(values)):
        return
    here = sources.dated(reference, observation, "value")
    after = _maybe_after(timeline, here.date)
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

    def unusable(remark: str | None = None) -> Reading:
        return Reading("genotype", "variant", here, why="uncodable", remark=remark)

    if _gene_disputed(sources, observation):
        # which of the two was meant is not for us to decide
        yield unusable("gene-disputed")
        return
    genes = _genes(sources, observation) | _genes_of_listed(sources, observation)
    texts = list(_change_texts(sources, observation))
    changes = [c for text in texts for c in changes_in(text)]
    denied = any(unchanged(text) or not sources.plain(text) for text in texts)
    exons = _exons(sources, observation)
    found = _found(sources, observation, bool(changes))
    if found is None or (found and denied):
        yield unusable()
    elif not found:
        yield from _negative(genes, changes, exons, here, variants)
    elif not _harmless(sources, observation):
        if _is_fusion(sources, observation, genes, texts):
            yield Reading("genotype", "variant", here, member="ntrk-fusion")
            return
        exon = next(iter(exons)) if exons and len(exons) == 1 else None
        members = _members_of(sources, observation, genes, changes, texts, exon, timeline, here, variants)
        for member in sorted(members):
            remark = "exon-18-contested" if member == "pdgfra-exon-18-contested" else None
            yield Reading("genotype", "variant", here, member=member, remark=remark)
        if not members and genes & {"KIT", "PDGFRA"}:
            other = any(variants.other_numbering(g, text) for g in genes for text in texts)
            yield unusable("other-numbering" if other else "variant-not-classified")


def _members_of(
    sources: Sources,
    observation: Observation,
    genes: frozenset[str],
    changes: list[str],
    texts: list[str],
    exon: int | None,
    timeline: Timeline,
    here: Evidence,
    variants: Variants,
) -> set[str]:
    """The members that a variant found stands for; none if it cannot be told of which gene it is."""
    after = _maybe_after(timeline, here.date)
    pathogenic = _pathogenic(sources, observation)
    members: set[str] = set()
    if pathogenic and genes & SDH:
        members.add("sdh-deficient")
    if pathogenic and "NF1" in genes:
        members.add("nf1")
    drivers = genes & {"KIT", "PDGFRA", "BRAF"}
    if len(drivers) != 1:
        # a panel names many genes: only a text that names its gene beside the change says whose it is
        drivers = frozenset(g for text in texts for g in genes_in(text)) & drivers
    if len(drivers) != 1:
        return members
    gene = next(iter(drivers))
    if any(variants.other_numbering(gene, text) for text in texts):
        changes = []
        if exon is None:
            return members
    elif texts and not changes and exon is None:
        return members
    return members | variants.members(gene, changes, exon, after_imatinib=after)


def _found(sources: Sources, observation: Observation, names_change: bool) -> bool | None:
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
    if any(_POSITIVE.search(w) for w in words):
        return True
    silent = (
        not words and observation.value_codeable_concept is None and observation.data_absent_reason is None
    )
    return True if silent and names_change else None


def _negative(
    genes: frozenset[str],
    changes: list[str],
    exons: frozenset[int] | None,
    here: Evidence,
    variants: Variants,
) -> Iterator[Reading]:
    """What a negative test excludes: one change, the exons that it names, or whole genes."""
    whole = not changes and exons is not None and not exons
    for gene in sorted(genes):
        members = MEMBERS_OF.get(gene, frozenset())
        if not whole:
            # a single excluded change or exon leaves open what else the member stands for
            named = {m for c in changes for m in variants.members(gene, [c], None, after_imatinib=False)}
            members = frozenset(named & {"pdgfra-exon-18-insensitive", "braf-v600e"})
            if not changes:
                inside = {m for e in exons or () for m in variants.members(gene, [], e, after_imatinib=False)}
                members = frozenset(inside & {"kit-exon-9", "kit-exon-11"})
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


def _change_texts(sources: Sources, observation: Observation) -> Iterator[str]:
    """What the components say of the change, in the words and codes in which they say it."""
    for kind in ("gen.obs.p-hgvs", "gen.obs.c-hgvs", "gen.obs.variation-code"):
        for component in _components(sources, observation, kind):
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


def _exons(sources: Sources, observation: Observation) -> frozenset[int] | None:
    """The exons that the result is about: empty if it names no region, None if it names one that is no exon."""
    texts = [
        text
        for kind in ("gen.obs.dna-region-name", "gen.obs.variation-code")
        for component in _components(sources, observation, kind)
        for text in [readable(component.value_string), *texts_of(component.value_codeable_concept)]
        if text and (kind == "gen.obs.dna-region-name" or exons_in(text))
    ]
    # a result in words may name the exon that its components leave out
    texts = texts or [
        t for t in [readable(observation.value_string), *texts_of(observation.code)] if exons_in(t)
    ]
    found = frozenset(e for text in texts for e in exons_in(text))
    return None if texts and not found else found


def _harmless(sources: Sources, observation: Observation) -> bool:
    """Whether a stated clinical significance is anything but pathogenic or likely pathogenic."""
    stated = list(_components(sources, observation, "gen.obs.clinical-significance"))
    return bool(stated) and not _pathogenic(sources, observation)


def _pathogenic(sources: Sources, observation: Observation) -> bool:
    wanted = {"gen.value.pathogenic", "gen.value.likely-pathogenic"}
    for component in _components(sources, observation, "gen.obs.clinical-significance"):
        concept = component.value_codeable_concept
        if sources.concepts(concept) & wanted:
            return True
        if any(re.fullmatch(r"(likely )?pathogenic", t.strip(), re.IGNORECASE) for t in texts_of(concept)):
            return True
    return False


def _is_fusion(sources: Sources, observation: Observation, genes: frozenset[str], texts: list[str]) -> bool:
    """A fusion of NTRK1, 2 or 3: two genes studied and nothing else, or said to be a fusion."""
    if not genes & NTRK and not any("NTRK" in text for text in texts):
        return False
    for component in observation.component or ():
        if "gen.value.fusion" in sources.concepts(component.value_codeable_concept):
            return True
        words = [*texts_of(component.value_codeable_concept), readable(component.value_string)]
        if any(("::" in w or re.search(r"\bfusion\b", w, re.IGNORECASE)) and sources.plain(w) for w in words):
            return True
    studied = list(_components(sources, observation, "gen.obs.gene-studied"))
    return len(studied) == 2 and not texts


def _stain(sources: Sources, reference: str, observation: Observation) -> Iterator[Reading]:
    """SDHB lost on staining; CD117 and DOG1 stains, and tests of the gene, are no such thing."""
    name = " ".join(texts_of(observation.code))
    if not re.search(r"\bSDHB\b", name, re.IGNORECASE) or _GENE_TEST.search(name):
        return
    here = sources.dated(reference, observation, "value")
    texts = [
        t for t in [*texts_of(observation.value_codeable_concept), readable(observation.value_string)] if t
    ]
    coded = yes_or_no(sources, observation)
    verdicts = {_stain_lost(text) for text in texts} - {None}
    if coded is not None and not verdicts:
        verdicts = {not coded}
    if len(verdicts) == 1:
        yield Reading(
            "genotype",
            "immunohistochemistry",
            here,
            member="sdh-deficient",
            positive=bool(next(iter(verdicts))),
        )
    else:
        yield Reading("genotype", "immunohistochemistry", here, why="uncodable")


def _stain_lost(text: str) -> bool | None:
    """True for a lost stain, False for a kept one, None if the words leave it open."""
    if re.search(
        r"\b(no|not|without|negative for)\b[^.;]{0,40}\b(loss|lost|deficien\w{0,3})", text, re.IGNORECASE
    ):
        return False
    if re.search(r"\b(loss|lost|deficien\w{0,3})\b[^.;]{0,40}\bnot\b", text, re.IGNORECASE):
        return False
    if _SDHB_KEPT.search(text):
        return None if re.search(r"\b(not|loss|lost)\b", text, re.IGNORECASE) else False
    return True if _SDHB_LOST.search(text) else None

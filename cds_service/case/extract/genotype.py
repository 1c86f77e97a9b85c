"""The tumour's genotype from variant Observations, SDHB staining and exon-level results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import structs

from ...fhir.datatypes import day, start_of
from ...fhir.resources import Component, Observation
from ...fhir.terminology import readable, texts_of
from ..fact import Evidence, Why
from ..settle import Reading
from .diagnosis import Diagnosis
from .finding import Finding
from .molecular_text import (
    Denial,
    asked_by_name,
    asks_for_more,
    denied_by_name,
    genes_in,
    may_name_gene,
    names_change,
    told_of_genotype,
)
from .pathology import has_value, yes_or_no
from .sdhb_stain import GENE_TEST, read_stain
from .sources import FINAL, Sources
from .timeline import Timeline
from .variant_record import (
    NTRK,
    change_texts,
    changes_copies,
    exons_named,
    gene_disputed,
    genes_of_listed_variants,
    genes_studied,
    is_fusion,
    parts_of,
    reported,
    significance,
)
from .variants import Variants, changes_in, exons_in, unchanged

KIT = frozenset({"kit-exon-9", "kit-exon-11", "kit-other"})
PDGFRA = frozenset({"pdgfra-exon-18-insensitive", "pdgfra-exon-18-contested", "pdgfra-other"})
MEMBERS_OF: Mapping[str, frozenset[str]] = {
    "KIT": KIT,
    "PDGFRA": PDGFRA,
    "BRAF": frozenset({"braf-v600e"}),
}
SDH = frozenset({"SDHA", "SDHB", "SDHC", "SDHD"})
CODED = frozenset({"gen.obs.variant", "gen.obs.overall-interpretation", "gene.BRAF.v600e-ihc"})


def read_genotype(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    """Readings of `genotype`, one for each member that a record finds or excludes."""
    readings: list[Reading] = []
    for finding in sources.findings():
        # what is about something else by its code says nothing of a gene
        if not finding.coded or not finding.coded.isdisjoint(CODED):
            readings += _found(sources, diagnosis, timeline, variants, finding)
    denials: list[tuple[Evidence, Denial]] = []
    for reference, report in sources.reports():
        if not report.conclusion or not may_name_gene(report.conclusion):
            continue
        when = start_of(report.effective_date_time, report.effective_period) or day(report.issued)
        here = Evidence(reference, "conclusion", when)
        told = told_of_genotype(report.conclusion, variants, _maybe_after(timeline, when))
        for member in sorted(told.found):
            readings.append(Reading("genotype", "text", here, member=member))
        if told.unclear and not told.found:
            readings.append(Reading("genotype", "text", here, why="uncodable"))
        denials += [(here, denial) for denial in told.denied]
    yield from readings
    if any(r.positive and r.member for r in readings):
        denials += _denied_by_tests(sources, diagnosis, variants)
        yield from _against(readings, denials, variants)
    excluded = {r.member: r.evidence for r in readings if r.member and not r.positive}
    if excluded.keys() >= KIT | PDGFRA and not any(r.positive and r.member in KIT | PDGFRA for r in readings):
        # both genes tested and nothing found: wild type for the genes named, no more
        for evidence in {excluded[m] for m in KIT | PDGFRA}:
            yield Reading("genotype", "variant", evidence, member="wild-type")
        yield Reading("genotype", "variant", evidence, member="kit-secondary", positive=False)


def _against(
    readings: list[Reading], denials: list[tuple[Evidence, Denial]], variants: Variants
) -> Iterator[Reading]:
    """What a report denies in words of that which another record finds. Words alone exclude nothing else: prose
    seldom says how much of a gene was looked at."""
    for here, denial in denials:
        found = {r.member for r in readings if r.positive and r.evidence.resource != here.resource}
        for reading in _negative(denial.genes, denial.changes, denial.exons, here, variants):
            if reading.member in found:
                yield structs.replace(reading, rank="text")


def _denied_by_tests(
    sources: Sources, diagnosis: Diagnosis, variants: Variants
) -> Iterator[tuple[Evidence, Denial]]:
    """What results without a usable code say of a gene that their name or their value names: nothing found."""
    for finding in sources.findings():
        name = " ".join(dict.fromkeys(texts_of(finding.observation.code)))
        genes = frozenset() if finding.coded else genes_in(name)
        if not genes or not diagnosis.same_tumour(finding.focus):
            continue
        here = finding.at("value")
        asked = denied_by_name(name) if _is_gene_test(name) else None
        if asked and reported(sources, finding.observation, names_change=False) is False:
            yield here, asked
        for value in _values(finding):
            for denial in told_of_genotype(value, variants, False, genes).denied:
                yield here, denial


def _found(
    sources: Sources, diagnosis: Diagnosis, timeline: Timeline, variants: Variants, finding: Finding
) -> list[Reading]:
    kinds = finding.coded
    if not diagnosis.same_tumour(finding.focus):
        return []
    if "gen.obs.variant" in kinds:
        found = list(_variant(sources, finding, timeline, variants))
    elif "gen.obs.overall-interpretation" in kinds:
        found = list(_overall(sources, finding))
    elif "gene.BRAF.v600e-ihc" in kinds:
        here = finding.at("value")
        said = yes_or_no(sources, finding.observation)
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
    else:
        found = list(read_stain(sources, finding)) or list(_named_test(sources, finding, timeline, variants))
    if not found or not diagnosis.leaves_open(finding):
        return found
    # with a second cancer on record a mutation that names no tumour may be of either; PDGFRA is
    # hardly ever the other's, and overlooking D842V does harm
    return [
        Reading("genotype", reading.rank, reading.evidence, why="uncodable", remark="tumour-not-named")
        if reading.member not in PDGFRA and reading.positive
        else reading
        for reading in found
    ]


def _maybe_after(timeline: Timeline, when: str | None) -> bool:
    """Whether a result may be from after systemic therapy began: then a resistance mutation may be all it shows."""
    return timeline.before_therapy(when) is not True


def _with_members(sources: Sources, observation: Observation) -> Observation:
    """A variant whose gene, change and region stand in Observations of their own, as if they were components."""
    if not observation.has_member:
        return observation
    members = [sources.record.find(sources.record.pointed(m), Observation) for m in observation.has_member]
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


def _overall(sources: Sources, finding: Finding) -> Iterator[Reading]:
    """A negative overall interpretation excludes the genes that it says were studied."""
    if yes_or_no(sources, finding.observation) is not False:
        return
    here = finding.at("valueCodeableConcept")
    for gene in sorted(genes_studied(sources, parts_of(sources, finding.observation))):
        for member in sorted(MEMBERS_OF.get(gene, ())):
            yield Reading("genotype", "variant", here, member=member, positive=False)


def _named_test(
    sources: Sources, finding: Finding, timeline: Timeline, variants: Variants
) -> Iterator[Reading]:
    """A result without a usable code whose name and value say it in words: `KIT exon 11`, present."""
    observation = finding.observation
    name = " ".join(dict.fromkeys(texts_of(observation.code)))
    values = _values(finding)
    genes = genes_in(name)
    if not genes and not any(map(genes_in, values)):
        return
    here = finding.at("value")
    after = _maybe_after(timeline, here.date)
    told = [told_of_genotype(value, variants, after, genes) for value in values]
    members = {member for one in told for member in one.found}
    said: bool | None = True if members else None
    # where the result names neither gene nor change, the name says what is present or absent
    if not any(genes_in(v) or changes_in(v) or exons_in(v) for v in values):
        if not members and not asks_for_more(name):
            said = reported(sources, observation, names_change=False)
        members = (asked_by_name(name, variants, after) if said is not None else set()) or members
    for member in sorted(members):
        yield Reading("genotype", "text", here, member=member, positive=bool(said))
    # a test of other genes that finds nothing says nothing of the tumour
    open_ = said is not False or not genes.isdisjoint(MEMBERS_OF)
    if (
        not members
        and open_
        and (any(t.unclear for t in told) or (_is_gene_test(name) and has_value(observation)))
    ):
        yield Reading("genotype", "text", here, why="uncodable")


def _is_gene_test(name: str) -> bool:
    """Whether the name of a test that names a gene is of its mutations, not of a stain of its protein."""
    return names_change(name) or GENE_TEST.search(name) is not None


def _values(finding: Finding) -> list[str]:
    """The words of a result, each once."""
    observation = finding.observation
    texts = [*texts_of(observation.value_codeable_concept), readable(observation.value_string)]
    return list(dict.fromkeys(text for text in texts if text))


def _variant(sources: Sources, finding: Finding, timeline: Timeline, variants: Variants) -> Iterator[Reading]:
    here = finding.at("component")
    observation = _with_members(sources, finding.observation)
    parts = parts_of(sources, observation)

    def unusable(remark: str | None = None) -> Reading:
        return Reading("genotype", "variant", here, why="uncodable", remark=remark)

    if gene_disputed(sources, parts):
        # which of the two was meant is not for us to decide
        yield unusable("gene-disputed")
        return
    genes = genes_studied(sources, parts) | genes_of_listed_variants(sources, parts)
    texts = list(change_texts(sources, parts))
    # a code and its text most often say the same
    changes = [c for text in dict.fromkeys(texts) for c in changes_in(text)]
    denied = any(unchanged(text) or not sources.plain(text) for text in texts)
    exons = exons_named(parts, observation)
    found = reported(sources, observation, bool(changes))
    meant = significance(sources, parts)
    if found is None or (found and denied):
        yield unusable()
    elif not changes and changes_copies(sources, observation, parts):
        # more or fewer copies of a gene are no mutation of it, and their absence excludes none
        if not genes.isdisjoint(MEMBERS_OF):
            yield unusable()
    elif not found:
        yield from _negative(genes, changes, exons, here, variants)
    elif meant == "unclear" and not _by_name(genes, changes, variants):
        if genes & (MEMBERS_OF.keys() | SDH | NTRK):
            yield unusable("variant-not-classified")
    elif meant in ("driver", "unsaid") or (meant != "benign" and _by_name(genes, changes, variants)):
        if is_fusion(sources, observation, parts, genes, texts):
            yield Reading("genotype", "variant", here, member="ntrk-fusion")
            return
        exon = next(iter(exons)) if exons and len(exons) == 1 else None
        members = _members_of(meant == "driver", genes, changes, texts, exon, timeline, here, variants)
        for member in sorted(members):
            remark = "exon-18-contested" if member == "pdgfra-exon-18-contested" else None
            yield Reading("genotype", "variant", here, member=member, remark=remark)
        unnamed = not genes and "gen.obs.gene-studied" in parts
        if not members and (unnamed or genes & {"KIT", "PDGFRA"}):
            other = any(variants.other_numbering(g, text) for g in genes for text in texts)
            yield unusable("other-numbering" if other else "variant-not-classified")


def _by_name(genes: frozenset[str], changes: list[str], variants: Variants) -> bool:
    """Whether a change is listed by itself: what it means for the pathway the sources say, not its laboratory."""
    return any((gene, change) in variants.listed for gene in genes for change in changes)


def _members_of(
    driver: bool,
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
    members: set[str] = set()
    if driver and genes & SDH:
        members.add("sdh-deficient")
    if driver and "NF1" in genes:
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

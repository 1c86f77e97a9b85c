"""The tumour among the Conditions: which are its own, which are its metastases, which are other diseases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ...fhir.datatypes import day
from ...fhir.resources import Condition
from .conditions import (
    coded_as_no_tumour,
    is_gist,
    is_over,
    is_secondary,
    kinds_of,
    names_metastasis,
    organs_in,
    organs_of,
)
from .finding import Finding
from .other_cancer import names_other_cancer, other_cancer
from .readings import LIMBS, SEATS_OF_OTHERS
from .sarcoma import histologies, sarcoma_of
from .sources import Sources, once_a_call

RELATED = "http://hl7.org/fhir/StructureDefinition/condition-related"

# of which tumour a metastasis is; open: of this one or of another
Origin = Literal["this", "other", "open"]


@dataclass(slots=True)
class Diagnosis:
    """What the Conditions say of the tumour, for the other readers.

    `conditions` are the references of the tumour's own Conditions (the first is the one to cite), `others` of
    every other confirmed Condition. `open_metastases` may be of this tumour or of another. `unclear` are those that
    may be a soft-tissue sarcoma, where none surely is; `assumed`: that it is one rests on an assumption.
    """

    disease: str = "none"
    conditions: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)
    assumed: bool = False
    histologies: set[str] = field(default_factory=set)
    metastases: set[str] = field(default_factory=set)
    open_metastases: set[str] = field(default_factory=set)
    codings: set[tuple[str | None, str]] = field(default_factory=set)
    organs: set[str] = field(default_factory=set)
    primary_organs: set[str] = field(default_factory=set)
    in_remission: bool = False
    other_malignancy: bool = False
    other_solid_tumour: bool = False
    several_tumours: bool = False
    diagnosed_on: str | None = None
    # the concepts of places in which neither this tumour nor its metastases are looked for
    foreign_places: frozenset[str] = frozenset()

    def same_tumour(self, references: Iterable[str | None]) -> bool:
        """Whether a record's focus or reason lets it speak of this tumour: it names it, its metastases, or no
        Condition at all."""
        if not references:
            # as most records are
            return True
        named = [r for r in references if r is None or r.startswith("Condition/")]
        return not named or any(r in self.conditions or r in self.metastases for r in named)

    def findings_about(self, sources: Sources, wanted: frozenset[str]) -> list[Finding]:
        """What the record finds of the concepts, but for what it finds of another tumour."""
        return [f for f in sources.findings_about(wanted) if not f.focus or self.same_tumour(f.focus)]

    def leaves_open(self, finding: Finding) -> bool:
        """Whether a finding may be of another tumour: one that is on record beside this one, or one in the place from
        which its specimen was taken."""
        if not finding.sampled.isdisjoint(self.foreign_places):
            return True
        return self.other_solid_tumour and not self.names_it(finding.focus)

    def names_it(self, references: Iterable[str | None]) -> bool:
        return any(r in self.conditions for r in references)


def find_diagnosis(sources: Sources) -> Diagnosis:
    """Find the GIST, or else the soft-tissue sarcoma, among the confirmed Conditions.

    A GIST that is also coded as a sarcoma is a GIST. What may be a sarcoma and may be another tumour makes the
    disease `unclear`, unless a sarcoma is named beside it.
    """
    found = Diagnosis()
    every = [(reference, c, kinds_of(sources, c)) for reference, c in sources.conditions()]
    primary = [one for one in every if not is_secondary(sources, one[1])]
    own = [one for one in primary if is_gist(one[2])]
    if own or any(is_gist(kinds) for _, _, kinds in every):
        found.disease = "gist"
    else:
        own = _sarcomas(sources, found, every, primary)
    over: list[bool] = []
    days: list[str] = []
    for reference, condition, _ in own:
        _take(sources, found, reference, condition)
        over.append(is_over(sources, condition))
        days += [d for d in (day(condition.onset_date_time), day(condition.recorded_date)) if d]
    _part_others(sources, found, every)
    found.others.update(sources.unrelated())
    found.organs |= found.primary_organs
    found.diagnosed_on = min(days, default=None)
    found.foreign_places = _foreign_places(sources, found)
    if found.conditions:
        found.in_remission = all(over)
    elif found.disease in ("gist", "sts"):
        # only the metastasis is on the list, and it names what it came from
        gist = found.disease == "gist"
        names_it = [
            is_gist(k) if gist else sarcoma_of(sources, c) == "named"
            for r, c, k in every
            if r in found.metastases
        ]
        if not any(names_it):
            found.disease = "none"
    return found


def _part_others(
    sources: Sources, found: Diagnosis, every: list[tuple[str, Condition, frozenset[str]]]
) -> None:
    """Part the metastases of the tumour from other diseases, and note which of these are cancers."""
    unsaid: list[tuple[str, frozenset[str]]] = []
    for reference, condition, kinds in every:
        if reference in found.conditions:
            continue
        origin = _origin(sources, condition, found) if names_metastasis(kinds) else "other"
        if origin == "this":
            found.metastases.add(reference)
            found.organs |= organs_of(sources, kinds)
        elif origin == "open":
            found.open_metastases.add(reference)
        elif origin is None:
            unsaid.append((reference, kinds))
        else:
            found.others.add(reference)
            if found.disease == "gist" and _limb_sarcoma(sources, condition):
                # no GIST grows there
                found.other_malignancy = found.other_solid_tumour = True
            cancer = other_cancer(sources, condition)
            if cancer is None and names_other_cancer(sources, condition) and names_metastasis(kinds):
                # only its metastasis is on record
                cancer = "solid"
            if cancer is not None and not is_over(sources, condition):
                found.other_malignancy = True
                found.other_solid_tumour |= cancer == "solid"
    for reference, kinds in unsaid:
        # of this tumour, unless another one is there that it may be of
        if found.conditions and found.other_solid_tumour:
            found.open_metastases.add(reference)
        else:
            found.metastases.add(reference)
            found.organs |= organs_of(sources, kinds)


def _foreign_places(sources: Sources, found: Diagnosis) -> frozenset[str]:
    readings = sources.readings
    if (not found.organs and found.disease != "gist") or readings.near(SEATS_OF_OTHERS, found.organs):
        return frozenset()
    return readings.seats_of_others


def _sarcomas(
    sources: Sources,
    found: Diagnosis,
    every: list[tuple[str, Condition, frozenset[str]]],
    primary: list[tuple[str, Condition, frozenset[str]]],
) -> list[tuple[str, Condition, frozenset[str]]]:
    """The Conditions of the soft-tissue sarcoma; sets the disease."""
    said = {reference: sarcoma_of(sources, condition) for reference, condition, _ in every}
    own = [one for one in primary if said[one[0]] in ("named", "assumed")]
    of_metastases = [said[r] for r, c, kinds in every if is_secondary(sources, c)]
    if own or "named" in of_metastases:
        found.disease = "sts"
        found.assumed = bool(own) and all(said[reference] == "assumed" for reference, _, _ in own)
        organs = {o for one in own for o in organs_in(sources, one[1])}
        for one in primary:
            # the same tumour under a less exact code
            places = organs_in(sources, one[1])
            if said[one[0]] == "unclear" and (not places or sources.readings.near(places, organs)):
                own.append(one)
        return own
    found.unclear = [reference for reference, _, _ in every if said[reference] == "unclear"]
    found.disease = "unclear" if found.unclear else "none"
    return []


@once_a_call
def _limb_sarcoma(sources: Sources, condition: Condition) -> bool:
    places = organs_in(sources, condition)
    return sarcoma_of(sources, condition) == "named" and sources.readings.near(places, LIMBS)


def _take(sources: Sources, found: Diagnosis, reference: str, condition: Condition) -> None:
    """Note what a Condition of the tumour itself says of it."""
    found.conditions.append(reference)
    found.codings |= {
        (sources.terminology.system_name(c.system), c.code or "")
        for c in (condition.code.coding or () if condition.code else ())
    }
    found.histologies |= frozenset().union(*histologies(sources, condition))
    organs = organs_in(sources, condition)
    if found.disease == "sts" and not organs:
        words = sources.affirmed_words(condition.code)
        organs = sources.readings.value_of("primary-site", words)
    together = sources.readings.near if found.disease == "gist" else sources.readings.same_region
    if organs and found.primary_organs and not together(organs, found.primary_organs):
        found.several_tumours = True
    found.primary_organs |= organs


def _origin(sources: Sources, condition: Condition, diagnosis: Diagnosis) -> Origin | None:
    """Of which tumour a metastasis is by what its record says; None if it does not say."""
    related = [
        sources.record.pointed(e.value_reference)
        for e in condition.extension or ()
        if e.url == RELATED and e.value_reference is not None
    ]
    if related:
        return "this" if any(r in diagnosis.conditions for r in related) else "other"
    words = sources.affirmed_words(condition.code)
    if is_gist(kinds_of(sources, condition) | words):
        return "this"
    if sarcoma_of(sources, condition) == "named":
        # a GIST may be called a sarcoma, not by the name of another one
        other_kind = diagnosis.disease == "gist" and any(histologies(sources, condition))
        return "open" if other_kind else "this"
    if names_other_cancer(sources, condition):
        # `gastric cancer` beside a gastric tumour may be a loose name of it
        organs = organs_in(sources, condition) | sources.readings.value_of("primary-site", words)
        return "open" if sources.readings.near(organs, diagnosis.primary_organs) else "other"
    if names_metastasis(sources.concepts(condition.code)):
        # its text may doubt it
        loose = "open.dx.metastasis" in words and "dx.metastasis" not in words
    else:
        # words alone: of a cancer, or beside a code of something else
        loose = "malignancy.solid" in words or coded_as_no_tumour(sources, condition)
    return "open" if diagnosis.conditions and (loose or "metastasis.from-unknown" in words) else None

"""The diagnosis, its site, metastases and recurrences, and other diseases beside it, from Conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...fhir.datatypes import day
from ...fhir.resources import Condition, Extension
from ..fact import Choice, Evidence
from ..settle import Reading
from .sarcoma import ICD, MCODE, histologies, histology_concepts, read_histology, sarcoma_of
from .sources import LIMBS, Sources, codes_of, once_a_call

OVER = frozenset({"inactive", "remission", "resolved"})
BACK = frozenset({"recurrence", "relapse"})
COMORBIDITIES = {
    "comorbid.heart-failure": "heart-failure",
    "comorbid.coagulopathy": "coagulopathy",
    "comorbid.infection": "active-infection",
    "comorbid.liver-failure": "decompensated-liver-failure",
}
STATEMENT = frozenset({"comorbid.statement"})
# extension -> whether the condition in it is there
STATED_COMORBIDITY = {
    f"{MCODE}mcode-related-condition": True,
    f"{MCODE}mcode-related-condition-present": True,
    f"{MCODE}mcode-related-condition-absent": False,
}
SAME_TUMOUR_CODES = frozenset({"C48", "C49", "C77", "C78", "C79", "C80"})
RELATED = "http://hl7.org/fhir/StructureDefinition/condition-related"
KNOWN_SITES = frozenset(
    {"liver", "peritoneum", "lung", "bone", "brain", "lymph-node", "pleura", "adrenal", "soft-tissue",
     "retroperitoneum", "mediastinum", "small-intestine", "large-intestine", "digestive-other", "skin",
     "other-site"}
)  # fmt: skip


@dataclass(slots=True)
class Diagnosis:
    """What the Conditions say of the tumour, for the other readers.

    `conditions` are the references of the tumour's own Conditions (the first is the one to cite), `others` of
    every other confirmed Condition. `unclear` are those that may be a soft-tissue sarcoma, where none surely is;
    `assumed`: that it is one rests on an assumption.
    """

    disease: str = "none"
    conditions: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)
    assumed: bool = False
    histologies: set[str] = field(default_factory=set)
    metastases: set[str] = field(default_factory=set)
    codings: set[tuple[str | None, str]] = field(default_factory=set)
    organs: set[str] = field(default_factory=set)
    primary_organs: set[str] = field(default_factory=set)
    in_remission: bool = False
    other_malignancy: bool = False
    other_solid_tumour: bool = False
    several_tumours: bool = False
    diagnosed_on: str | None = None

    def same_tumour(self, references: Iterable[str | None]) -> bool:
        """Whether a record's focus or reason lets it speak of this tumour: it names it, its metastases, or no
        Condition at all."""
        named = [r for r in references if r is None or r.startswith("Condition/")]
        return not named or any(r in self.conditions or r in self.metastases for r in named)

    def names_it(self, references: Iterable[str | None]) -> bool:
        return any(r in self.conditions for r in references)


def find_diagnosis(sources: Sources) -> Diagnosis:
    """Find the GIST, or else the soft-tissue sarcoma, among the confirmed Conditions.

    A GIST that is also coded as a sarcoma is a GIST. What may be a sarcoma and may be another tumour makes the
    disease `unclear`, unless a sarcoma is named beside it.
    """
    found = Diagnosis()
    every = [(reference, c, _kinds(sources, c)) for reference, c in sources.conditions()]
    primary = [one for one in every if not _is_secondary(sources, one[1])]
    own = [one for one in primary if _is_gist(one[2])]
    if own or any(_is_gist(kinds) for _, _, kinds in every):
        found.disease = "gist"
    else:
        own = _sarcomas(sources, found, every, primary)
    over: list[bool] = []
    days: list[str] = []
    for reference, condition, _ in own:
        _take(sources, found, reference, condition)
        over.append(bool(codes_of(condition.clinical_status) & OVER))
        days += [d for d in (day(condition.onset_date_time), day(condition.recorded_date)) if d]
    for reference, condition, kinds in every:
        if reference in found.conditions:
            continue
        if _names_metastasis(kinds) and _of_this_primary(sources, condition, found):
            found.metastases.add(reference)
            found.organs |= organs_of(sources, kinds)
        else:
            found.others.add(reference)
            if found.disease == "gist" and _limb_sarcoma(sources, condition):
                # no GIST grows there
                found.other_malignancy = found.other_solid_tumour = True
            active = not codes_of(condition.clinical_status) & OVER
            if active and (cancer := _other_cancer(sources, condition)):
                found.other_malignancy = True
                found.other_solid_tumour |= cancer == "solid"
    found.others.update(sources.unrelated())
    found.organs |= found.primary_organs
    found.diagnosed_on = min(days, default=None)
    if found.conditions:
        found.in_remission = all(over)
    elif found.disease in ("gist", "sts"):
        # only the metastasis is on the list, and it names what it came from
        gist = found.disease == "gist"
        names_it = [
            _is_gist(k) if gist else sarcoma_of(sources, c) == "named"
            for r, c, k in every
            if r in found.metastases
        ]
        if not any(names_it):
            found.disease = "none"
    return found


def _sarcomas(
    sources: Sources,
    found: Diagnosis,
    every: list[tuple[str, Condition, frozenset[str]]],
    primary: list[tuple[str, Condition, frozenset[str]]],
) -> list[tuple[str, Condition, frozenset[str]]]:
    """The Conditions of the soft-tissue sarcoma; sets the disease."""
    said = {reference: sarcoma_of(sources, condition) for reference, condition, _ in every}
    own = [one for one in primary if said[one[0]] in ("named", "assumed")]
    of_metastases = [said[r] for r, c, kinds in every if _is_secondary(sources, c)]
    if own or "named" in of_metastases:
        found.disease = "sts"
        found.assumed = bool(own) and all(said[reference] == "assumed" for reference, _, _ in own)
        organs = {o for one in own for o in _organs_in(sources, one[1])}
        for one in primary:
            # the same tumour under a less exact code
            places = _organs_in(sources, one[1])
            if said[one[0]] == "unclear" and (not places or sources.readings.near(places, organs)):
                own.append(one)
        return own
    found.unclear = [reference for reference, _, _ in every if said[reference] == "unclear"]
    found.disease = "unclear" if found.unclear else "none"
    return []


@once_a_call
def _limb_sarcoma(sources: Sources, condition: Condition) -> bool:
    places = _organs_in(sources, condition)
    return sarcoma_of(sources, condition) == "named" and sources.readings.near(places, LIMBS)


@once_a_call
def _organs_in(sources: Sources, condition: Condition) -> frozenset[str]:
    sites = [condition.code, *(condition.body_site or ())]
    return frozenset(organs_of(sources, frozenset().union(*(sources.named(s) for s in sites))))


def _take(sources: Sources, found: Diagnosis, reference: str, condition: Condition) -> None:
    """Note what a Condition of the tumour itself says of it."""
    found.conditions.append(reference)
    found.codings |= {
        (sources.terminology.system_name(c.system), c.code or "")
        for c in (condition.code.coding or () if condition.code else ())
    }
    found.histologies |= frozenset().union(*histologies(sources, condition))
    organs = _organs_in(sources, condition)
    if found.disease == "sts" and not organs:
        words = sources.affirmed_words(condition.code)
        organs = sources.readings.value_of("primary-site", words)
    together = sources.readings.near if found.disease == "gist" else sources.readings.same_region
    if organs and found.primary_organs and not together(organs, found.primary_organs):
        found.several_tumours = True
    found.primary_organs |= organs


def _is_gist(kinds: frozenset[str]) -> bool:
    return any(k.startswith(("dx.gist", "morph.gist")) for k in kinds)


def _names_metastasis(kinds: frozenset[str]) -> bool:
    return any(k.startswith("dx.metastasis") for k in kinds)


@once_a_call
def _is_secondary(sources: Sources, condition: Condition) -> bool:
    """A secondary cancer by its code, or by words beside an organ: its morphology is that of the primary."""
    if _names_metastasis(sources.concepts(condition.code)):
        return True
    words = sources.affirmed_words(condition.code)
    coded = sources.concepts(condition.code)
    return (
        not _is_gist(coded)
        and not coded & sources.readings.sarcomas["named"]
        and _names_metastasis(words)
        and any(
            re.search(r"\bmetasta\w+ (?:of|from)\b", text, re.IGNORECASE)
            for text in sources.affirmed(condition.code)
        )
    )


def _of_this_primary(sources: Sources, condition: Condition, diagnosis: Diagnosis) -> bool:
    """False if the record ties a secondary cancer to another primary."""
    related = [
        sources.record.pointed(e.value_reference)
        for e in condition.extension or ()
        if e.url == RELATED and e.value_reference is not None
    ]
    return not related or any(r in diagnosis.conditions for r in related)


def read_conditions(sources: Sources, diagnosis: Diagnosis) -> Iterator[Reading]:
    """Disease, site, metastases, recurrence, heart failure and NF1."""
    for reference, condition in sources.conditions():
        when = day(condition.recorded_date) or day(condition.onset_date_time)
        here = Evidence(reference, "code", when)
        status = codes_of(condition.clinical_status)
        kinds = sources.named(condition.code) | histology_concepts(sources, condition)
        if reference in diagnosis.conditions:
            remark = "retroperitoneal-as-sarcoma" if diagnosis.assumed else None
            yield Reading("disease", "condition", here, _is(diagnosis.disease), remark=remark)
            yield from _site(sources, condition, here)
            if diagnosis.disease == "sts":
                yield from read_histology(sources, condition, here)
            if _names_metastasis(sources.affirmed_words(condition.code)):
                yield Reading("m-category", "text", here, _is("M1"))
            texts = sources.affirmed_words(condition.code)
            if (
                status & BACK or "dx.malignancy.recurrent" in texts
            ) and "dx.sts.local-recurrence" not in kinds:
                place = Evidence(reference, "clinicalStatus", when)
                yield Reading("recurrence", "condition", place, _extent_in(texts))
        elif reference in diagnosis.metastases:
            # a metastasis that was removed or answered to treatment has been there all the same
            if not diagnosis.conditions and diagnosis.disease != "unclear":
                yield Reading("disease", "condition", here, _is(diagnosis.disease))
            if diagnosis.disease == "sts":
                yield from read_histology(sources, condition, here)
            yield from _metastasis(sources, condition, here)
            if diagnosis.disease == "sts" and status & BACK:
                nodes = metastatic_sites(sources, condition) == {"lymph-node"}
                yield Reading("recurrence", "condition", here, _is("regional" if nodes else "distant"))
        if not status & OVER:
            yield from _beside(sources, diagnosis, reference, kinds, here)


def _beside(
    sources: Sources, diagnosis: Diagnosis, reference: str, kinds: frozenset[str], here: Evidence
) -> Iterator[Reading]:
    """What an active Condition says beside the diagnosis itself."""
    for concept, fact in COMORBIDITIES.items():
        if concept in kinds:
            yield Reading(fact, "condition", here, _is(True))
    if "dx.nf1" in kinds:
        yield Reading("genotype", "condition", here, member="nf1")
    if "rupture.tumor" in kinds:
        yield Reading("tumour-rupture", "coded", here, _is(True))
    if kinds & {"dx.malignancy.recurrent", "dx.sts.local-recurrence"} and not diagnosis.other_solid_tumour:
        local = "dx.sts.local-recurrence" in kinds
        yield Reading("recurrence", "condition", here, _is("local") if local else _anywhere())


def read_stated_comorbidities(sources: Sources) -> Iterator[Reading]:
    """mCODE's comorbidities Observation: conditions in its `present` and `absent` extensions."""
    for reference, observation in sources.observations_of(STATEMENT):
        if "comorbid.statement" not in sources.concepts(observation.code):
            continue
        here = sources.dated(reference, observation, "extension")
        for extension in observation.extension or ():
            if extension.url not in STATED_COMORBIDITY:
                continue
            said = STATED_COMORBIDITY[extension.url]
            for kind in _stated_kinds(sources, extension):
                if kind in COMORBIDITIES:
                    yield Reading(COMORBIDITIES[kind], "condition", here, _is(said))


def _stated_kinds(sources: Sources, extension: Extension) -> frozenset[str]:
    """Concepts of the condition in an extension, by code or through the Condition it points to."""
    pointed = sources.record.find(sources.record.pointed(extension.value_reference), Condition)
    return sources.concepts(extension.value_codeable_concept) | (
        sources.concepts(pointed.code) if pointed else frozenset()
    )


@once_a_call
def _kinds(sources: Sources, condition: Condition) -> frozenset[str]:
    """Concepts of the code and the histology; words only where no coding names a disease.

    An organ code of WHO ICD-10 names none: there the text or the histology says what grew in the organ.
    """
    coded = sources.concepts(condition.code) | histology_concepts(sources, condition)
    if any(k.startswith(("dx.", "morph.", "comorbid.")) for k in coded):
        return coded
    codings = (condition.code.coding or ()) if condition.code else ()
    if any(
        (c.code or "").upper().startswith("Z") and sources.terminology.system_name(c.system) in ICD
        for c in codings
    ):
        # a personal history, whatever its text names
        return coded
    return coded | sources.affirmed_words(condition.code)


def organs_of(sources: Sources, kinds: frozenset[str]) -> set[str]:
    """The organs that concepts of diagnoses, sites or procedures name."""
    named = {sources.readings.organs[k] for k in kinds if k in sources.readings.organs}
    return (
        named
        | set(sources.readings.value_of("primary-site", kinds))
        | (set(sources.readings.value_of("metastatic-sites", kinds)) - {"unspecified"})
    )


def _site(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    """`primary-site`: a place inside another that the record names too is the one that counts."""
    readings = sources.readings
    coded = readings.value_of("primary-site", sources.concepts(condition.code))
    body = readings.value_of(
        "primary-site", frozenset().union(*(sources.named(site) for site in condition.body_site or ()))
    )
    words = readings.value_of("primary-site", sources.affirmed_words(condition.code))
    by_code, by_body = readings.finest(coded), readings.finest(body)
    if readings.near(by_code, by_body):
        # the code holds the place, or the place the code
        inside = {c for c in by_code if any(b in readings.within.get(c, ()) for b in by_body)}
        by_code, by_body = inside, set() if inside else by_body
    if by_code:
        yield Reading("primary-site", "condition-code", here, Choice(frozenset(by_code)))
    if by_body:
        place = Evidence(here.resource, "bodySite", here.date)
        yield Reading("primary-site", "body-site", place, Choice(frozenset(by_body)))
    # read beside a code too: a text that says otherwise loses, and the card says so
    named = {w for w in readings.finest(words) if not readings.near({w}, {*coded, *body})}
    if named:
        place = Evidence(here.resource, "code.text", here.date)
        yield Reading("primary-site", "text", place, Choice(frozenset(named)))


@once_a_call
def metastatic_sites(sources: Sources, condition: Condition) -> frozenset[str]:
    """The organs that a secondary cancer names, or `unspecified`."""
    kinds = _kinds(sources, condition)
    places = kinds.union(*(sources.named(site) for site in condition.body_site or ()))
    sites = set(sources.readings.value_of("metastatic-sites", kinds)) | organs_of(sources, places)
    return KNOWN_SITES & sites or frozenset({"unspecified"})


def _metastasis(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    named = metastatic_sites(sources, condition)
    for site in sorted(named):
        yield Reading("metastatic-sites", "secondary-condition", here, member=site)
    if named == {"lymph-node"}:
        yield Reading("n-category", "secondary-condition", here, _is("N1"))
    else:
        yield Reading("m-category", "secondary-condition", here, _is("M1"))


def is_other_cancer(sources: Sources, condition: Condition) -> bool:
    """Whether a Condition that is not this tumour names a cancer."""
    return _other_cancer(sources, condition) is not None


@once_a_call
def _other_cancer(sources: Sources, condition: Condition) -> str | None:
    """`solid` or `blood` for another cancer, by its ICD-10 code or its name; None for anything else.

    Codes of sarcomas of the abdomen, of secondary and of unspecified cancers are often the same tumour coded
    again, so they do not count as another one.
    """
    for coding in (condition.code.coding or ()) if condition.code else ():
        code = (coding.code or "").upper()
        icd = sources.terminology.system_name(coding.system) in ICD
        if icd and code[:1] == "C":
            if code[:3] in SAME_TUMOUR_CODES:
                return None
            return "blood" if "C81" <= code[:3] <= "C96" else "solid"
    words = sources.affirmed_words(condition.code)
    if "malignancy.blood" in words:
        return "blood"
    generic = "dx.cancer-generic" in sources.concepts(condition.code)
    return "solid" if generic or "malignancy.solid" in words else None


def _extent_in(words: frozenset[str]) -> Choice:
    """Where a recurrence is, as far as its words say."""
    said = {w.removeprefix("recurrence.") for w in words if w.startswith("recurrence.")}
    return Choice(frozenset(said)) if len(said) == 1 else _anywhere()


def _anywhere() -> Choice:
    return Choice(frozenset({"local", "regional", "distant"}))


def _is(value: str | bool) -> Choice:
    return Choice(frozenset({value}))

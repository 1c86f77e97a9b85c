"""The diagnosis, its site, metastases and recurrences, and other diseases beside it, from Conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...fhir.datatypes import day
from ...fhir.resources import Condition, Extension
from ..fact import Choice, Evidence
from ..settle import Reading
from .sources import Sources, codes_of

OVER = frozenset({"inactive", "remission", "resolved"})
BACK = frozenset({"recurrence", "relapse"})
COMORBIDITIES = {
    "comorbid.heart-failure": "heart-failure",
    "comorbid.coagulopathy": "coagulopathy",
    "comorbid.infection": "active-infection",
    "comorbid.liver-failure": "decompensated-liver-failure",
}
MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
HISTOLOGY = f"{MCODE}mcode-histology-morphology-behavior"
# extension -> whether the condition in it is there
STATED_COMORBIDITY = {
    f"{MCODE}mcode-related-condition": True,
    f"{MCODE}mcode-related-condition-present": True,
    f"{MCODE}mcode-related-condition-absent": False,
}
SAME_TUMOUR_CODES = frozenset({"C48", "C49", "C77", "C78", "C79", "C80"})
RELATED = "http://hl7.org/fhir/StructureDefinition/condition-related"
ICD = ("icd-10-cm", "icd-10")
KNOWN_SITES = frozenset(
    {"liver", "peritoneum", "lung", "bone", "brain", "lymph-node", "pleura", "adrenal", "soft-tissue",
     "retroperitoneum", "mediastinum", "small-intestine", "large-intestine", "digestive-other", "skin",
     "other-site"}
)  # fmt: skip


@dataclass(slots=True)
class Diagnosis:
    """What the Conditions say of the tumour, for the other readers.

    `conditions` are the references of the tumour's own Conditions (the first is the one to cite), `others` of
    every other confirmed Condition.
    """

    disease: str = "none"
    conditions: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
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
    """Find the GIST (or another sarcoma) among the confirmed Conditions."""
    found = Diagnosis()
    over: list[bool] = []
    sarcoma = False
    days: list[str] = []
    rest: list[tuple[str, Condition, frozenset[str]]] = []
    for reference, condition in sources.conditions():
        kinds = _kinds(sources, condition)
        if _is_gist(kinds) and not _is_secondary(sources, condition):
            found.conditions.append(reference)
            found.codings |= {
                (sources.terminology.system_name(c.system), c.code or "")
                for c in (condition.code.coding or () if condition.code else ())
            }
            sites = [condition.code, *(condition.body_site or ())]
            organs = organs_of(sources, frozenset().union(*(sources.named(s) for s in sites)))
            if organs and found.primary_organs and not organs & found.primary_organs:
                found.several_tumours = True
            found.primary_organs |= organs
            over.append(bool(codes_of(condition.clinical_status) & OVER))
            days += [d for d in (day(condition.onset_date_time), day(condition.recorded_date)) if d]
        else:
            rest.append((reference, condition, kinds))
    for reference, condition, kinds in rest:
        if _names_metastasis(kinds) and _of_this_primary(sources, condition, found):
            found.metastases.add(reference)
            found.organs |= organs_of(sources, kinds)
        else:
            found.others.add(reference)
            sarcoma = sarcoma or any(_is_sarcoma(k) for k in kinds)
            active = not codes_of(condition.clinical_status) & OVER
            if active and (cancer := _other_cancer(sources, condition)):
                found.other_malignancy = True
                found.other_solid_tumour |= cancer == "solid"
    found.organs |= found.primary_organs
    found.diagnosed_on = min(days, default=None)
    if found.conditions:
        found.disease = "gist"
        found.in_remission = all(over)
    elif any(_is_gist(kinds) for reference, _, kinds in rest if reference in found.metastases):
        # only the metastasis is on the list, and it names what it came from
        found.disease = "gist"
    elif sarcoma:
        found.disease = "sts"
    return found


def _is_gist(kinds: frozenset[str]) -> bool:
    return any(k.startswith(("dx.gist", "morph.gist")) for k in kinds)


def _names_metastasis(kinds: frozenset[str]) -> bool:
    return any(k.startswith("dx.metastasis") for k in kinds)


def _is_secondary(sources: Sources, condition: Condition) -> bool:
    """A secondary cancer by its code, or by words beside an organ: its morphology is that of the primary."""
    if _names_metastasis(sources.concepts(condition.code)):
        return True
    words = sources.readings.words.concepts(sources.affirmed(condition.code))
    coded = sources.concepts(condition.code)
    return (
        not _is_gist(coded)
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
        kinds = sources.named(condition.code) | _histology(sources, condition)
        if reference in diagnosis.conditions:
            yield Reading("disease", "condition", here, _is("gist"))
            yield from _site(sources, condition, here)
            if _names_metastasis(sources.readings.words.concepts(sources.affirmed(condition.code))):
                yield Reading("m-category", "text", here, _is("M1"))
            texts = sources.readings.words.concepts(sources.affirmed(condition.code))
            if status & BACK or "dx.malignancy.recurrent" in texts:
                place = Evidence(reference, "clinicalStatus", when)
                yield Reading("recurrence", "condition", place, _anywhere())
        elif reference in diagnosis.metastases:
            # a metastasis that was removed or answered to treatment has been there all the same
            if not diagnosis.conditions:
                yield Reading("disease", "condition", here, _is("gist"))
            yield from _metastasis(sources, condition, here)
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
    for reference, observation in sources.observations():
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


def _kinds(sources: Sources, condition: Condition) -> frozenset[str]:
    """Concepts of the code and the histology; words only where no coding names a disease.

    An organ code of WHO ICD-10 names none: there the text or the histology says what grew in the organ.
    """
    coded = sources.concepts(condition.code) | _histology(sources, condition)
    if any(k.startswith(("dx.", "morph.", "comorbid.")) for k in coded):
        return coded
    codings = (condition.code.coding or ()) if condition.code else ()
    if any(
        (c.code or "").upper().startswith("Z") and sources.terminology.system_name(c.system) in ICD
        for c in codings
    ):
        # a personal history, whatever its text names
        return coded
    return coded | sources.readings.words.concepts(sources.affirmed(condition.code))


def organs_of(sources: Sources, kinds: frozenset[str]) -> set[str]:
    """The organs that concepts of diagnoses, sites or procedures name."""
    named = {sources.readings.organs[k] for k in kinds if k in sources.readings.organs}
    return (
        named
        | set(sources.readings.value_of("primary-site", kinds))
        | (set(sources.readings.value_of("metastatic-sites", kinds)) - {"unspecified"})
    )


def _histology(sources: Sources, condition: Condition) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for extension in condition.extension or ():
        if extension.url == HISTOLOGY:
            found |= sources.named(extension.value_codeable_concept)
    return found


def _site(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    coded = sources.readings.value_of("primary-site", sources.concepts(condition.code))
    body = sources.readings.value_of(
        "primary-site", frozenset().union(*(sources.named(site) for site in condition.body_site or ()))
    )
    if coded:
        yield Reading("primary-site", "condition-code", here, Choice(frozenset(coded)))
    if body:
        place = Evidence(here.resource, "bodySite", here.date)
        yield Reading("primary-site", "body-site", place, Choice(frozenset(body)))
    # read beside a code too: a text that says otherwise loses, and the card says so
    words = sources.readings.value_of(
        "primary-site", sources.readings.words.concepts(sources.affirmed(condition.code))
    )
    if words:
        place = Evidence(here.resource, "code.text", here.date)
        yield Reading("primary-site", "text", place, Choice(frozenset(words)))


def _metastasis(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    kinds = _kinds(sources, condition)
    places = kinds.union(*(sources.named(site) for site in condition.body_site or ()))
    sites = set(sources.readings.value_of("metastatic-sites", kinds)) | organs_of(sources, places)
    named = (sites & KNOWN_SITES) or {"unspecified"}
    for site in sorted(named):
        yield Reading("metastatic-sites", "secondary-condition", here, member=site)
    if named == {"lymph-node"}:
        yield Reading("n-category", "secondary-condition", here, _is("N1"))
    else:
        yield Reading("m-category", "secondary-condition", here, _is("M1"))


def _is_sarcoma(kind: str) -> bool:
    generic = ("dx.cancer-generic", "dx.neoplasm-generic", "dx.retroperitoneal", "dx.peritoneal", "dx.nf1")
    return kind.startswith(("dx.sts", "dx.sarcoma", "dx.lipo", "dx.leio", "dx.syno", "dx.angio", "dx.ups", "dx.mpnst",
                            "dx.myxo", "dx.fibro", "dx.epithelioid")) and not kind.startswith(generic)  # fmt: skip


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
    words = sources.readings.words.concepts(sources.affirmed(condition.code))
    if "malignancy.blood" in words:
        return "blood"
    generic = "dx.cancer-generic" in sources.concepts(condition.code)
    return "solid" if generic or "malignancy.solid" in words else None


def _anywhere() -> Choice:
    return Choice(frozenset({"local", "regional", "distant"}))


def _is(value: str | bool) -> Choice:
    return Choice(frozenset({value}))

"""The diagnosis, its site, metastases and recurrences, and other diseases beside it, from Conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ...fhir.datatypes import day
from ...fhir.resources import CodeableConcept, Condition
from ...fhir.terminology import texts_of
from ..fact import Choice, Evidence
from ..settle import Reading
from .sources import Sources, codes_of

HISTOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
OVER = frozenset({"inactive", "remission", "resolved"})
BACK = frozenset({"recurrence", "relapse"})
COMORBIDITIES = {
    "comorbid.heart-failure": "heart-failure",
    "comorbid.coagulopathy": "coagulopathy",
    "comorbid.infection": "active-infection",
    "comorbid.liver-failure": "decompensated-liver-failure",
}
ABSENT = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-related-condition-absent"
SAME_TUMOUR_CODES = frozenset({"C48", "C49", "C77", "C78", "C79", "C80"})
ICD = ("http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10")


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
    organs: set[str] = field(default_factory=set)
    in_remission: bool = False
    other_malignancy: bool = False
    other_solid_tumour: bool = False

    def same_tumour(self, references: Iterable[str | None]) -> bool:
        """Whether a record's focus or reason lets it speak of this tumour: it names it, its metastases, or no
        Condition at all."""
        named = [r for r in references if r and r.startswith("Condition/")]
        return not named or any(r in self.conditions or r in self.metastases for r in named)


def find_diagnosis(sources: Sources) -> Diagnosis:
    """Find the GIST (or another sarcoma) among the confirmed Conditions."""
    found = Diagnosis()
    over: list[bool] = []
    sarcoma = False
    for reference, condition in sources.conditions():
        kinds = _kinds(sources, condition)
        if any(k.startswith(("dx.gist", "morph.gist")) for k in kinds):
            found.conditions.append(reference)
            sites = [condition.code, *(condition.body_site or ())]
            found.organs |= _organs(sources, frozenset().union(*(sources.named(s) for s in sites)))
            over.append(bool(codes_of(condition.clinical_status) & OVER))
        elif any(k.startswith("dx.metastasis") for k in kinds):
            found.metastases.add(reference)
            found.organs |= set(sources.readings.value_of("metastatic-sites", kinds)) - {"unspecified"}
        else:
            found.others.add(reference)
            sarcoma = sarcoma or any(_is_sarcoma(k) for k in kinds)
            active = not codes_of(condition.clinical_status) & OVER
            if active and (cancer := _other_cancer(sources, condition)):
                found.other_malignancy = True
                found.other_solid_tumour |= cancer == "solid"
    if found.conditions:
        found.disease = "gist"
        found.in_remission = all(over)
    elif sarcoma:
        found.disease = "sts"
    return found


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
            if status & BACK:
                extent = Choice(frozenset({"local", "regional", "distant"}))
                yield Reading("recurrence", "condition", Evidence(reference, "clinicalStatus", when), extent)
        elif reference in diagnosis.metastases and not status & {"resolved", "inactive"}:
            yield from _metastasis(sources, kinds, here)
        if not status & OVER:
            for concept, fact in COMORBIDITIES.items():
                if concept in kinds:
                    yield Reading(fact, "condition", here, _is(True))
            if "dx.nf1" in kinds:
                yield Reading("genotype", "condition", here, member="nf1")


def read_stated_comorbidities(sources: Sources) -> Iterator[Reading]:
    """mCODE's comorbidities Observation: a condition in its `absent` extension is said not to be there."""
    for reference, observation in sources.observations():
        if "comorbid.statement" not in sources.concepts(observation.code):
            continue
        here = sources.dated(reference, observation, "extension")
        for extension in observation.extension or ():
            if extension.url == ABSENT:
                for kind in sources.concepts(extension.value_codeable_concept):
                    if kind in COMORBIDITIES:
                        yield Reading(COMORBIDITIES[kind], "condition", here, _is(False))


def _kinds(sources: Sources, condition: Condition) -> frozenset[str]:
    """Concepts of the code and the histology; words only where no coding names a disease.

    An organ code of WHO ICD-10 names none: there the text or the histology says what grew in the organ.
    """
    coded = sources.concepts(condition.code) | _histology(sources, condition)
    if any(k.startswith(("dx.", "morph.", "comorbid.")) for k in coded):
        return coded
    return coded | sources.readings.words.concepts(_unnegated(sources, condition.code))


def _unnegated(sources: Sources, concept: CodeableConcept | None) -> list[str]:
    texts = texts_of(concept)
    return [t for t in texts if "negation" not in sources.readings.words.concepts([t])]


def _organs(sources: Sources, kinds: frozenset[str]) -> set[str]:
    return {sources.readings.organs[k] for k in kinds if k in sources.readings.organs} | set(
        sources.readings.value_of("primary-site", kinds)
    )


def _histology(sources: Sources, condition: Condition) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for extension in condition.extension or ():
        if extension.url == HISTOLOGY:
            found |= sources.concepts(extension.value_codeable_concept)
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
    if not coded and not body:
        words = sources.readings.value_of(
            "primary-site", sources.readings.words.concepts(texts_of(condition.code))
        )
        if words:
            yield Reading("primary-site", "text", here, Choice(frozenset(words)))


def _metastasis(sources: Sources, kinds: frozenset[str], here: Evidence) -> Iterator[Reading]:
    sites = sources.readings.value_of("metastatic-sites", kinds)
    named = {k for k in sites if k != "unspecified"} or {"unspecified"}
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
        if (coding.system or "").startswith(ICD) and code[:1] == "C" and code[:3] not in SAME_TUMOUR_CODES:
            return "blood" if "C81" <= code[:3] <= "C96" else "solid"
    words = sources.readings.words.concepts(_unnegated(sources, condition.code))
    if "malignancy.solid" in words:
        return "solid"
    return "blood" if "malignancy.blood" in words else None


def _is(value: str | bool) -> Choice:
    return Choice(frozenset({value}))

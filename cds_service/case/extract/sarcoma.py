"""Which Conditions are a soft-tissue sarcoma, and of what histology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ...fhir.resources import CodeableConcept, Coding, Condition
from ..fact import Choice, Evidence
from ..settle import Reading
from .sources import Sources, once_a_call

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
HISTOLOGY = f"{MCODE}mcode-histology-morphology-behavior"
ICD = ("icd-10-cm", "icd-10")
# categories of ICD-10 and of ICD-O topography: bone, and Kaposi sarcoma
BONE = frozenset({"C40", "C41"})
KAPOSI = "C46"
GENERIC = frozenset({"dx.cancer-generic", "dx.neoplasm-generic"})
_MORPHOLOGY = re.compile(r"(\d{4})(?:/?(\d))?")

# named: a soft-tissue sarcoma. assumed: read as one because nothing says otherwise. unclear: may be one.
Sarcoma = Literal["named", "assumed", "unclear", "none"]


def morphologies(condition: Condition) -> Sequence[CodeableConcept]:
    """The values of mCODE's histology extension."""
    if not condition.extension:
        return ()
    every = [e.value_codeable_concept for e in condition.extension if e.url == HISTOLOGY]
    return [concept for concept in every if concept is not None]


@once_a_call
def histology_concepts(sources: Sources, condition: Condition) -> frozenset[str]:
    """Concepts of the histology extension, and of a morphology in the code whose behaviour is another digit.

    A morphology without its behaviour counts as malignant only beside a code that says so: 8890 alone may be
    a leiomyoma. `/6` and `/9` are the same tumour found elsewhere.
    """
    found = sources.named_in(morphologies(condition))
    malignant = _says_malignant(sources, condition)
    for concept in [condition.code, *morphologies(condition)]:
        for coding in (concept.coding or ()) if concept else ():
            if sources.terminology.system_name(coding.system) != "icd-o-3":
                continue
            match = _MORPHOLOGY.fullmatch((coding.code or "").strip())
            if match and (match.group(2) in ("3", "6", "9") or (match.group(2) is None and malignant)):
                found |= sources.terminology.concepts_of(Coding(coding.system, f"{match.group(1)}/3"))
    return found


@once_a_call
def sarcoma_of(sources: Sources, condition: Condition) -> Sarcoma:
    """What a confirmed Condition says: codes first, words where no code names a disease."""
    table = sources.readings.sarcomas
    coded = sources.concepts(condition.code) | histology_concepts(sources, condition)
    if coded & table["never"] or _of_bone(sources, condition) or _benign(sources, condition):
        return "none"
    words = _words_of(sources, condition)
    denied = "not-sts.other" in words or ("not-sts.bone" in words and "not-sts.bone.unless" not in words)
    named_in_words = _names_sarcoma(sources, words)
    if _names_sarcoma(sources, coded):
        return "unclear" if denied and not named_in_words else "named"
    open_codes = coded & (table["assumed"] | table["unclear"] | GENERIC)
    if not open_codes and not _words_may_name(sources, condition, coded):
        return "none"
    if named_in_words and "history" not in words:
        return "unclear" if denied else "named"
    if denied or words & {"history", "not-sts.benign"}:
        return "none"
    if coded & table["assumed"]:
        return "assumed"
    return "unclear" if (coded | words) & table["unclear"] else "none"


@once_a_call
def histologies(sources: Sources, condition: Condition) -> tuple[frozenset[str], frozenset[str]]:
    """The histologies of the codes and, where these name none or only the family, of the words."""
    coded = sources.concepts(condition.code) | histology_concepts(sources, condition)
    by_code = finest_histology(sources.readings.value_of("histology", coded))
    words = _words_of(sources, condition)
    by_words = finest_histology(sources.readings.value_of("histology", words))
    narrower = by_code and finest_histology(by_code | by_words) == by_words
    return (by_words, frozenset()) if narrower else (by_code, frozenset() if by_code else by_words)


def read_histology(sources: Sources, condition: Condition, here: Evidence) -> Iterator[Reading]:
    """`histology`; a sarcoma of no specified kind says nothing."""
    by_code, by_words = histologies(sources, condition)
    for histology in sorted(by_code):
        yield Reading("histology", "condition-code", here, Choice(frozenset({histology})))
    for histology in sorted(by_words):
        yield Reading("histology", "text", here, Choice(frozenset({histology})))


def finest_histology(found: Iterable[str]) -> frozenset[str]:
    """Without the family where one of its kinds is named."""
    kinds = set(found)
    if len(kinds) < 2:
        return frozenset(kinds)
    if any(k.startswith("liposarcoma-") for k in kinds):
        kinds.discard("liposarcoma")
    if "other-sarcoma" in kinds:
        # infantile fibrosarcoma is a disease of its own
        kinds.discard("fibrosarcoma")
    return frozenset(kinds)


def without_family(readings: Iterable[Reading]) -> list[Reading]:
    """Without readings of `histology` that name only the family of a kind that another record names."""
    every = list(readings)
    said = {
        str(v)
        for r in every
        if r.fact == "histology" and isinstance(r.value, Choice)
        for v in r.value.possible
    }
    finest = finest_histology(said)
    return [
        r
        for r in every
        if r.fact != "histology" or not isinstance(r.value, Choice) or r.value.possible <= finest
    ]


def _names_sarcoma(sources: Sources, concepts: frozenset[str]) -> bool:
    if not concepts.isdisjoint(sources.readings.sarcomas["named"]):
        return True
    return bool(sources.readings.value_of("histology", concepts) - {"gist"})


def _words_of(sources: Sources, condition: Condition) -> frozenset[str]:
    """What the words of its name and its histology say."""
    found = sources.affirmed_words(condition.code)
    for concept in morphologies(condition):
        found |= sources.affirmed_words(concept)
    return found


def _codes(sources: Sources, concepts: Iterable[CodeableConcept | None]) -> list[tuple[str | None, str]]:
    return [
        (sources.terminology.system_name(coding.system), (coding.code or "").strip().upper())
        for concept in concepts
        if concept is not None
        for coding in concept.coding or ()
    ]


def _words_may_name(sources: Sources, condition: Condition, coded: frozenset[str]) -> bool:
    """Whether no coding names a disease that is something else: then the text says what it is."""
    if any(k.startswith(("dx.", "comorbid.")) for k in coded):
        return False
    icd = [code for system, code in _codes(sources, [condition.code]) if system in ICD]
    return not icd or any("C00" <= code[:3] <= "D49" for code in icd)


def _says_malignant(sources: Sources, condition: Condition) -> bool:
    named = sources.concepts(condition.code)
    return (
        bool(named & GENERIC)
        or any(system in ICD and code[:1] == "C" for system, code in _codes(sources, [condition.code]))
        or _names_sarcoma(sources, named)
    )


def _of_bone(sources: Sources, condition: Condition) -> bool:
    """A tumour of bone or Kaposi sarcoma, by its category."""
    for system, code in _codes(sources, [condition.code, *(condition.body_site or ())]):
        if system in (*ICD, "icd-o-3") and (code[:3] in BONE or (system in ICD and code[:3] == KAPOSI)):
            return True
    return "site.bone" in sources.named_in(condition.body_site)


def _benign(sources: Sources, condition: Condition) -> bool:
    return any(
        system == "icd-o-3" and (match := _MORPHOLOGY.fullmatch(code)) and match.group(2) == "0"
        for system, code in _codes(sources, [condition.code, *morphologies(condition)])
    )

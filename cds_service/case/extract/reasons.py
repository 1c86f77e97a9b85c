"""What the stated reasons of an order, a drug or an operation tie it to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...fhir.resources import CodeableConcept, Condition, Reference, Resource
from ...fhir.terminology import texts_of
from ..fact import Indication
from .conditions import is_gist, names_metastasis, organs_of
from .diagnosis import Diagnosis
from .other_cancer import OF_ITS_OWN
from .sources import Sources

# codes of tumours of uncertain kind or place: they may be this one, coded loosely
VAGUE = frozenset({"C26", "C48", "C49", "C76", "C80", "D37", "D48", "D49"})
# words of a treatment or an encounter, not of a disease
_NEUTRAL = re.compile(
    r"\b(chemo\w*|therapy|treatment|adjuvant|neoadjuvant|palliati\w*|encounter|follow[- ]?up|tumou?r|cancer|neoplasm|"
    r"malignan\w*|sarcoma|oncolog\w*|targeted|systemic)\b",
    re.IGNORECASE,
)
OURS = (
    "dx.gist",
    "morph.gist",
    "dx.metastasis",
    "dx.sts",
    "dx.sarcoma",
    "dx.cancer-generic",
    "dx.neoplasm-generic",
)


def indication(
    sources: Sources,
    diagnosis: Diagnosis,
    references: Iterable[Reference],
    codes: Iterable[CodeableConcept],
    contained: Mapping[str, Resource],
) -> Indication:
    """`this-tumour` if any reason names it, `other` if the reasons name something else, else `not-stated`.

    A reference that cannot be followed and says nothing in its display states no reason.
    """
    verdicts: set[Indication] = set()
    for reference in references:
        pointed = sources.record.pointed(reference)
        inside = contained.get(reference.reference or "")
        if pointed in diagnosis.conditions or pointed in diagnosis.metastases:
            verdicts.add("this-tumour")
        elif pointed in diagnosis.others:
            verdicts.add("other")
        elif isinstance(inside, Condition) and inside.code is not None:
            verdicts |= _of_concept(sources, diagnosis, inside.code)
        elif reference.display:
            verdicts |= _of_concept(sources, diagnosis, CodeableConcept(text=reference.display))
    for code in codes:
        if code.coding or code.text:
            verdicts |= _of_concept(sources, diagnosis, code)
    if "this-tumour" in verdicts:
        return "this-tumour"
    return "other" if verdicts else "not-stated"


def _of_concept(sources: Sources, diagnosis: Diagnosis, concept: CodeableConcept) -> set[Indication]:
    """What one reason names: this tumour, another disease, or neither (an encounter, a kind of treatment)."""
    kinds = sources.named(concept)
    if _metastasis_of_other(sources, diagnosis, concept):
        return {"other"}
    if diagnosis.disease == "sts":
        if ours := _of_sarcoma(sources, diagnosis, kinds):
            return ours
    elif any(k.startswith(OURS) for k in kinds):
        return {"this-tumour"}
    codings = [(sources.terminology.system_name(c.system), c.code or "") for c in concept.coding or ()]
    if diagnosis.codings.intersection(codings):
        return {"this-tumour"}
    icd = [code.upper().replace(".", "") for system, code in codings if system in ("icd-10", "icd-10-cm")]
    if icd:
        return {"other"} if any(_other_disease(sources, diagnosis, code, kinds) for code in icd) else set()
    if sources.words(texts_of(concept)) & {"malignancy.blood", "malignancy.solid"}:
        return {"other"}
    texts = [t for t in texts_of(concept) if not _NEUTRAL.search(t)]
    return {"other"} if texts else set()


def _metastasis_of_other(sources: Sources, diagnosis: Diagnosis, concept: CodeableConcept) -> bool:
    """Whether a reason names the metastasis of a cancer that began elsewhere."""
    said = sources.affirmed_words(concept)
    if said.isdisjoint(OF_ITS_OWN) or not names_metastasis(said | sources.concepts(concept)) or is_gist(said):
        return False
    return not sources.readings.near(organs_of(sources, said), diagnosis.primary_organs)


def _of_sarcoma(sources: Sources, diagnosis: Diagnosis, kinds: frozenset[str]) -> set[Indication]:
    """What concepts name for a patient with a soft-tissue sarcoma; empty if they do not say."""
    if any(k.startswith(("dx.gist", "morph.gist")) for k in kinds):
        return {"other"}
    table = sources.readings.sarcomas
    if kinds & table["never"] or kinds & {"not-sts.bone", "not-sts.other", "not-sts.benign"}:
        return set()
    named = sources.readings.value_of("histology", kinds)
    if named and diagnosis.histologies and not _one_family(named, diagnosis.histologies):
        # another kind of sarcoma than the one on record
        return {"other"}
    if any(k.startswith(("dx.metastasis", "dx.cancer-generic", "dx.neoplasm-generic")) for k in kinds):
        return {"this-tumour"}
    organs = organs_of(sources, kinds)
    if organs and diagnosis.organs and not sources.readings.near(organs, diagnosis.organs):
        return set()
    ours = named or kinds & (table["named"] | table["assumed"] | table["unclear"])
    return {"this-tumour"} if ours else set()


def _one_family(one: Iterable[str], other: Iterable[str]) -> bool:
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def _other_disease(sources: Sources, diagnosis: Diagnosis, code: str, kinds: frozenset[str]) -> bool:
    """Whether an ICD-10 code names a disease that cannot be this tumour under a less exact code."""
    if code[:1] in "VWXYZU" or code[:3] in VAGUE:
        return False
    organs = organs_of(sources, kinds)
    return not (code[:1] in "CD" and organs and sources.readings.near(organs, diagnosis.organs))

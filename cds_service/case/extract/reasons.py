"""What the stated reasons of an order, a drug or an operation tie it to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...fhir.resources import CodeableConcept, Condition, Reference, Resource
from ..fact import Indication
from .diagnosis import Diagnosis
from .sources import Sources

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
            verdicts.add(_of_concept(sources, inside.code))
        elif reference.display:
            verdicts.add(_of_concept(sources, CodeableConcept(text=reference.display)))
    for code in codes:
        if code.coding or code.text:
            verdicts.add(_of_concept(sources, code))
    if "this-tumour" in verdicts:
        return "this-tumour"
    return "other" if verdicts else "not-stated"


def _of_concept(sources: Sources, concept: CodeableConcept) -> Indication:
    kinds = sources.named(concept)
    return "this-tumour" if any(k.startswith(OURS) for k in kinds) else "other"

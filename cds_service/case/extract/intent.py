"""What a treatment says that it is for, and what radiotherapy says that it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...fhir.resources import CodeableConcept, Extension
from ...fhir.terminology import texts_of
from .readings import NONE
from .sources import Sources

MCODE = "http://hl7.org/fhir/us/mcode/StructureDefinition/"
INTENT = f"{MCODE}mcode-procedure-intent"
# the extension of a radiotherapy course and the two inside it; senders of their own making use the short names
COURSE = f"{MCODE}mcode-radiotherapy-modality-and-technique"
PARTS = frozenset(
    {f"{MCODE}mcode-radiotherapy-modality", f"{MCODE}mcode-radiotherapy-technique", "modality", "technique"}
)
# intent in words -> intent, the more exact first
_WORDS = ("neoadjuvant", "adjuvant", "palliative", "definitive", "curative")


def intents_of(
    sources: Sources, extensions: Iterable[Extension] | None, texts: Iterable[CodeableConcept | None] = ()
) -> frozenset[str]:
    """`neoadjuvant`, `adjuvant`, `curative`, `definitive`, `palliative`: by the extension, else by words."""
    stated = frozenset(
        kind.removeprefix("intent.")
        for e in extensions or ()
        if e.url == INTENT
        for kind in sources.named(e.value_codeable_concept)
        if kind.startswith("intent.")
    )
    if stated:
        return stated
    words = sources.words(t for c in texts for t in texts_of(c) if sources.plain(t))
    return frozenset(w for w in _WORDS if f"intent.{w}" in words)


def is_course(extensions: Iterable[Extension] | None) -> bool:
    """Whether mCODE's extension of a radiotherapy course is there, whatever the code says."""
    return any(e.url == COURSE for e in extensions or ())


def course_concepts(sources: Sources, extensions: Iterable[Extension] | None) -> frozenset[str]:
    """Concepts of the modality and the technique of a radiotherapy course."""
    return sources.named_in(_parts(extensions)) if extensions else NONE


def _parts(extensions: Iterable[Extension] | None) -> Iterator[CodeableConcept]:
    for extension in extensions or ():
        if extension.url in PARTS and extension.value_codeable_concept is not None:
            yield extension.value_codeable_concept
        if extension.url == COURSE:
            yield from _parts(extension.extension)

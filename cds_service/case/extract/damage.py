"""Which queries may have lost a fact to a resource that could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ...fhir.record import UNREADABLE
from ...fhir.resources import CodeableConcept
from ...fhir.terminology import texts_of
from .eligibility import HINTS
from .sources import Sources

# elements that say what a resource is about
NAMING = ("code", "medicationCodeableConcept", "valueCodeableConcept")


def damaged_queries(sources: Sources) -> Iterator[str]:
    """Prefetch keys whose answer held a resource that matters and could not be used.

    A resource that does not decode, or that says something in a way we do not know, costs its own facts: what
    it might have said is not absent. One that plainly names something we never read costs nothing.
    """
    for key, content in sources.record.damaged.values():
        if _may_matter(sources, content):
            yield key


def _may_matter(sources: Sources, content: bytes) -> bool:
    try:
        found: Any = msgspec.json.decode(content)
    except UNREADABLE:
        return True
    if not isinstance(found, dict):
        return True
    concepts = [_concept(found.get(name)) for name in NAMING]
    named = [c for c in concepts if c is not None]
    if not named or found.get("medicationReference") or found.get("extension"):
        return True
    # what would decide nothing if it could be read is not missed
    return any(
        sources.concepts(c) - HINTS or sources.own_codes(c) or sources.words(texts_of(c)) for c in named
    )


def _concept(value: Any) -> CodeableConcept | None:
    try:
        return msgspec.convert(value, CodeableConcept) if value is not None else None
    except msgspec.ValidationError:
        return None

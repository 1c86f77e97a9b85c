"""An Observation that is evidence, with what its readers begin by: worked out once, for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ...fhir.datatypes import day, start_of
from ...fhir.resources import Observation, Specimen
from ..fact import Evidence

if TYPE_CHECKING:
    from .sources import Sources


class Finding(msgspec.Struct, frozen=True, gc=False):
    """`coded` are the concepts of its code; `named` too, or those of the words of its name if it has none; `answered`
    those of its coded answer; `about` all of these and those that its components name. `own` are the codes of our own
    CodeSystem that it is about, `focus` is what it points to (None for what cannot be followed), `on` its day."""

    reference: str
    observation: Observation
    coded: frozenset[str]
    named: frozenset[str]
    answered: frozenset[str]
    about: frozenset[str]
    own: tuple[str, ...]
    focus: tuple[str | None, ...]
    on: str | None

    def at(self, element: str) -> Evidence:
        """The evidence that stands in one of its elements."""
        return Evidence(self.reference, element, self.on)


def finding_of(sources: Sources, observation: Observation) -> Finding:
    code, value = observation.code, observation.value_codeable_concept
    coded = sources.concepts(code)
    named = coded or sources.affirmed_words(code)
    answered = sources.concepts(value)
    about = named | answered if answered else named
    for part in observation.component or ():
        about |= sources.named(part.code)
    focus = observation.focus
    return Finding(
        f"Observation/{observation.id}",
        observation,
        coded,
        named,
        answered,
        about,
        tuple(sources.own_codes(code)),
        tuple([sources.record.pointed(f) for f in focus]) if focus else (),
        _day_of(sources, observation),
    )


def _day_of(sources: Sources, observation: Observation) -> str | None:
    """A specimen's collection date counts before the report's."""
    if observation.specimen is not None:
        specimen = sources.record.find(sources.record.pointed(observation.specimen), Specimen)
        if specimen is not None and specimen.collection is not None:
            collected = day(specimen.collection.collected_date_time)
            if collected is not None:
                return collected
    moment = observation.effective_date_time or observation.effective_instant
    return start_of(moment, observation.effective_period) or day(observation.issued)

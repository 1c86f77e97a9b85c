"""An Observation that is evidence, with what its readers begin by: worked out once, for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ...fhir.datatypes import day, start_of
from ...fhir.record import contained_in
from ...fhir.resources import Observation, Specimen
from ..fact import Evidence

if TYPE_CHECKING:
    from .sources import Sources


class Finding(msgspec.Struct, frozen=True, gc=False):
    """`coded` are the concepts of its code; `named` too, or those of the words of its name if it has none; `answered`
    those of its coded answer; `about` all of these and those that its components name. `own` are the codes of our own
    CodeSystem that it is about, `focus` is what it points to (None for what cannot be followed), `on` its day,
    `specimen` what was examined and `sampled` the concepts of the place from which that was taken."""

    reference: str
    observation: Observation
    coded: frozenset[str]
    named: frozenset[str]
    answered: frozenset[str]
    about: frozenset[str]
    own: tuple[str, ...]
    focus: tuple[str | None, ...]
    on: str | None
    specimen: Specimen | None = None
    sampled: frozenset[str] = frozenset()

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
    specimen = _specimen_of(sources, observation) if observation.specimen is not None else None
    site = specimen.collection.body_site if specimen is not None and specimen.collection is not None else None
    return Finding(
        f"Observation/{observation.id}",
        observation,
        coded,
        named,
        answered,
        about,
        tuple(sources.own_codes(code)),
        tuple([sources.record.pointed(f) for f in focus]) if focus else (),
        _day_of(observation, specimen),
        specimen,
        sources.named(site) if site is not None else frozenset(),
    )


def _specimen_of(sources: Sources, observation: Observation) -> Specimen | None:
    """The specimen that came with the Observation, or in the record."""
    assert observation.specimen is not None
    pointer = observation.specimen
    found = dict(contained_in(observation)).get(pointer.reference or "") if observation.contained else None
    if found is None:
        found = sources.record.find(sources.record.pointed(pointer), Specimen)
    return found if isinstance(found, Specimen) else None


def _day_of(observation: Observation, specimen: Specimen | None) -> str | None:
    """A specimen's collection date counts before the report's."""
    if specimen is not None and specimen.collection is not None:
        collected = day(specimen.collection.collected_date_time)
        if collected is not None:
            return collected
    moment = observation.effective_date_time or observation.effective_instant
    return start_of(moment, observation.effective_period) or day(observation.issued)

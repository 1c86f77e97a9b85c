"""Drafted orders: what they ask for, at what daily dose, and for which disease."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ...fhir.datatypes import target
from ...fhir.record import UNREADABLE, contained_in, decode
from ...fhir.resources import (
    CodeableConcept,
    MedicationRequest,
    Resource,
    ServiceRequest,
)
from ...fhir.terminology import texts_of
from ..fact import Choice, DraftOrder, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis, organs_of
from .dose import daily_mg, strength_of
from .reasons import indication
from .sources import Sources
from .treatment import INTENT, ORDERS, drug_of

MUTATION_TESTING = "mutation-testing"
# FHIR's own ids, and the longer ones that some servers hand out
FHIR_ID = re.compile(r"[A-Za-z0-9._-]{1,256}")


def read_drafts(
    sources: Sources, diagnosis: Diagnosis, entries: Sequence[Any], selections: Sequence[str] | None
) -> tuple[list[DraftOrder], dict[str, str]]:
    """The drafts of a session, and those that could not be read, by reference.

    `selections` None means that every draft is under review (order-sign).
    """
    chosen = None if selections is None else {_selected(s) for s in selections}
    drafts: list[DraftOrder] = []
    unread: dict[str, str] = {}
    for entry in entries:
        content = entry.get("resource") if isinstance(entry, Mapping) else None
        if not isinstance(content, Mapping):
            continue
        kind, name = content.get("resourceType"), content.get("id")
        if kind not in ("MedicationRequest", "ServiceRequest"):
            continue
        identified = isinstance(name, str) and bool(FHIR_ID.fullmatch(name))
        reference = f"{kind}/{name}" if identified else f"{kind}/unidentified-{len(drafts) + len(unread) + 1}"
        try:
            resource = decode(msgspec.json.encode(content))
        except UNREADABLE as error:
            unread[reference] = str(error)[:200]
            continue
        if not sources.about_patient(getattr(resource, "subject", None)) or getattr(
            resource, "do_not_perform", None
        ):
            continue
        selected = chosen is None or reference in chosen or reference.split("/", 1)[1] in chosen
        draft = _draft(sources, diagnosis, reference, resource, selected)
        drafts.append(draft if identified else replace(draft, identified=False))
    return drafts, unread


def _selected(selection: str) -> str:
    return target(selection) or selection


def _draft(
    sources: Sources, diagnosis: Diagnosis, reference: str, resource: Resource, selected: bool
) -> DraftOrder:
    if isinstance(resource, MedicationRequest):
        dose = daily_mg(
            resource.dosage_instruction, strength_of(sources, resource.medication_codeable_concept)
        )
        contained = dict(contained_in(resource))
        tied = indication(
            sources, diagnosis, resource.reason_reference or (), resource.reason_code or (), contained
        )
        return DraftOrder(reference, drug_of(sources, resource), selected, tied, dose)
    assert isinstance(resource, ServiceRequest)
    kinds = sources.named(resource.code)
    sites = frozenset().union(*(sources.named(site) for site in resource.body_site or ()))
    tied = indication(sources, diagnosis, resource.reason_reference or (), resource.reason_code or (), {})
    if tied == "not-stated" and diagnosis.organs & organs_of(sources, sites or kinds):
        tied = "this-tumour"
    curative = any(
        e.url == INTENT and "intent.curative" in sources.concepts(e.value_codeable_concept)
        for e in resource.extension or ()
    )
    return DraftOrder(reference, item_of(sources, resource.code), selected, tied, curative=curative)


def item_of(sources: Sources, code: CodeableConcept | None) -> str | None:
    """What an order for a procedure or test asks for, as an option id; by our own code, any coding, or words."""
    if MUTATION_TESTING in sources.own_codes(code):
        return MUTATION_TESTING
    kinds = sources.named(code) | sources.readings.words.concepts(texts_of(code))
    items = {sources.readings.items[k] for k in kinds if k in sources.readings.items}
    # an operation on an organ may be coded with its general class beside it
    items -= {"excision"} if len(items) > 1 else set()
    return items.pop() if len(items) == 1 else None


def read_intended_surgery(drafts: Sequence[DraftOrder]) -> Iterator[Reading]:
    """A drafted resection with curative intent is the surgeon's word that the tumour is resectable, never
    that its morbidity is minimal."""
    for draft in drafts:
        if draft.item == "excision" and draft.curative and draft.indication == "this-tumour":
            either = Choice(frozenset({"resectable", "resectable-significant-morbidity"}))
            yield Reading("resectability", "drafted", Evidence(draft.reference, "code"), either)


def tests_ordered(sources: Sources) -> frozenset[str]:
    """Tests that an active or draft request of the record already asks for."""
    return frozenset(
        test
        for _, request in sources.record.of(ServiceRequest)
        if request.status in ("active", "on-hold", "draft")
        and not request.do_not_perform
        and (request.intent or "order") in ORDERS
        and sources.about_patient(request.subject)
        and (test := item_of(sources, request.code)) == MUTATION_TESTING
    )

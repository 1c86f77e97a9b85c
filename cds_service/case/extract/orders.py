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
from ..fact import Choice, DraftOrder, Evidence, Fact
from ..settle import Reading
from .conditions import organs_of
from .diagnosis import Diagnosis
from .dose import daily_dose
from .intent import course_concepts, intents_of, is_course
from .reasons import indication
from .sources import Sources
from .targets import targets_of
from .treatment import ORDERS, drug_of

MUTATION_TESTING = "mutation-testing"
TESTS = frozenset({MUTATION_TESTING, "staging-imaging"})
RADIOTHERAPY = "radiotherapy"
BEFORE_SURGERY = frozenset({"neoadjuvant-radiotherapy", "definitive-radiotherapy"})
# a course with a boost is that course; a boost alone is one
_WITH_BOOST = re.compile(r"\b(?:with|and|plus)\s+(?:an?\s+)?(?:\w+\s+)?boost\b|\+\s*boost", re.IGNORECASE)
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
        # JSON makes dicts of objects
        content = entry.get("resource") if isinstance(entry, (dict, Mapping)) else None
        if not isinstance(content, (dict, Mapping)):
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
        dose = daily_dose(sources, resource)
        contained = dict(contained_in(resource))
        tied = indication(
            sources, diagnosis, resource.reason_reference or (), resource.reason_code or (), contained
        )
        return DraftOrder(
            reference, drug_of(sources, resource), selected, tied, dose.mg, dose_unread=dose.unread
        )
    assert isinstance(resource, ServiceRequest)
    kinds = sources.named(resource.code)
    sites = sources.named_in(resource.body_site)
    tied = indication(sources, diagnosis, resource.reason_reference or (), resource.reason_code or (), {})
    places = organs_of(sources, sites or kinds)
    if tied == "not-stated" and sources.readings.ties(places, diagnosis.organs):
        tied = "this-tumour"
    stated = [resource.code, *(resource.order_detail or ()), *(resource.reason_code or ())]
    intents = intents_of(sources, resource.extension, stated)
    options = _options(sources, diagnosis.disease, _item(sources, diagnosis.disease, resource), intents)
    return DraftOrder(
        reference,
        options[0] if len(options) == 1 else None,
        selected,
        tied,
        curative=bool(intents & {"curative"}),
        alternatives=options if len(options) > 1 else (),
        targets=targets_of(sources, diagnosis, resource),
    )


def _item(sources: Sources, disease: str, request: ServiceRequest) -> str | None:
    found = item_of(sources, disease, request.code, request.order_detail or ())
    by_course = sources.readings.items_of(disease, course_concepts(sources, request.extension))
    if found in (None, RADIOTHERAPY) and (by_course or is_course(request.extension)):
        exact = by_course - {RADIOTHERAPY}
        return exact.pop() if len(exact) == 1 else RADIOTHERAPY
    return found


def _options(sources: Sources, disease: str, item: str | None, intents: frozenset[str]) -> tuple[str, ...]:
    """The options that an item with its stated intent may be; several where the intent does not tell."""
    if item is None:
        return ()
    table = sources.readings.intents.get(disease) or sources.readings.intents["gist"]
    rows = table.get(item, {})
    # the aim of cure tells less than a place before or after surgery
    stated = [rows[i] for i in sorted(intents - {"curative"} or intents) if i in rows]
    if len(stated) > 1:
        return tuple(dict.fromkeys(o for options in stated for o in options))
    return stated[0] if stated else rows.get("unstated", (item,))


def item_of(
    sources: Sources, disease: str, code: CodeableConcept | None, details: Sequence[CodeableConcept] = ()
) -> str | None:
    """What an order for a procedure or test asks for; by our own code, any coding, or words."""
    if MUTATION_TESTING in sources.own_codes(code):
        return MUTATION_TESTING
    if sources.is_biopsy(code):
        return None
    texts = [t for concept in (code, *details) for t in texts_of(concept)]
    kinds = sources.named(code) | sources.words(texts)
    if any(_WITH_BOOST.search(t) for t in texts):
        kinds -= {"procedure.radiotherapy.boost"}
    items = sources.readings.items_of(disease, kinds)
    # an operation on an organ may be coded with its general class beside it, and so may a kind of radiotherapy
    for general in ("excision", RADIOTHERAPY, "staging-imaging"):
        items -= {general} if len(items) > 1 else set()
    if "procedure.biopsy" in kinds:
        items -= {"staging-imaging"}
    return items.pop() if len(items) == 1 else None


def place_drafts(
    drafts: Sequence[DraftOrder], disease: str, facts: Mapping[str, Fact], *, recurred: bool
) -> list[DraftOrder]:
    """The drafts of a patient with a soft-tissue sarcoma, read with whether the tumour has been resected: the first
    one, or the one that came back (`recurred`).

    A further excision after the resection is a re-excision; radiotherapy is neoadjuvant or definitive only before
    it and adjuvant only after it, and palliative only where there is tumour left to treat. Drafted together with the
    operation, adjuvant radiotherapy is the one after it.
    """
    if disease != "sts":
        return list(drafts)
    resected = _known(facts.get("recurrence-resected" if recurred else "tumour-resected"))
    leaves_none = _known(facts["m-category"]) == "M0" and _known(facts["residual-tumour"]) != "R2"
    out: frozenset[str] = frozenset()
    if resected is True:
        out = BEFORE_SURGERY | (frozenset({"palliative-radiotherapy"}) if leaves_none else frozenset())
    elif resected is False:
        out = frozenset({"adjuvant-radiotherapy"})
    to_come = resected is False and any(
        d.item in ("excision", "amputation") and d.indication == "this-tumour" for d in drafts
    )
    placed = []
    for draft in drafts:
        if to_come and draft.item == "adjuvant-radiotherapy":
            placed.append(replace(draft, after_drafted_surgery=True))
        elif draft.item == "excision" and resected is True and draft.indication == "this-tumour":
            placed.append(replace(draft, item="re-excision"))
        elif left := [a for a in draft.alternatives if a not in out]:
            one = len(left) == 1
            placed.append(
                replace(draft, item=left[0] if one else None, alternatives=() if one else tuple(left))
            )
        else:
            placed.append(draft)
    return placed


def _known(fact: Fact | None) -> object:
    if fact is None or not fact.known or not isinstance(fact.value, Choice):
        return None
    return next(iter(fact.value.possible))


def read_intended_surgery(drafts: Sequence[DraftOrder]) -> Iterator[Reading]:
    """A drafted resection with curative intent is the surgeon's word that the tumour is resectable, never
    that its morbidity is minimal."""
    for draft in drafts:
        if draft.item in ("excision", "re-excision") and draft.curative and draft.indication == "this-tumour":
            either = Choice(frozenset({"resectable", "resectable-significant-morbidity"}))
            yield Reading("resectability", "drafted", Evidence(draft.reference, "code"), either)


def tests_ordered(sources: Sources, diagnosis: Diagnosis) -> frozenset[str]:
    """Tests that an active or draft request of the record already asks for, and not for something else."""
    return frozenset(
        test
        for _, request in sources.record.of(ServiceRequest)
        if request.status in ("active", "on-hold", "draft")
        and not request.do_not_perform
        and (request.intent or "order") in ORDERS
        and sources.about_patient(request.subject)
        and (test := item_of(sources, diagnosis.disease, request.code)) in TESTS
        and (test == MUTATION_TESTING or _for_tumour(sources, diagnosis, request))
    )


def _for_tumour(sources: Sources, diagnosis: Diagnosis, request: ServiceRequest) -> bool:
    """Whether its reason or its site ties a request to the tumour."""
    tied = indication(sources, diagnosis, request.reason_reference or (), request.reason_code or (), {})
    sites = sources.named_in(request.body_site)
    places = organs_of(sources, sites or sources.named(request.code))
    return tied == "this-tumour" or (
        tied == "not-stated" and sources.readings.ties(places, diagnosis.primary_organs)
    )

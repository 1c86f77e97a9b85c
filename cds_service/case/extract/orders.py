"""Drafted orders: what they ask for, at what daily dose, and for which disease."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ...fhir.datatypes import real, target
from ...fhir.record import UNREADABLE, contained_in, decode
from ...fhir.resources import (
    CodeableConcept,
    Dosage,
    MedicationRequest,
    Resource,
    ServiceRequest,
)
from ...fhir.terminology import readable, texts_of
from ..fact import Choice, DraftOrder, Evidence
from ..settle import Reading
from .diagnosis import Diagnosis, organs_of
from .reasons import indication
from .sources import Sources
from .treatment import INTENT, ORDERS, drug_of

MUTATION_TESTING = "mutation-testing"
# FHIR's own ids, and the longer ones that some servers hand out
FHIR_ID = re.compile(r"[A-Za-z0-9._-]{1,256}")
_DAYS = {"d": 1.0, "h": 1 / 24, "wk": 7.0}
_MG = {"mg": 1.0, "g": 1000.0}
_TIMES = {"QD": 1.0, "DAILY": 1.0, "BID": 2.0, "TID": 3.0, "QID": 4.0}
_DOSE_TEXT = re.compile(r"(?<![\d.,])(\d{1,5}(?:[.,]\d{1,3})?)[ ]{0,3}(mg|g)\b", re.IGNORECASE)
_TABLETS = re.compile(
    r"(?<![\d.,])(\d{1,2}|two|three|four)[ ]{0,3}(?:x[ ]{0,3})?(?:tab\w{0,5}|cap\w{0,6})\b", re.IGNORECASE
)
_TABLET_WORDS = {"two": 2.0, "three": 3.0, "four": 4.0}
_TWICE = re.compile(r"\b(twice|bid|b\.i\.d\.?|two times|2[ ]{0,2}(?:x|times))\b", re.IGNORECASE)


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
        dose = daily_mg(resource.dosage_instruction)
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


def daily_mg(dosages: list[Dosage] | None) -> float | None:
    """The daily dose in mg that a draft states, or None.

    Structured doses in mg or g with a timing; else a text with one dose, times its tablets, doubled where it
    says twice.
    """
    total = sum(_daily_mg(dosage) for dosage in dosages or ())
    return total or None


def _daily_mg(dosage: Dosage) -> float:
    text = readable(dosage.text)
    twice = 2.0 if _TWICE.search(text) else 1.0
    for dose in (d.dose_quantity for d in dosage.dose_and_rate or ()):
        factor = _MG.get((dose.code or dose.unit or "").strip().lower()) if dose else None
        amount = real(dose.value) if dose and dose.value is not None else None
        if factor and amount:
            return amount * factor * (_per_day(dosage) or twice)
    amounts = _DOSE_TEXT.findall(text)
    if len(amounts) != 1:
        return 0.0
    number, unit = amounts[0]
    tablets = _TABLETS.findall(text)
    count = (_TABLET_WORDS.get(tablets[0].lower()) or real(tablets[0]) or 1.0) if len(tablets) == 1 else 1.0
    return (real(number) or 0.0) * _MG[unit.lower()] * count * (_per_day(dosage) or twice)


def _per_day(dosage: Dosage) -> float | None:
    """How often a day the timing says, None if it does not."""
    timing = dosage.timing
    repeat = timing.repeat if timing else None
    if repeat and repeat.frequency and repeat.period and (unit := _DAYS.get(repeat.period_unit or "")):
        per_day = repeat.frequency / max(repeat.period * unit, 1e-3)
        return per_day if per_day <= 100 else None
    if timing and timing.code:
        names = [c.code for c in timing.code.coding or () if c.code] + [timing.code.text or ""]
        return next((_TIMES[n.strip().upper()] for n in names if n.strip().upper() in _TIMES), None)
    return None


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

"""Drafted orders: what they ask for, at what daily dose, and for which disease."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ...fhir.datatypes import target
from ...fhir.record import decode
from ...fhir.resources import (
    CodeableConcept,
    Dosage,
    MedicationRequest,
    Reference,
    Resource,
    ServiceRequest,
)
from ...fhir.terminology import texts_of
from ..fact import Choice, DraftOrder, Evidence, Indication
from ..settle import Reading
from .diagnosis import Diagnosis
from .sources import Sources
from .treatment import INTENT, ORDERS, drug_of

MUTATION_TESTING = "mutation-testing"
_DAYS = {"d": 1.0, "h": 1 / 24, "wk": 7.0}
_DOSE_TEXT = re.compile(r"(\d+(?:[.,]\d+)?)\s*mg\b", re.IGNORECASE)
_TWICE = re.compile(r"\b(twice|bid|b\.i\.d\.?|two times|2\s*(?:x|times))\b", re.IGNORECASE)


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
        reference = f"{kind}/{name}" if isinstance(name, str) and name else f"{kind}/draft-{len(drafts) + 1}"
        try:
            resource = decode(msgspec.json.encode(content))
        except (msgspec.DecodeError, RecursionError) as error:
            unread[reference] = str(error)[:200]
            continue
        if not sources.about_patient(getattr(resource, "subject", None)) or getattr(
            resource, "do_not_perform", None
        ):
            continue
        selected = chosen is None or reference in chosen or reference.split("/", 1)[1] in chosen
        draft = _draft(sources, diagnosis, reference, resource, selected)
        drafts.append(draft if isinstance(name, str) and name else replace(draft, identified=False))
    return drafts, unread


def _selected(selection: str) -> str:
    return target(selection) or selection


def _draft(
    sources: Sources, diagnosis: Diagnosis, reference: str, resource: Resource, selected: bool
) -> DraftOrder:
    if isinstance(resource, MedicationRequest):
        dose = daily_mg(resource.dosage_instruction)
        tied = _indication(sources, diagnosis, resource.reason_reference, resource.reason_code)
        return DraftOrder(reference, drug_of(sources, resource), selected, tied, dose)
    assert isinstance(resource, ServiceRequest)
    kinds = sources.named(resource.code)
    sites = frozenset().union(*(sources.named(site) for site in resource.body_site or ()))
    tied = _indication(sources, diagnosis, resource.reason_reference, resource.reason_code)
    if tied == "not-stated" and diagnosis.organs & _organs(sources, sites or kinds):
        tied = "this-tumour"
    curative = any(
        e.url == INTENT and "intent.curative" in sources.concepts(e.value_codeable_concept)
        for e in resource.extension or ()
    )
    return DraftOrder(reference, item_of(sources, resource.code), selected, tied, curative=curative)


def _organs(sources: Sources, kinds: frozenset[str]) -> frozenset[str]:
    """The organs that codes of procedures or body sites name."""
    return frozenset(sources.readings.organs[k] for k in kinds if k in sources.readings.organs)


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


def _indication(
    sources: Sources,
    diagnosis: Diagnosis,
    references: list[Reference] | None,
    codes: list[CodeableConcept] | None,
) -> Indication:
    """What the stated reasons tie an order to; a reason that cannot be resolved states nothing."""
    verdicts: set[Indication] = set()
    for reference in references or ():
        pointed = sources.record.by_url.get(reference.reference or "") or target(reference)
        if pointed in diagnosis.conditions or pointed in diagnosis.metastases:
            verdicts.add("this-tumour")
        elif pointed in diagnosis.others:
            verdicts.add("other")
    for code in codes or ():
        kinds = sources.named(code)
        if any(k.startswith(("dx.gist", "morph.gist", "dx.metastasis", "dx.sts", "dx.sarcoma", "dx.cancer-generic",
                             "dx.neoplasm-generic")) for k in kinds):  # fmt: skip
            verdicts.add("this-tumour")
        elif code.coding or code.text:
            verdicts.add("other")
    if "this-tumour" in verdicts:
        return "this-tumour"
    return "other" if verdicts else "not-stated"


def daily_mg(dosages: list[Dosage] | None) -> float | None:
    """The daily dose in mg that a draft states, or None.

    Structured doses in mg with a timing; else a text with one dose in mg, doubled where it says twice.
    """
    total = 0.0
    for dosage in dosages or ():
        dose = next(
            (
                d.dose_quantity
                for d in dosage.dose_and_rate or ()
                if d.dose_quantity and d.dose_quantity.value
            ),
            None,
        )
        repeat = dosage.timing.repeat if dosage.timing else None
        if dose is not None and dose.value and (dose.code or dose.unit or "").lower() == "mg":
            per_day = 1.0
            if (
                repeat
                and repeat.frequency
                and repeat.period
                and (unit := _DAYS.get(repeat.period_unit or ""))
            ):
                per_day = repeat.frequency / (repeat.period * unit)
            elif dosage.text and _TWICE.search(dosage.text):
                per_day = 2.0
            total += dose.value * per_day
            continue
        amounts = _DOSE_TEXT.findall(dosage.text or "")
        if len(amounts) == 1:
            total += float(amounts[0].replace(",", ".")) * (2 if _TWICE.search(dosage.text or "") else 1)
    return total or None


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

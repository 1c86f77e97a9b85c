"""Suggestions that an EHR can file: remove a draft, order the pathway's drug, order the mutation test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..case.vocabulary import CASE_FACTS
from ..pathway.assessment import Assessment
from ..pathway.options import Option
from ..pathway.verdict import Verdict
from .phrases import Phrases
from .wording import Wording

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a created order is for: the bare Patient id, the Condition it treats, and who orders it."""

    patient: str
    condition: str | None
    requester: str | None


@dataclass(frozen=True, slots=True)
class SuggestionShape:
    """What the client can take: its `selectionBehavior`, whether a suggestion may hold several actions, and whether
    what it creates must stand first among them."""

    selection_behavior: str = "at-most-one"
    one_action_each: bool = False
    creates_first: bool = False

    def shaped(self, suggestions: list[dict[str, Any]], new_id: NewId) -> dict[str, Any]:
        """The members of a card that carry suggestions.

        Where only one action fits, each action becomes a suggestion of its own, labelled by what it does, and
        one that several suggestions share stands once.
        """
        if self.one_action_each:
            suggestions = list(self._split(suggestions, new_id))
        if self.creates_first:
            suggestions = [
                {**each, "actions": sorted(each["actions"], key=lambda action: action["type"] != "create")}
                for each in suggestions
            ]
        return {"suggestions": suggestions, "selectionBehavior": self.selection_behavior}

    @staticmethod
    def _split(suggestions: list[dict[str, Any]], new_id: NewId) -> Iterator[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        for suggestion in suggestions:
            several = len(suggestion["actions"]) > 1
            for action in suggestion["actions"]:
                if action in seen:
                    continue
                seen.append(action)
                label = action["description"] if several else suggestion["label"]
                kept = {k: v for k, v in suggestion.items() if k == "isRecommended"}
                yield {"label": label, "uuid": new_id(), **kept, "actions": [action]}


@dataclass(frozen=True, slots=True)
class Creatable:
    """Resources that suggestions create, by option id, without subject; checked with FHIR models once."""

    drugs: Mapping[str, tuple[Mapping[str, Any], ...]]
    tests: Mapping[str, Mapping[str, Any]]


def creatable(
    options: Mapping[str, Option], wording: Wording, codings: Mapping[str, tuple[str, str] | None]
) -> Creatable:
    """One draft MedicationRequest for each drug of an option, one ServiceRequest for each test.

    `codings` gives for a drug its (system, code); a drug without one is named by text alone. No dose is ever
    set: the sources state none for these uses beyond what a site's own protocol decides.
    """
    drugs: dict[str, tuple[Mapping[str, Any], ...]] = {}
    tests: dict[str, Mapping[str, Any]] = {}
    for option in options.values():
        if option.kind in ("drug", "regimen") and option.items and option.above_daily_mg is None:
            drugs[option.id] = tuple(_medication_request(item, codings.get(item)) for item in option.items)
        elif option.kind == "strategy" and option.items:
            tests[option.id] = _service_request(option.id, wording)
    return Creatable(drugs, tests)


def _medication_request(drug: str, coding: tuple[str, str] | None) -> dict[str, Any]:
    medication: dict[str, Any] = {"text": drug}
    if coding:
        medication["coding"] = [{"system": coding[0], "code": coding[1], "display": drug}]
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": medication,
    }


def _service_request(test: str, wording: Wording) -> dict[str, Any]:
    name = wording.short("options", test)
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": CASE_FACTS, "code": test, "display": name}], "text": name},
    }


def suggested(
    same: Sequence[Verdict],
    name: str,
    assessment: Assessment,
    creations: Creatable,
    subject: Subject,
    phrases: Phrases,
    new_id: NewId,
) -> list[dict[str, Any]]:
    """What may be done about drafts that are judged alike and together are `name`: tests that would decide, what to
    order instead, removing them."""
    verdict, wording = same[0], phrases.wording
    found = []
    for test in verdict.tests:
        if test in creations.tests and test not in assessment.case.tests_ordered:
            found.append(order_test(test, creations, subject, wording, new_id))
    drafts = {
        v.order.reference: name if len(same) == 1 else v.order.item or name
        for v in same
        if v.order.identified
    }
    if not drafts or verdict.verdict not in ("contraindicated", "off-pathway"):
        return found
    offered = [r for r in verdict.replacements if r.option in creations.drugs]
    for replacement in offered:
        suggestion = replace(drafts, replacement.option, creations, subject, wording, new_id)
        if not replacement.everywhere:
            condition = phrases.condition(replacement.groups)
            suggestion["label"] += condition
            # some clients show the user the description of an action and not the label
            for action in suggestion["actions"]:
                if action["type"] == "create":
                    action["description"] += condition
        elif len(offered) == 1:
            suggestion["isRecommended"] = True
        found.append(suggestion)
    found.append(remove_only(drafts, name, new_id))
    return found


def for_subject(resource: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    """The resource with its patient, reason and requester."""
    filled = {**resource, "subject": {"reference": f"Patient/{subject.patient}"}}
    if subject.condition:
        filled["reasonReference"] = [{"reference": subject.condition}]
    if subject.requester:
        filled["requester"] = {"reference": subject.requester}
    return filled


def remove(order: str, name: str) -> dict[str, Any]:
    """The action that deletes a draft."""
    return {
        "type": "delete",
        "description": f"Remove the draft order for {_lower(name)}",
        "resourceId": order,
    }


def replace(
    drafts: Mapping[str, str],
    option: str,
    creations: Creatable,
    subject: Subject,
    wording: Wording,
    new_id: NewId,
) -> dict[str, Any]:
    """The suggestion that removes drafts (references with names) and creates the drugs of an option instead."""
    label = wording.short("options", option)
    actions = [remove(order, name) for order, name in drafts.items()]
    for resource in creations.drugs[option]:
        actions.append(_create(resource, str(resource["medicationCodeableConcept"]["text"]), subject))
    return {"label": f"Order {_lower(label)} instead", "uuid": new_id(), "actions": actions}


def order_test(
    test: str, creations: Creatable, subject: Subject, wording: Wording, new_id: NewId
) -> dict[str, Any]:
    """The suggestion that creates a test order and leaves the draft alone."""
    label = wording.short("options", test)
    action = _create(creations.tests[test], label, subject)
    return {"label": f"Order {label}", "uuid": new_id(), "actions": [action]}


def remove_only(drafts: Mapping[str, str], name: str, new_id: NewId) -> dict[str, Any]:
    """The suggestion that removes drafts (references with names) which together are `name`."""
    label = f"Remove the {_lower(name)} draft{'s' if len(drafts) > 1 else ''}"
    actions = [remove(order, draft) for order, draft in drafts.items()]
    return {"label": label, "uuid": new_id(), "actions": actions}


def _create(resource: Mapping[str, Any], name: str, subject: Subject) -> dict[str, Any]:
    kind = "prescription" if resource["resourceType"] == "MedicationRequest" else "order"
    return {
        "type": "create",
        "description": f"Create a draft {kind} for {name}; no dose is set"
        if kind == "prescription"
        else f"Create a draft order for {name}",
        "resource": for_subject(resource, subject),
    }


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]

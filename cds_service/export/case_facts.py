"""The CodeSystem `case-facts`: every fact that a record can state outright, with its values."""

from __future__ import annotations

from typing import Any

from ..case.vocabulary import CASE_FACTS, FactDefinition
from ..loading import Loaded


def case_facts(loaded: Loaded) -> dict[str, Any]:
    """A FHIR R4 CodeSystem: one concept for each fact, its values below it, and the tests we suggest.

    A value that several facts share stands once, under the first fact that has it, because a code can stand
    only once in a CodeSystem.
    """
    seen: set[str] = set()
    concepts = []
    for definition in loaded.knowledge.vocabulary.definitions.values():
        concepts.append(_fact(definition, loaded, seen))
    for option in loaded.knowledge.judge.options.values():
        if option.kind == "strategy" and option.items:
            concepts.append({"code": option.id, "display": loaded.wording.short("options", option.id)})
    return {
        "resourceType": "CodeSystem",
        "url": CASE_FACTS,
        "version": loaded.knowledge.version,
        "name": "CaseFacts",
        "title": "Case facts of the sarcoma pathway service",
        "status": "active",
        "description": (
            "Codes with which a record states a fact of the pathway for which there is no public code: an "
            "Observation of category survey whose code is the fact and whose value is one of its values. "
            "The disease and the patient group are written only: a record states them by its Conditions and facts."
        ),
        "caseSensitive": True,
        "content": "complete",
        "hierarchyMeaning": "grouped-by",
        "concept": concepts,
    }


def _fact(definition: FactDefinition, loaded: Loaded, seen: set[str]) -> dict[str, Any]:
    seen.add(definition.id)
    concept: dict[str, Any] = {
        "code": definition.id,
        "display": loaded.wording.short("facts", definition.id),
    }
    if meaning := loaded.wording.detail("facts", definition.id):
        concept["definition"] = meaning
    values = [v for v in (*definition.values, *definition.not_addressed) if v not in seen]
    if values:
        seen.update(values)
        kind = "groups" if definition.id == "patient-group" else "values"
        concept["concept"] = [{"code": v, "display": loaded.wording.short(kind, v)} for v in values]
    return concept

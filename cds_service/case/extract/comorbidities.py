"""Diseases beside the tumour: which concepts are which facts, and those that are stated together."""

from __future__ import annotations

from collections.abc import Iterator

from ...fhir.resources import Condition, Extension
from ..fact import Choice
from ..settle import Reading
from .sarcoma import MCODE
from .sources import Sources

COMORBIDITIES = {
    "comorbid.heart-failure": "heart-failure",
    "comorbid.coagulopathy": "coagulopathy",
    "comorbid.infection": "active-infection",
    "comorbid.liver-failure": "decompensated-liver-failure",
}
STATEMENT = frozenset({"comorbid.statement"})
# extension -> whether the condition in it is there
STATED_COMORBIDITY = {
    f"{MCODE}mcode-related-condition": True,
    f"{MCODE}mcode-related-condition-present": True,
    f"{MCODE}mcode-related-condition-absent": False,
}


def read_stated_comorbidities(sources: Sources) -> Iterator[Reading]:
    """mCODE's comorbidities Observation: conditions in its `present` and `absent` extensions."""
    for finding in sources.findings_about(STATEMENT):
        if "comorbid.statement" not in finding.coded:
            continue
        here = finding.at("extension")
        for extension in finding.observation.extension or ():
            if extension.url not in STATED_COMORBIDITY:
                continue
            said = STATED_COMORBIDITY[extension.url]
            for kind in _stated_kinds(sources, extension):
                if kind in COMORBIDITIES:
                    yield Reading(COMORBIDITIES[kind], "condition", here, Choice(frozenset({said})))


def _stated_kinds(sources: Sources, extension: Extension) -> frozenset[str]:
    """Concepts of the condition in an extension, by code or through the Condition it points to."""
    pointed = sources.record.find(sources.record.pointed(extension.value_reference), Condition)
    return sources.concepts(extension.value_codeable_concept) | (
        sources.concepts(pointed.code) if pointed else frozenset()
    )

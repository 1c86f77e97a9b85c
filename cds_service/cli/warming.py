"""A worker's first call, made before it takes any: what is made when it is first needed is then there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from ..conformance.sample import Sample, samples
from ..http.envelope import EnvelopeReader
from ..random_uuid import random_uuid
from ..service import Service, explain_hook
from ..settings import Settings

HOOK = "order-select"
_SARCOMA = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C49.9"}]}
_DOXORUBICIN = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "3639"}]}


def warm(service: Service, today: date) -> None:
    """Answer a call about each synthetic patient that comes with the service, and about ones of whom a diagnosis alone
    is recorded, and drop the answers. Raises what a real call would raise.

    Where next to nothing is recorded nearly every condition is asked, each for the first time.
    """
    described = service.description()
    hook = HOOK if HOOK in described.hooks else described.hooks[0]
    reader = EnvelopeReader(described, Settings().max_depth)
    for sample in (*samples(), *_bare(samples()[-1])):
        call = {
            "hook": hook,
            "hookInstance": random_uuid(),
            "context": sample.context(hook),
            "prefetch": {key: _found(template, sample) for key, template in service.prefetch.items()},
        }
        received = reader.read(msgspec.json.encode(call))
        msgspec.json.encode(explain_hook(received, service, today, random_uuid).response)


def _bare(tumour: Sample) -> Iterator[Sample]:
    """Patients of whom only a diagnosis is recorded: that of a sample, and a sarcoma of soft tissue."""
    kept = [r for r in tumour.resources if r["resourceType"] in ("Patient", "Condition")]
    yield replace(tumour, resources=tuple(kept))
    (drafted,) = tumour.drafts
    yield replace(
        tumour,
        resources=tuple({**r, "code": _SARCOMA} if r["resourceType"] == "Condition" else r for r in kept),
        drafts=({**drafted, "medicationCodeableConcept": _DOXORUBICIN},),
    )


def _found(template: str, sample: Sample) -> dict[str, Any] | None:
    """What a search for this type finds, whatever else it asks for."""
    kind = template.partition("?")[0].partition("/")[0]
    resources = [resource for resource in sample.resources if resource["resourceType"] == kind]
    if "?" not in template:
        return dict(resources[0]) if resources else None
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

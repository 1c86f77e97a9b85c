"""The facts of a fixture, recorded and derived, as the service reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from ..case.fact import Choice, Value
from ..http.envelope import EnvelopeReader
from ..pathway.engine import derive
from ..service import Answer, Service, explain_hook
from .fixture import Fixture
from .run import MAX_DEPTH


def explained(fixture: Fixture, service: Service) -> Answer:
    """The answer to a fixture's call, with case and assessment. Raises Refusal if the service refuses it."""
    reader = EnvelopeReader(service.description(), MAX_DEPTH)
    call = reader.read(json.dumps(fixture.call(service.prefetch)).encode())
    return explain_hook(call, service, fixture.today, lambda: str(uuid5(NAMESPACE_URL, fixture.name)))


def fact_values(fixture: Fixture, service: Service) -> Mapping[str, Value]:
    """The value of every fact of the vocabulary. Raises Refusal as `explained` does.

    Tables of the patient's disease alone are asked; what those of another would derive is unknown.
    """
    case, knowledge = explained(fixture, service).case, service.knowledge
    recorded = {name: fact.value for name, fact in case.facts.items()}
    values = {name: recorded.get(name, knowledge.vocabulary[name].unknown()) for name in knowledge.vocabulary}
    disease = values["disease"]
    assert isinstance(disease, Choice)
    known = str(next(iter(disease.possible))) if disease.known else ""
    return derive(values, case, knowledge.of(known)) if known in knowledge.diseases else values

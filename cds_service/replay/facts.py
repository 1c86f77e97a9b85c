"""The facts of a fixture, recorded and derived, as the service reads them."""

from __future__ import annotations

from collections.abc import Mapping

from ..case.fact import Choice, Value
from ..pathway.derivation import derive
from ..service import Service
from .fixture import Fixture
from .run import explained


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

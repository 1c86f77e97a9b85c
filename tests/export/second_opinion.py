"""Two answers to one criterion: our evaluator's, and that of fhirpathpy on the exported expression.

They are the same, unknown against empty included, for everything that can be known of a fact. Less would not do:
`stated` turns an answer that is left open into a no, so a Bundle that said a little less than we know could turn
met into not met.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from cds_service.case.fact import Value
from cds_service.case.vocabulary import Vocabulary
from cds_service.export.case_bundle import case_bundle
from cds_service.export.fhirpath import facts_in
from cds_service.pathway.answer import Answer
from cds_service.pathway.criteria import compile_criterion, facts_of


@cache
def compiled(expression: str) -> Callable[[dict[str, Any]], list[Any]]:
    """The expression as fhirpathpy runs it, with the R4 model that knows what `value` can be."""
    return fhirpathpy.compile(expression, model=models["r4"])


def theirs(expression: str, values: Mapping[str, Value], vocabulary: Vocabulary) -> Answer:
    """What fhirpathpy answers on the Bundle of these values."""
    bundle = case_bundle(values, vocabulary)
    return _answer(expression, json.dumps(bundle))


@cache
def _answer(expression: str, bundle: str) -> Answer:
    found = compiled(expression)(json.loads(bundle))
    assert found in ([], [True], [False]), f"{found} is no answer"
    return found[0] if found else None


def asked_by(expression: str, values: Mapping[str, Value], vocabulary: Vocabulary) -> dict[str, Value]:
    """The values that an expression asks for; leaving the others out of the Bundle saves most of the time."""
    return {name: values[name] for name in facts_in(expression, vocabulary) if name in values}


def assert_same_answer(
    tree: Mapping[str, Any], expression: str, values: Mapping[str, Value], vocabulary: Vocabulary
) -> Answer:
    """Both answers of one criterion, compared; `values` may hold more facts than the criterion asks about."""
    asked = {name: values[name] for name in vocabulary if name in facts_of(tree)}
    ours = compile_criterion(tree, vocabulary).test(asked)
    answered = theirs(expression, asked, vocabulary)
    assert ours is answered, f"we say {ours}, fhirpathpy {answered}: {tree} of {asked}"
    return ours

"""Two answers to one criterion: our evaluator's, and that of fhirpathpy on the exported expression.

**The relation that holds.** The two are never met against not met. They are the same, unknown against empty
included, wherever a Bundle can say what is known. It cannot in one case: a number between two ends of which one
does not belong to it, (2, 5] cm say. FHIR's Range has closed ends, so fhirpathpy is told [2, 5] and may have to
leave open what our evaluator can answer: then either both give the same answer or fhirpathpy gives none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from math import inf
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from cds_service.case.fact import Interval, Value
from cds_service.case.vocabulary import Vocabulary
from cds_service.export.case_bundle import case_bundle
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


def asked_by(expression: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that an expression can ask for; leaving the others out of the Bundle saves most of the time."""
    return {name: value for name, value in values.items() if f"code = '{name}')" in expression}


def narrowed_by_range(value: Value) -> bool:
    """Whether a Bundle says less of a value than we know: an open end of a number between two ends."""
    return (
        isinstance(value, Interval)
        and 0 < value.low < value.high < inf
        and (value.low_open or value.high_open)
    )


def assert_agreed(ours: Answer, answered: Answer, values: Iterable[Value], about: object) -> None:
    assert (ours, answered) not in ((True, False), (False, True)), f"met against not met: {about}"
    if answered is None and any(map(narrowed_by_range, values)):
        return
    assert ours is answered, f"we say {ours}, fhirpathpy {answered}: {about}"


def assert_same_answer(
    tree: Mapping[str, Any], expression: str, values: Mapping[str, Value], vocabulary: Vocabulary
) -> Answer:
    """Both answers of one criterion, compared; `values` may hold more facts than the criterion asks about."""
    asked = {name: values[name] for name in vocabulary if name in facts_of(tree)}
    ours = compile_criterion(tree, vocabulary).test(asked)
    assert_agreed(ours, theirs(expression, asked, vocabulary), asked.values(), (tree, asked))
    return ours

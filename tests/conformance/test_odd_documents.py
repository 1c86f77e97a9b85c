"""Whatever a foreign service sends, the suite judges it: it never stumbles over what it was to find fault with."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cds_service.conformance.answer import answer_findings
from cds_service.conformance.discovery import discovery_findings, entries_of
from cds_service.conformance.exchange import Exchange
from cds_service.conformance.feedback import accepted, cards_of, overridden, reasons
from cds_service.conformance.ledger import ledger
from cds_service.conformance.prefetch import answered
from cds_service.conformance.sample import samples
from cds_service.conformance.template import template_findings

from .conftest import TODAY
from .foreign import ANSWER, ForeignService

DISCOVERY = ForeignService().discovery

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ("delete", "Patient/{{context.patientId}}", "{{today() - 9999999 days}}", "{{context..a}}", "%")
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("uuid", "type", "cards", "id", "a")), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def bent(draw: DrawFn, document: Any) -> Any:
    """The document with one to three members, at any depth, dropped or replaced by anything."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(found))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = draw(VALUES)
    return found


def _places(value: Any) -> list[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def came(document: Any) -> Exchange:
    return Exchange("a call", None, 200, {"Content-Type": "application/json"}, "", document, 0.1)


@pytest.mark.slow
@settings(max_examples=400)
@given(bent(ANSWER) | VALUES)
def test_any_answer_is_judged(document: Any) -> None:
    exchange = came(document)
    judged = ledger(answer_findings(exchange))
    assert judged.counts["pass"] + judged.counts["fail"] >= 6
    for card in cards_of(exchange):
        if isinstance(card.get("uuid"), str):
            assert overridden(card)["card"] == card["uuid"]
            assert reasons(card)
            assert (accepted(card) or {"outcome": "accepted"})["outcome"] == "accepted"


@pytest.mark.slow
@settings(max_examples=300)
@given(bent(DISCOVERY) | VALUES)
def test_any_discovery_is_judged(document: Any) -> None:
    findings = list(discovery_findings(came(document)))
    for entry in entries_of(document):
        findings += template_findings(entry.prefetch, entry.id)
        for sample in samples():
            prefetch = answered(entry.prefetch, sample, sample.context("order-select"), TODAY)
            assert set(prefetch) <= set(entry.prefetch)
    assert ledger(findings).counts["pass"] >= 3

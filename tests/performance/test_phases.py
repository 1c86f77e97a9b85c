"""How long each phase of a call takes by itself, for records of any length: `make bench` measures it.

In the test suite each runs once, and what it answers is checked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from cds_service.cards.select import cards_of
from cds_service.cards.suggestions import Subject
from cds_service.http.envelope import EnvelopeReader
from cds_service.http.wire import HookCall
from cds_service.pathway.engine import assess
from cds_service.service import Service, explain_hook, record_of
from tests.shipped import service

from .bodies import PATIENTS, SIZES, body

TODAY = date(2026, 11, 2)
PLACED = {"gist": "placed", "sts": "placed", "neither": "out-of-scope", "open": "placed"}


def unlimited() -> Service:
    return replace(service(), max_entries=max(SIZES) * 2)


def received(name: str, resources: int = SIZES[0]) -> HookCall:
    return EnvelopeReader(service().description(), 100).read(body(name, resources))


@pytest.mark.parametrize("name", PATIENTS)
def test_envelope(name: str, benchmark: Any) -> None:
    reader, sent = EnvelopeReader(service().description(), 100), body(name)
    assert benchmark(reader.read, sent).hook == "order-select"


@pytest.mark.parametrize("name", PATIENTS)
def test_decode(name: str, benchmark: Any) -> None:
    call = received(name)
    assert benchmark(record_of, call, service()).count == SIZES[0]


@pytest.mark.parametrize("name", PATIENTS)
def test_map(name: str, benchmark: Any) -> None:
    call, shared = received(name), service()
    context = call.context
    drafts = context["draftOrders"]["entry"]

    def mapped() -> Any:
        record = record_of(call, shared)
        return (record, context["patientId"], TODAY, drafts, context["selections"]), {}

    case, _ = benchmark.pedantic(shared.extractor.extract, setup=mapped, rounds=200)
    assert case.facts["disease"].known


@pytest.mark.parametrize("name", PATIENTS)
def test_evaluate(name: str, benchmark: Any) -> None:
    answer = explain_hook(received(name), service(), TODAY, lambda: str(uuid4()))
    review = [d for d in answer.drafts if d.selected]
    found = benchmark(assess, answer.case, answer.drafts, service().knowledge, review)
    assert found.placement == PLACED[name]


@pytest.mark.parametrize("name", PATIENTS)
def test_render(name: str, benchmark: Any) -> None:
    answer = explain_hook(received(name), service(), TODAY, lambda: str(uuid4()))
    subject = Subject(answer.case.patient, answer.case.condition, None)

    def rendered() -> bytes:
        cards = cards_of(
            service().maker, answer.assessment, subject, lambda: str(uuid4()), patient_view=False
        )
        told = {
            "cards": [card.wire for card in cards],
            "extension": {"assessment": answer.assessment.to_json()},
        }
        return msgspec.json.encode(told)

    assert len(msgspec.json.decode(benchmark(rendered))["cards"]) == len(answer.cards)


@pytest.mark.parametrize("resources", SIZES)
def test_growth(resources: int, benchmark: Any) -> None:
    """A whole call without HTTP: by how much it grows with the record."""
    sent, shared = body("gist", resources), unlimited()
    reader = EnvelopeReader(shared.description(), 100)

    def answered() -> Any:
        return explain_hook(reader.read(sent), shared, TODAY, lambda: str(uuid4()))

    answer = benchmark(answered)
    assert answer.assessment.groups == ("gist-unresectable",)
    assert [v.verdict for v in answer.assessment.verdicts] == ["contraindicated"]

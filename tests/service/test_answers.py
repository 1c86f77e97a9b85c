"""Every kind of answer against CDS Hooks 3.0, HL7's invariants and the rules of the house.

`Ask` checks each answer as it comes; here are the kinds of answers, and the proof that the checks can fail.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.conformance.invariant import invariants, violated
from cds_service.conformance.shape import empty_members

from .asking import Answer, Ask
from .charts import (
    LOINC,
    Json,
    avapritinib,
    call,
    coded,
    condition,
    d842v,
    draft,
    gist,
    heart_failure,
    metastatic_kit_exon_11,
    metastatic_untested,
    observation,
    paracetamol,
    prefetched,
    resected_high_risk,
    resected_very_low_risk,
    resected_without_mitoses,
    size,
    stated,
    unresectable_d842v,
)
from .soundness import assert_sound

CALLS: dict[str, Callable[[], Json]] = {
    "contraindicated": lambda: call(unresectable_d842v()),
    "contraindicated in several groups": lambda: call([gist(), size(9.0), d842v()]),
    "on the pathway": lambda: call(resected_high_risk()),
    "two on the pathway": lambda: call(metastatic_kit_exon_11(), [draft(), draft("rx-2")], hook="order-sign"),
    "off the pathway": lambda: call(resected_very_low_risk()),
    "caution with a test": lambda: call(metastatic_untested()),
    "caution": lambda: call([*resected_high_risk(), heart_failure()]),
    "missing": lambda: call(resected_without_mitoses()),
    "two undetermined": lambda: call(resected_without_mitoses(), [draft(), draft("rx-2")], hook="order-sign"),
    "indication not stated": lambda: call(
        [*resected_high_risk(), condition("ca-1", {"text": "Breast cancer"})], [draft(reasonReference=[])]
    ),
    "all at once": lambda: call(
        unresectable_d842v(), [draft(), avapritinib(), paracetamol(), draft("rx-9", {"medicationCodeableConcept": {
            "text": "sunitinib"}})], hook="order-sign",
    ),
    "not a drug of ours": lambda: call(resected_high_risk(), [paracetamol("rx-1")]),
    "position": lambda: call(resected_high_risk(), hook="patient-view"),
    "position in several groups": lambda: call([gist()], hook="patient-view"),
    "no gist": lambda: call([]),
    "failed queries": lambda: call([], prefetch={"conditions": prefetched([gist()])["conditions"]}),
    "child": lambda: call([gist(), {"resourceType": "Patient", "id": "pat-7", "birthDate": "2015"}]),
    "stated drug history": lambda: call([gist(), stated("prior-therapies", "imatinib")]),
    "size as text": lambda: call(
        [gist(), observation("size-1", coded(LOINC, "21889-1"), valueString="> 5 cm")], hook="patient-view"
    ),
}  # fmt: skip
every_call = pytest.mark.parametrize("make", CALLS.values(), ids=CALLS)


@every_call
def test_an_answer_is_sound(ask: Ask, make: Callable[[], Json]) -> None:
    """Every answer that `ask` gives has been checked against the schemas of cards and assessment."""
    assert "cards" in ask(make()).body


@every_call
def test_an_answer_holds_neither_null_nor_empty_members(ask: Ask, make: Callable[[], Json]) -> None:
    """CDS Hooks, Use of JSON; the contract says the same of the assessment. `cards` alone may be empty."""
    assert list(empty_members(ask(make()).body)) == []


@every_call
def test_an_answer_is_the_same_each_time_but_for_its_uuids(ask: Ask, make: Callable[[], Json]) -> None:
    first, second = ask(make()), ask(make())
    assert first.stable == second.stable
    if first.cards:
        assert first.cards[0]["uuid"] != second.cards[0]["uuid"]


@every_call
def test_cards_come_most_urgent_first_and_are_few(ask: Ask, make: Callable[[], Json]) -> None:
    cards = ask(make()).cards
    urgency = ["critical", "warning", "info"]
    places = [urgency.index(card["indicator"]) for card in cards]
    assert places == sorted(places)
    topics = [card["source"]["topic"]["code"] for card in cards]
    assert len([t for t in topics if t.startswith(("onpathway", "missing", "position"))]) <= 2
    assert all(topics.count(t) == 1 for t in ("missing", "position") if t in topics)


@every_call
def test_the_genotype_of_a_gist_is_always_listed(ask: Ask, make: Callable[[], Json]) -> None:
    answer = ask(make())
    if answer.assessment["disease"] == "gist" and answer.assessment["placement"] != "out-of-scope":
        assert answer.fact("genotype")
        assert answer.fact("imatinib-sensitivity")


@every_call
def test_every_source_link_of_our_own_leads_to_a_page(ask: Ask, make: Callable[[], Json]) -> None:
    base = "https://cds.example.org/sarcoma"
    for card in ask(make()).cards:
        for url in [card["source"].get("url", ""), *(link["url"] for link in card.get("links", ()))]:
            if url.startswith(base):
                assert ask.client.get(url.removeprefix(base)).status_code == 200


def test_a_contraindicated_or_off_pathway_card_names_the_order_and_its_source(ask: Ask) -> None:
    for make in (CALLS["contraindicated"], CALLS["off the pathway"], CALLS["caution"]):
        card = ask(make()).card
        assert "Imatinib" in card["summary"]
        assert card["source"]["url"]
        assert card["overrideReasons"]


def test_topics_stay_the_same_whoever_the_patient_is(ask: Ask) -> None:
    other = [{**r, "id": f"other-{r['id']}"} for r in unresectable_d842v()]
    assert (
        ask(call(other, [draft("zz", reasonReference=[])], selections=["zz"])).topics
        == ask(CALLS["contraindicated"]()).topics
    )


# -- the checks can fail ------------------------------------------------------------------------------


def contraindicated(ask: Ask) -> Answer:
    return ask(CALLS["contraindicated"]())


BAD: dict[str, tuple[Callable[[Json], Any], str | None]] = {
    "two recommended": (lambda c: [s.update(isRecommended=True) for s in c["suggestions"]], "cds-resp-1"),
    "delete of a resource": (
        lambda c: c["suggestions"][0]["actions"][0].update(resource={"resourceType": "Basic"}), "cds-resp-2",
    ),
    "delete of nothing": (lambda c: c["suggestions"][0]["actions"][0].pop("resourceId"), "cds-resp-2"),
    "context for a page": (
        lambda c: c.update(links=[{"label": "x", "url": "https://x.example", "type": "absolute", "appContext": "y"}]),
        "cds-resp-3",
    ),
    "reason without words": (lambda c: c["overrideReasons"][0].pop("display"), "cds-resp-4"),
    "action without words": (lambda c: c["suggestions"][0]["actions"][0].pop("description"), "cds-resp-5"),
    "no selection behaviour": (lambda c: c.pop("selectionBehavior"), "cds-resp-6"),
    "odd action selection": (lambda c: c["suggestions"][0].update(actionSelectionBehavior="one"), "cds-resp-7"),
    "long summary": (lambda c: c.update(summary="x" * 140), None),
    "unknown member": (lambda c: c.update(colour="red"), None),
    "null": (lambda c: c.update(detail=None), None),
    "empty": (lambda c: c["suggestions"][0]["actions"][1]["resource"].update(reasonCode=[]), None),
    "same uuid twice": (lambda c: c["suggestions"][0].update(uuid=c["uuid"]), None),
    "uuid that is none": (lambda c: c.update(uuid="1"), None),
    "topic with a hyphen": (lambda c: c["source"]["topic"].update(code="a-b"), None),
    "relative link": (lambda c: c.update(links=[{"label": "x", "url": "/x", "type": "absolute"}]), None),
    "somebody else's draft": (
        lambda c: c["suggestions"][0]["actions"][0].update(resourceId="MedicationRequest/x"), None,
    ),
    "invalid FHIR": (lambda c: c["suggestions"][0]["actions"][1]["resource"].update(dosage=1), None),
    "somebody else": (
        lambda c: c["suggestions"][0]["actions"][1]["resource"].update(subject={"reference": "Patient/x"}), None,
    ),
    "a dose": (lambda c: c["suggestions"][0]["actions"][1]["resource"].update(dosageInstruction=[{"text": "1"}]), None),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "invariant"), BAD.values(), ids=BAD)
def test_the_checks_tell_a_spoilt_answer(
    ask: Ask, spoil: Callable[[Json], Any], invariant: str | None
) -> None:
    body = copy.deepcopy(contraindicated(ask).body)
    assert violated("response", body) == []
    spoil(body["cards"][0])
    with pytest.raises((AssertionError, ValueError)):
        assert_sound(body, CALLS["contraindicated"]())
    if invariant:
        assert invariant in violated("response", body)


def test_every_invariant_is_shown_to_fail() -> None:
    assert {invariant for _, invariant in BAD.values() if invariant} == {
        i.id for i in invariants().values() if i.of == "response"
    }

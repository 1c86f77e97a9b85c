"""The orders of a card in the app behind its link: judged as the card judged them, or not at all, and never lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cds_service.clients import Client, SmartRegistration
from cds_service.fhir.reach.base import FhirBase
from cds_service.fhir.reach.completing import Reach
from cds_service.fhir.reach.lost import outcome
from cds_service.http.wire import Refusal
from cds_service.pathway.engine import assess
from cds_service.replay.fixture import Fixture
from cds_service.replay.run import explained
from cds_service.service import Answer, Service, make_service
from cds_service.smart import routes
from cds_service.smart.reading import Read, read_patient
from cds_service.smart.registration import Registered
from cds_service.smart.scopes import Granted
from cds_service.smart.supposing import Standing, WhatIf
from cds_service.smart.token import Token
from tests.reach.ehr import patient, serving
from tests.reach.fhir_stub import Exchange
from tests.shipped import patients, shipped

from .test_page import view, words
from .trial import CLIENT_ID, D842V, part, trial

BASE = FhirBase.of("https://fhir.example.org/r4")
Json = dict[str, Any]


@cache
def with_app() -> Service:
    return make_service(shipped(affiliate=True), "https://cds.example.org", app=True)


class Held(Reach):
    """What the EHR of a fixture answers, without sockets; orders by their reference as far as they are held."""

    def __init__(self, fixture: Fixture, orders: Iterable[Json]) -> None:
        super().__init__(monotonic)
        held = tuple(orders)
        body = replace(fixture, resources=(*fixture.resources, *held)).call(with_app().prefetch)
        self._held = body["prefetch"] | {f"{o['resourceType']}/{o['id']}": o for o in held}

    def complete(self, sent: Any, wanted: Mapping[str, str], *_: Any) -> dict[str, msgspec.Raw | None]:
        return {key: self._answer(key) for key in wanted}

    def _answer(self, key: str) -> msgspec.Raw | None:
        if key not in self._held:
            return outcome("not-found")
        found = self._held[key]
        return None if found is None else msgspec.Raw(msgspec.json.encode(found))


def drafted(fixture: Fixture) -> list[Json]:
    entries = (fixture.request["context"].get("draftOrders") or {}).get("entry") or ()
    return [e["resource"] for e in entries if e.get("resource", {}).get("id")]


def opened(fixture: Fixture, context: str, orders: Iterable[Json]) -> Read:
    """What the app reads, opened from a card."""
    assert BASE is not None
    client = Client(id="north", smart=SmartRegistration(client_id=CLIENT_ID), fhir_servers=(BASE.url,))
    assert client.smart is not None
    return read_patient(
        Held(fixture, orders),
        with_app(),
        Registered(client, client.smart),
        BASE,
        Token("t", str(fixture.request["context"]["patientId"]), Granted(("patient/*.rs",)), context),
        datetime.combine(fixture.today, time(12), UTC),
        monotonic() + 60,
    )


def judged(read: Read) -> list[tuple[str, str | None, str]]:
    under_review = [d for d in read.drafts if d.selected]
    found = assess(read.case, read.drafts, with_app().knowledge, under_review).verdicts
    return sorted((v.order.reference, v.option, v.verdict) for v in found)


def about_orders(answers: Iterable[Fixture]) -> Iterator[tuple[Fixture, Answer]]:
    for fixture in answers:
        if fixture.profile == "default" and drafted(fixture):
            try:
                yield fixture, explained(fixture, with_app())
            except Refusal:
                continue


def page_of(read: Read) -> str:
    return view().page(read.about, Standing(read.case, read.drafts), "sealed", [])


def context_of(card: Any) -> str:
    return next(str(link["appContext"]) for link in card.wire["links"] if link["type"] == "smart")


def compared(fixtures: Iterable[Fixture]) -> int:
    """Assert of every card about orders that the app says the same of those it reads, and nothing of others."""
    seen = 0
    for fixture, answer in about_orders(fixtures):
        for card in answer.cards:
            if not card.verdicts or not all(v.order.identified for v in answer.assessment.verdicts):
                continue
            context = context_of(card)
            there = opened(fixture, context, drafted(fixture))
            said = sorted((v.order.reference, v.option, v.verdict) for v in card.verdicts)
            assert judged(there) == said, fixture.name
            gone = opened(fixture, context, ())
            assert judged(gone) == [] and not gone.about.opened.judged, fixture.name
            assert {o.reference for o in gone.about.opened.orders} >= {r for r, *_ in said}, fixture.name
            told = gone.about.opened.card
            assert told is not None and told.verdict == card.verdicts[0].verdict, fixture.name
            if seen % 20 == 0:
                page = page_of(gone)
                assert 'class="card-summary"' not in page and "The card said" in page, fixture.name
            seen += 1
    return seen


def test_the_app_says_what_its_card_said_or_nothing() -> None:
    assert compared(patients()[::20]) > 20


@pytest.mark.slow
def test_a_what_if_starts_from_the_orders_as_they_are_judged() -> None:
    """With the orders beside the card's, and without those that are held back."""
    asking, seen = WhatIf(shipped(affiliate=True)), 0
    for fixture, answer in about_orders(patients()[::15]):
        for card in (card for card in answer.cards if card.verdicts):
            for there in (drafted(fixture), ()):
                read = opened(fixture, context_of(card), there)
                content = routes.to_carry(read, asking, with_app())
                again = asking.recorded(content, with_app())
                assert again.drafts == read.drafts, fixture.name
                assert again.case.facts == read.case.facts, fixture.name
                seen += 1
    assert seen > 20


@pytest.mark.slow
def test_the_app_says_what_any_card_said_or_nothing() -> None:
    assert compared(patients()) > 300


def test_what_was_drafted_with_a_regimen_counts_for_the_app_too() -> None:
    """Ifosfamide without the mesna of the same session would be a caution, whatever the card said."""
    for fixture, answer in about_orders(patients()):
        for card in answer.cards:
            named = json.loads(context_of(card))
            if card.verdicts and named.get("beside"):
                left_out = [
                    o for o in drafted(fixture) if f"{o['resourceType']}/{o['id']}" in named["orders"]
                ]
                read = opened(fixture, context_of(card), left_out)
                assert judged(read) == []
                page = words(page_of(read))
                assert "together they may be judged otherwise" in page and "The card said" in page
                return
    raise AssertionError("no fixture drafts orders beside those of a card")


# -- over sockets, as an EHR opens it -----------------------------------------------------------------


FIXTURE = patient(D842V)
DRAFT = drafted(FIXTURE)[0]
REFERENCE = f"{DRAFT['resourceType']}/{DRAFT['id']}"
CARD = {
    "hook": "order-select",
    "topic": "contraindicatedimatinib",
    "verdict": "contraindicated",
    "option": "imatinib",
    "orders": [REFERENCE],
}


def order_part(held: Iterable[Json], card: Json = CARD, scopes: Callable[[str], bool] | None = None) -> str:
    """The part about orders, where the EHR also holds these."""
    with trial(FIXTURE, resources=[*FIXTURE.resources, *held]) as running:
        browser = running.browser()
        consent = browser.open_from_ehr(appContext=json.dumps(card))
        page = browser.decide(consent, scopes=None if scopes is None else granted(consent.url, scopes))
        assert page.status_code == 200, page.text
        return part(page, "order")


def granted(url: str, keep: Callable[[str], bool]) -> list[str]:
    return [s for s in parse_qs(urlsplit(url).query)["scope"][0].split() if keep(s)]


def test_an_order_at_the_fhir_server_is_judged_as_it_is() -> None:
    told = order_part([DRAFT])
    assert "Imatinib contraindicated" in told and REFERENCE in told and "Instead: Avapritinib" in told
    assert "The card said" not in told and "not at the FHIR server" not in told


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (None, "It is not at the FHIR server"),
        ({"status": "cancelled"}, "It is no longer open (status cancelled)"),
        ({"status": "completed"}, "It is no longer open (status completed)"),
        ({"status": "entered-in-error"}, "It is no longer open (status entered-in-error)"),
        ({"status": "unknown"}, "does not say that it is a draft or active"),
        ({"doNotPerform": True}, "It asks that something is not done"),
        ({"dosageInstruction": "one a day"}, "could not be read as FHIR"),
        (
            {"medicationCodeableConcept": {"text": "paracetamol"}},
            "It is not an order that this pathway knows",
        ),
    ],
)
def test_an_order_that_is_not_an_open_one_of_the_patient_is_not_judged(held: Json | None, why: str) -> None:
    told = order_part([] if held is None else [DRAFT | held])
    assert "The app gives no verdict of its own" in told
    assert "The card said of Imatinib: contraindicated." in told
    assert REFERENCE in told and why in told
    assert "Instead" not in told
    if held is not None:
        assert "not at the FHIR server" not in told


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ({"reference": "Patient/another"}, "It is an order for another patient"),
        ({"display": "somebody"}, "does not say which patient it is for"),
    ],
)
def test_an_order_that_is_not_said_to_be_of_the_patient_is_not_judged(subject: Json, why: str) -> None:
    """An EHR should not let it be seen at all."""
    read = opened(FIXTURE, json.dumps(CARD), [DRAFT | {"subject": subject}])
    page = words(page_of(read))
    assert judged(read) == [] and why in page and "The app gives no verdict of its own" in page


def test_an_order_that_the_ehr_keeps_to_itself_is_not_judged() -> None:
    told = order_part([DRAFT], scopes=lambda scope: "MedicationRequest" not in scope)
    assert "The EHR gave no leave to read it" in told and "The app gives no verdict of its own" in told


def test_an_order_that_does_not_come_is_not_judged() -> None:
    held = serving([*FIXTURE.resources, DRAFT])

    def failing(exchange: Exchange) -> None:
        if exchange.path.endswith(REFERENCE):
            exchange.resource({"resourceType": "OperationOutcome", "issue": []}, 422)
        else:
            held(exchange)

    with trial(FIXTURE, behaviour=failing) as running:
        told = part(running.browser().launch(appContext=json.dumps(CARD)), "order")
    assert "It could not be read from the EHR (" in told and "The app gives no verdict of its own" in told


def test_of_two_orders_each_is_named() -> None:
    told = order_part([DRAFT], {**CARD, "orders": [REFERENCE, "MedicationRequest/second"]})
    assert "It was read, but is not judged" in told and "MedicationRequest/second" in told
    assert "It is not at the FHIR server" in told and "The app gives no verdict of its own" in told
    withdrawn = DRAFT | {"id": "second", "status": "cancelled"}
    told = order_part([DRAFT, withdrawn], {**CARD, "orders": [REFERENCE, "MedicationRequest/second"]})
    assert "Imatinib contraindicated" in told and "no longer open (status cancelled)" in told


def test_an_order_without_an_id_is_not_lost() -> None:
    card = {"hook": "order-select", "verdict": "caution", "option": "doxorubicin", "unnamed": 1}
    told = order_part([], card)
    assert "The card said of Doxorubicin: with a caution" in told and "without an id" in told
    assert "opened without an order" not in told


def test_a_card_about_several_options_is_not_lost() -> None:
    card = {
        "verdict": "undetermined",
        "options": ["imatinib", "sunitinib"],
        "orders": ["MedicationRequest/a"],
    }
    told = order_part([], card)
    assert "The card said of Imatinib and Sunitinib: still open" in told and "MedicationRequest/a" in told


def test_where_the_order_is_no_longer_what_the_card_saw_both_are_said() -> None:
    told = order_part([DRAFT], {**CARD, "verdict": "on-pathway"})
    assert "Imatinib contraindicated" in told and "was judged otherwise" in told
    assert "The card said of Imatinib: on the pathway" in told


def test_more_orders_than_are_read_are_said() -> None:
    many = [f"MedicationRequest/rx-{n}" for n in range(100, 121)]
    told = order_part([DRAFT], {**CARD, "orders": [REFERENCE, *many]})
    assert "the card named more orders than are read at once" in told and "rx-120" in told
    assert "The app gives no verdict of its own" in told


def test_a_card_whose_verdict_is_not_told_is_not_said_to_differ() -> None:
    fixture, answer = next(iter(about_orders(patients())))
    card = next(card for card in answer.cards if card.verdicts)
    told = {k: v for k, v in json.loads(context_of(card)).items() if k != "verdict"}
    page = words(page_of(opened(fixture, json.dumps(told), drafted(fixture))))
    assert "judged otherwise" not in page and "The card was about" not in page
    page = words(page_of(opened(fixture, json.dumps(told), ())))
    assert "The card was about" in page and "judged otherwise" not in page

"""HL7's invariants, in FHIRPath of our own, on what the service answers to every fixture; and on broken documents."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cds_service.client_profile import PROFILES
from cds_service.conformance.feedback import accepted, overridden, reasons
from cds_service.conformance.invariant import Document, invariants, violated
from cds_service.loading import Loaded, load
from cds_service.replay.fixture import Fixture, find_fixtures
from cds_service.replay.run import in_process
from cds_service.service import Service, make_service

from ..operation.running import CHECKOUT

Json = dict[str, Any]

FIXTURES = list(find_fixtures([CHECKOUT / "fhir_fixtures"]))
# the first of each folder, and the shapes that clients send
SAMPLE = [
    *{f.name.partition("/")[0]: f for f in reversed(FIXTURES)}.values(),
    *(f for f in FIXTURES if f.name.startswith("clients/")),
]


@pytest.fixture(scope="module")
def services() -> Callable[[str], Service]:
    loaded: Loaded = load(snomed_affiliate=True)
    made = {p: make_service(loaded, "https://cds.example.org", profile=PROFILES[p]) for p in PROFILES}
    return made.__getitem__


def violations(fixtures: Iterable[Fixture], services: Callable[[str], Service]) -> tuple[dict[str, Any], int]:
    """What calls, answers and the feedback that cards allow violate, by fixture; and how many cards came."""
    found, cards = {}, 0
    send = in_process(services)
    for fixture in fixtures:
        broken = violated("request", fixture.call(services(fixture.profile).prefetch))
        status, answer = send(fixture)
        if status == 200:
            cards += len(answer["cards"])
            broken += violated("response", answer)
            for card in answer["cards"]:
                broken += violated("feedback", {"feedback": told_of(card)})
        if broken:
            found[fixture.name] = broken
    return found, cards


def told_of(card: Json) -> list[Json]:
    """Everything that a client can say of a card: dismissed, with each form of reason, its suggestion taken."""
    told = [overridden(card), *({**overridden(card), "overrideReason": r} for r in reasons(card).values())]
    chosen = accepted(card)
    return [*told, chosen] if chosen else told


def test_the_sample_of_fixtures_keeps_every_invariant(services: Callable[[str], Service]) -> None:
    broken, cards = violations(SAMPLE, services)
    assert not broken
    assert cards > len(SAMPLE) / 2


@pytest.mark.slow
def test_every_fixture_keeps_every_invariant(services: Callable[[str], Service]) -> None:
    broken, cards = violations(FIXTURES, services)
    assert not broken
    assert cards > len(FIXTURES) / 2


# --- broken documents ----------------------------------------------------------------------------------------------

CARD: Json = {
    "uuid": "6c4f8a32-6f0e-4a44-9a3e-0a6a5a2d2c11",
    "summary": "A drug is suggested",
    "indicator": "info",
    "source": {"label": "A source"},
    "selectionBehavior": "at-most-one",
    "suggestions": [
        {
            "label": "Replace it",
            "uuid": "0d6c2f77-6d0f-4d0a-8d5e-5c7d8f7f2b21",
            "isRecommended": True,
            "actionSelectionBehavior": "all",
            "actions": [
                {"type": "delete", "description": "Remove it", "resourceId": "MedicationRequest/1"},
                {
                    "type": "create",
                    "description": "Add it",
                    "resource": {"resourceType": "MedicationRequest"},
                },
            ],
        },
        {"label": "Leave it", "uuid": "c2b1de31-56ab-4f0e-91e4-0f62e9a1b6b0", "isRecommended": False},
    ],
    "overrideReasons": [{"code": "a", "system": "https://example.org/reasons", "display": "A reason"}],
    "links": [
        {"label": "An app", "url": "https://example.org/app", "type": "smart", "appContext": "x"},
        {"label": "A page", "url": "https://example.org/page", "type": "absolute"},
    ],
}
REMOVAL: Json = {"type": "delete", "resourceId": "ServiceRequest/1"}
AUTHORIZATION: Json = {"access_token": "t", "scope": "patient/Observation.read", "patient": "1"}
GOOD: dict[Document, Json] = {
    "response": {"cards": [CARD], "systemActions": [REMOVAL]},
    "request": {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": AUTHORIZATION},
    "feedback": {"feedback": told_of(CARD)},
}


def card(document: Json) -> Json:
    found: Json = document["cards"][0]
    return found


def suggestion(document: Json) -> Json:
    found: Json = card(document)["suggestions"][0]
    return found


BROKEN: list[tuple[str, str, Callable[[Json], Any]]] = [
    ("cds-resp-1", "two recommended", lambda d: card(d)["suggestions"][1].update(isRecommended=True)),
    ("cds-resp-2", "a delete without an id", lambda d: suggestion(d)["actions"][0].pop("resourceId")),
    (
        "cds-resp-2",
        "a delete with a resource",
        lambda d: suggestion(d)["actions"][0].update(resource={"id": "1"}),
    ),
    ("cds-resp-2", "a system action too", lambda d: d["systemActions"][0].pop("resourceId")),
    ("cds-resp-3", "context for a page", lambda d: card(d)["links"][1].update(appContext="x")),
    ("cds-resp-3", "context for a link of no type", lambda d: card(d)["links"][0].pop("type")),
    ("cds-resp-4", "a reason without words", lambda d: card(d)["overrideReasons"][0].pop("display")),
    ("cds-resp-5", "an action without words", lambda d: suggestion(d)["actions"][1].pop("description")),
    ("cds-resp-6", "no selection behaviour", lambda d: card(d).pop("selectionBehavior")),
    ("cds-resp-7", "an odd choice of actions", lambda d: suggestion(d).update(actionSelectionBehavior="one")),
    ("cds-r-1", "authorization for no server", lambda d: d.pop("fhirServer")),
    ("cds-r-2", "a scope for a patient who is not named", lambda d: d["fhirAuthorization"].pop("patient")),
    ("cds-fb-1", "an outcome of its own", lambda d: d["feedback"][0].update(outcome="ignored")),
    ("cds-fb-1", "no outcome", lambda d: d["feedback"][0].pop("outcome")),
    ("cds-fb-2", "accepted, but not what", lambda d: d["feedback"][-1].pop("acceptedSuggestions")),
    ("cds-fb-3", "an empty reason", lambda d: d["feedback"][1].update(overrideReason={"other": 1})),
]


@pytest.mark.parametrize("kind", GOOD)
def test_a_whole_document_keeps_every_invariant(kind: Document) -> None:
    assert violated(kind, GOOD[kind]) == []
    assert all(i.concerns(GOOD[kind]) for i in invariants().values() if i.of == kind)


@pytest.mark.parametrize(("name", "how", "spoil"), BROKEN, ids=[f"{name}: {how}" for name, how, _ in BROKEN])
def test_a_broken_document_violates_the_invariant(name: str, how: str, spoil: Callable[[Json], Any]) -> None:
    kind = invariants()[name].of
    broken = copy.deepcopy(GOOD[kind])
    spoil(broken)
    assert violated(kind, broken) == [name]


def test_every_invariant_is_violated_by_some_document() -> None:
    assert {name for name, _, _ in BROKEN} == set(invariants())
    assert len(invariants()) == 12


@pytest.mark.parametrize("kind", GOOD)
def test_an_empty_document_concerns_no_invariant(kind: Document) -> None:
    assert violated(kind, {}) == []
    assert not any(i.concerns({}) for i in invariants().values())

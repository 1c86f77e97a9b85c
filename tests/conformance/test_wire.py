"""Requirements of single members, over HTTP: what the running service suggests and how its answers are made."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from fhir.resources.R4B import get_fhir_model_class

from cds_service.conformance.call import Entry
from cds_service.conformance.sample import HOOKS, samples
from cds_service.conformance.shape import elements

from .conftest import TODAY

Json = dict[str, Any]


@pytest.fixture(scope="module")
def exchanged(running: str) -> list[tuple[Json, Json]]:
    """Calls about the sample with a tumour and their answers, one for each hook of the running service."""
    services = requests.get(f"{running}/cds-services", timeout=30).json()["services"]
    entries = [Entry(s["id"], s["hook"], s["prefetch"]) for s in services]
    assert {entry.hook for entry in entries} == set(HOOKS)
    found = []
    for entry in entries:
        sent = entry.call(samples()[-1], TODAY)
        response = requests.post(f"{running}{entry.path}", json=sent, timeout=30)
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "application/json"
        found.append((sent, response.json()))
    assert all(answer["cards"] for _, answer in found)
    return found


def found_in(answer: Json, path: str) -> list[Any]:
    return [element for _, element in elements(answer, path.split("."))]


def test_every_suggested_resource_is_valid_fhir(exchanged: list[tuple[Json, Json]]) -> None:
    resources = [r for _, a in exchanged for r in found_in(a, "cards.suggestions.actions.resource")]
    assert resources
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))


def test_no_answer_uses_action_selection(exchanged: list[tuple[Json, Json]]) -> None:
    suggestions = [s for _, a in exchanged for s in found_in(a, "cards.suggestions")]
    assert suggestions
    assert not [s for s in suggestions if "actionSelectionBehavior" in s]


def test_no_uuid_comes_twice(exchanged: list[tuple[Json, Json]]) -> None:
    """Not in two answers either: feedback names a card by its uuid alone."""
    uuids = [
        u
        for _, a in exchanged
        for path in ("cards.uuid", "cards.suggestions.uuid")
        for u in found_in(a, path)
    ]
    assert len(uuids) > len(exchanged)
    assert len(set(uuids)) == len(uuids)


def test_a_delete_names_a_draft_of_the_call(exchanged: list[tuple[Json, Json]]) -> None:
    deletes = [
        (sent, action)
        for sent, answer in exchanged
        for action in found_in(answer, "cards.suggestions.actions")
        if action["type"] == "delete"
    ]
    assert deletes
    for sent, action in deletes:
        drafts = [e["resource"] for e in sent["context"]["draftOrders"]["entry"]]
        assert action["resourceId"] in [f"{d['resourceType']}/{d['id']}" for d in drafts]
        assert "resource" not in action

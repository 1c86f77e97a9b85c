"""What one kind of EHR needs otherwise: one test for each sentence of its profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import charts
from .asking import Ask


def test_the_default_replaces_in_one_suggestion(ask: Ask) -> None:
    card = ask(charts.call(charts.unresectable_d842v())).card

    assert card["selectionBehavior"] == "at-most-one"
    assert [[a["type"] for a in s["actions"]] for s in card["suggestions"]] == [
        ["delete", "create"],
        ["delete"],
    ]


def test_epic_gets_one_action_each_and_any(ask_as: Callable[..., Ask]) -> None:
    card = ask_as(client_profile="epic")(charts.call(charts.unresectable_d842v())).card

    assert card["selectionBehavior"] == "any"
    assert [[a["type"] for a in s["actions"]] for s in card["suggestions"]] == [["delete"], ["create"]]
    assert len({s["uuid"] for s in card["suggestions"]}) == 2
    assert [s["label"] for s in card["suggestions"]] == [
        s["actions"][0]["description"] for s in card["suggestions"]
    ]


def test_an_open_condition_stays_in_what_epic_shows(ask_as: Callable[..., Ask]) -> None:
    """The user reads the action's description there: the condition of a replacement must stand in it."""
    card = ask_as(client_profile="epic")(charts.call([charts.gist(), charts.d842v()])).card
    (create,) = [a for s in card["suggestions"] for a in s["actions"] if a["type"] == "create"]

    assert "unresectable" in create["description"]
    assert not any(s.get("isRecommended") for s in card["suggestions"])


def test_oracle_is_offered_patient_view_alone(ask_as: Callable[..., Ask]) -> None:
    ask = ask_as(client_profile="oracle")
    services = ask.client.get("/cds-services").get_json()["services"]

    assert [s["hook"] for s in services] == ["patient-view"]
    refused = ask.client.post(charts.ADDRESS, json=charts.call(charts.unresectable_d842v()))
    assert refused.status_code == 400
    assert refused.get_json()["resourceType"] == "OperationOutcome"


def test_null_from_medplum_is_a_look_that_failed(ask: Ask, ask_as: Callable[..., Ask]) -> None:
    call = charts.call([charts.gist(), charts.stated("resectability", "unresectable")])
    for key in (
        "observations-laboratory",
        "observations-genomics",
        "observations-by-code",
        "diagnostic-reports",
    ):
        call["prefetch"][key] = None

    assert ask(call).why("genotype") == "missing"
    assert ask_as(client_profile="medplum")(call).why("genotype") == "failed-query"


def test_what_is_set_outranks_the_profile(ask_as: Callable[..., Ask]) -> None:
    call: dict[str, Any] = charts.call([charts.gist(), charts.stated("resectability", "unresectable")])
    call["prefetch"]["observations-laboratory"] = None

    assert ask_as(client_profile="medplum", null_means="no-data")(call).why("genotype") == "missing"


def test_the_sandbox_is_offered_each_hook_under_an_id_of_its_own(ask_as: Callable[..., Ask]) -> None:
    ask = ask_as(client_profile="sandbox")
    ids = {s["hook"]: s["id"] for s in ask.client.get("/cds-services").get_json()["services"]}
    assert ids == {hook: f"sarcoma-pathway-{hook}" for hook in ("order-select", "order-sign", "patient-view")}

    call = charts.call(charts.unresectable_d842v())
    answers = [
        ask.client.post(f"/cds-services/{each}", json=call) for each in ("sarcoma-pathway", *ids.values())
    ]
    assert [a.status_code for a in answers] == [200, 200, 400, 400]
    assert answers[0].get_json()["cards"][0]["summary"] == answers[1].get_json()["cards"][0]["summary"]
    assert "answers order-sign" in answers[2].get_json()["issue"][0]["diagnostics"]


def test_only_the_sandbox_is_offered_ids_by_hook(ask: Ask) -> None:
    services = ask.client.get("/cds-services").get_json()["services"]
    assert {s["id"] for s in services} == {"sarcoma-pathway"}
    call = charts.call(charts.unresectable_d842v())
    assert ask.client.post("/cds-services/sarcoma-pathway-order-select", json=call).status_code == 404


def test_the_sandbox_creates_before_it_removes(ask_as: Callable[..., Ask]) -> None:
    card = ask_as(client_profile="sandbox")(charts.call(charts.unresectable_d842v())).card
    assert [[a["type"] for a in s["actions"]] for s in card["suggestions"]] == [
        ["create", "delete"],
        ["delete"],
    ]

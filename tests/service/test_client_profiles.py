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

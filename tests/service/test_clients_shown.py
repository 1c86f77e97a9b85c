"""Patients in the shape that each kind of client sends, and the orders that need no verdict."""

from __future__ import annotations

import pytest

from cds_service.client_profile import PROFILES
from cds_service.replay.compare import EXTENSION

from .shown import FIXTURES, Shown

RECORDED = {name: f for name, f in FIXTURES.items() if name.startswith("clients/")}


@pytest.mark.parametrize("profile", PROFILES)
def test_each_client_profile_has_two_patients_in_its_shape(profile: str) -> None:
    assert len([f for f in RECORDED.values() if f.profile == profile]) >= 2


def test_an_oracle_like_client_is_shown_on_patient_view_without_smart_links(shown: Shown) -> None:
    found = {name: f for name, f in RECORDED.items() if f.profile == "oracle"}
    assert {f.request["hook"] for f in found.values()} == {"patient-view"}
    for name in found:
        cards = shown.answer(name)["cards"]
        assert cards
        assert not [link for card in cards for link in card.get("links", ()) if link["type"] == "smart"]


def test_an_epic_like_client_gets_one_action_in_each_suggestion_and_any(shown: Shown) -> None:
    found = [name for name, f in RECORDED.items() if f.profile == "epic"]
    cards = [c for name in found for c in shown.answer(name)["cards"] if c.get("suggestions")]
    assert cards
    assert {c["selectionBehavior"] for c in cards} == {"any"}
    assert {len(s["actions"]) for c in cards for s in c["suggestions"]} == {1}


def test_null_is_shown_as_no_data_and_as_not_looked_up() -> None:
    """The same null, to the default and to Medplum, ends in different verdicts."""
    verdicts = {
        name.split("/")[1].split("-")[0]: FIXTURES[name].expected["orders"]["MedicationRequest/rx-1"][
            "verdict"
        ]
        for name in (
            "clients/default-medication-requests-null-sunitinib",
            "clients/medplum-medication-requests-null-sunitinib",
        )
    }
    assert verdicts == {"default": "off-pathway", "medplum": "undetermined"}


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("orders/device-and-nutrition-beside-imatinib", {"DeviceRequest", "NutritionOrder"}),
        ("orders/nutrition-alone", {"NutritionOrder"}),
    ],
)
def test_devices_and_diets_are_drafted_and_get_no_verdict(shown: Shown, name: str, ignored: set[str]) -> None:
    entries = FIXTURES[name].request["context"]["draftOrders"]["entry"]
    assert ignored <= {e["resource"]["resourceType"] for e in entries}
    judged = shown.answer(name)["extension"][EXTENSION].get("orders", ())
    assert not [o for o in judged if o["order"].split("/")[0] in ignored]


def test_an_unselected_contraindicated_draft_is_repeated(shown: Shown) -> None:
    """Decision 31: newer cards replace older ones."""
    name = "orders/unselected-imatinib-d842v"
    context = FIXTURES[name].request["context"]
    drafts = {f"MedicationRequest/{e['resource']['id']}" for e in context["draftOrders"]["entry"]}
    (unselected,) = drafts - set(context["selections"])
    (card,) = shown.answer(name)["cards"]
    removed = {
        a.get("resourceId") for s in card["suggestions"] for a in s["actions"] if a["type"] == "delete"
    }
    assert card["indicator"] == "critical"
    assert removed == {unselected}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("orders/no-reason-in-remission", "undetermined"),
        ("orders/no-reason-second-malignancy", "undetermined"),
        ("orders/reason-stated-second-malignancy", None),
        ("orders/imatinib-for-leukaemia", "out-of-scope"),
        ("orders/hip-excision", "out-of-scope"),
    ],
)
def test_orders_for_something_else_or_in_remission_are_shown(name: str, verdict: str | None) -> None:
    """Decision 30; with its reason stated, an order is judged although a second cancer is on record."""
    (order,) = FIXTURES[name].expected["orders"].values()
    assert order["verdict"] == verdict or (
        verdict is None and order["verdict"] not in ("undetermined", "out-of-scope")
    )

"""What is pasted is sent as it is, or as the call that a Bundle stands for; what is wrong with it is told."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cds_service.loading import Loaded
from cds_service.replay.fixture import own_fixtures

from .trying import BROWSER, EXAMPLE, Page, Trial, trial_of

FIXTURES = own_fixtures()
assert FIXTURES is not None
BUNDLE = (FIXTURES / EXAMPLE / "patient.json").read_text()


@pytest.fixture
def call(trial: Trial) -> dict[str, Any]:
    """A whole call as an EHR posts it."""
    return trial.page(f"/?fixture={EXAMPLE}").request


def test_a_bundle_opens_the_chart(trial: Trial) -> None:
    page = trial.pasted(BUNDLE)
    assert page.request["hook"] == "patient-view"
    assert page.summaries and "fhirServer" not in page.request


def test_an_order_is_drafted_for_the_patient_of_a_bundle(trial: Trial) -> None:
    page = trial.pasted(BUNDLE, order="imatinib")
    assert page.request["hook"] == "order-select"
    assert [card["indicator"] for card in page.answer["cards"]] == ["critical"]


def test_a_call_is_sent_as_it_is(trial: Trial, call: dict[str, Any]) -> None:
    page = trial.pasted(json.dumps(call))
    assert page.request == call
    assert page.summaries == trial.page(f"/?fixture={EXAMPLE}").summaries


def test_another_order_and_hook_take_the_place_of_the_pasted(trial: Trial, call: dict[str, Any]) -> None:
    page = trial.pasted(json.dumps(call), order="avapritinib", hook="order-sign")
    assert page.request["hook"] == "order-sign"
    assert page.request["prefetch"] == call["prefetch"]
    assert [card["indicator"] for card in page.answer["cards"]] == ["info"]


def test_opening_the_chart_of_what_was_pasted_is_told_as_drafting_nothing(
    trial: Trial, call: dict[str, Any]
) -> None:
    for chosen in ({"order": "own", "hook": "patient-view"}, {"order": "none", "hook": "order-sign"}):
        page = trial.pasted(json.dumps(call), **chosen)
        assert page.request["hook"] == "patient-view" and "draftOrders" not in page.request["context"]
        assert '<option value="none" selected>' in page.text and page.text.count(" selected>") == 1
        assert 'data-query="order=none"' in page.text


def test_a_file_takes_the_place_of_the_text(trial: Trial) -> None:
    data = {"pasted": "not this", "file": (BytesIO(BUNDLE.encode()), "record.json")}
    response = trial.client.post(
        "/sandbox/paste", data=data, headers=BROWSER, content_type="multipart/form-data"
    )
    assert Page(response).summaries


@pytest.mark.parametrize(
    ("change", "status", "where"),
    [
        (lambda call: call["prefetch"].pop("conditions"), 412, "prefetch.conditions"),
        (lambda call: call.pop("hook"), 400, "hook"),
        (lambda call: call["context"].pop("patientId"), 400, "patientId"),
        (lambda call: call.update(context=[]), 400, "context"),
        (lambda call: call.update(hook=["x"]), 400, "hook"),
    ],
)
def test_a_refused_call_is_told_with_what_where_and_how(
    trial: Trial, call: dict[str, Any], change: Any, status: int, where: str
) -> None:
    change(call)
    page = trial.pasted(json.dumps(call))
    (issue,) = page.answer["issue"]
    told = page.read.under("outcome")
    assert f"HTTP {status}" in told
    assert where in " ".join(issue["expression"]) and issue["expression"][0] in told
    assert issue["details"]["text"] in told and issue["diagnostics"] in told
    assert page.answer["id"] in told
    assert "nothing was read" in page.read.under("view-facts")


@pytest.mark.parametrize("text", ["{", "no JSON", "[1, 2]", "7", '{"hook": "x"}', "[" * 5000, '"\\ud800"'])
def test_what_is_no_call_is_refused_by_the_service_itself(trial: Trial, text: str) -> None:
    page = trial.pasted(text)
    told = page.read.under("outcome")
    assert "HTTP 400" in told
    outside = trial.client.post(
        "/cds-services/sarcoma-pathway", data=text.encode(), content_type="application/json"
    )
    assert outside.json is not None
    assert outside.json["issue"][0]["details"]["text"] in told


@pytest.mark.parametrize("entry", [[], [{"resource": {"resourceType": "Observation"}}], "x", [7], None])
def test_a_bundle_of_no_patient_is_told(trial: Trial, entry: Any) -> None:
    told = trial.pasted(json.dumps({"resourceType": "Bundle", "entry": entry}), 400).read.under("outcome")
    assert "The pasted Bundle" in told and "Patient" in told


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_pasted_is_told(trial: Trial, text: str) -> None:
    assert "nothing to send" in trial.pasted(text, 400).read.under("outcome")


def test_a_call_that_is_too_large_is_refused_by_the_service_itself(loaded: Loaded, tmp_path: Path) -> None:
    trial = trial_of(loaded, tmp_path, max_body_bytes=20_000)
    page = trial.pasted(json.dumps({"hook": "patient-view", "padding": "x" * 30_000}))
    told = page.read.under("outcome")
    assert "HTTP 413" in told and "20000 bytes" in told and "CDS_SERVICE_MAX_BODY_BYTES" in told


def test_a_form_far_beyond_any_call_is_not_read(loaded: Loaded, tmp_path: Path) -> None:
    trial = trial_of(loaded, tmp_path, max_body_bytes=20_000)
    assert "CDS_SERVICE_MAX_BODY_BYTES" in trial.pasted("x" * 200_000, 413).text


def test_a_large_call_that_is_allowed_is_answered(trial: Trial, call: dict[str, Any]) -> None:
    """Larger than frameworks commonly let a field of a form be."""
    entries = call["prefetch"]["observations-laboratory"]["entry"]
    note = {
        "resourceType": "Observation",
        "id": "long",
        "status": "final",
        "note": [{"text": "y" * 2_000_000}],
    }
    entries.append({"resource": note})
    page = trial.pasted(json.dumps(call))
    assert page.summaries


def test_half_a_character_stops_nothing(trial: Trial, call: dict[str, Any]) -> None:
    call["prefetch"]["patient"]["name"] = [{"text": "\ud800"}]
    assert "\\ud800" in trial.pasted(json.dumps(call), hook="order-sign").read.under("view-request", "json")

"""Each state of the sandbox: what is called, and what is shown of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cds_service.loading import Loaded
from cds_service.replay.fixture import own_fixtures

from .trying import EXAMPLE, Trial, trial_of

FIXTURES = own_fixtures()
assert FIXTURES is not None


def test_the_root_shows_an_example_in_a_browser_and_the_pointer_to_clients(trial: Trial) -> None:
    page = trial.page()
    assert page.request["context"]["patientId"] == "pat-01"
    assert page.summaries == [card["summary"] for card in page.answer["cards"]] != []
    pointer = trial.client.get("/")
    assert pointer.json is not None and pointer.json["discovery"] == "/cds-services"
    assert "Accept" in pointer.headers["Vary"]


@pytest.mark.parametrize("folder", sorted(p.name for p in FIXTURES.iterdir() if p.is_dir()))
def test_the_cards_on_the_page_are_those_of_the_response(trial: Trial, folder: str) -> None:
    """One patient of each folder; the response is the one that the same call gets from outside."""
    name = sorted(p.parent for p in (FIXTURES / folder).rglob("expected.yaml"))[0].relative_to(FIXTURES)
    page = trial.page(f"/?fixture={name}")
    again = trial.client.post("/cds-services/sarcoma-pathway", json=page.request)
    assert again.json is not None
    shown, told = page.answer, again.json
    assert shown.get("extension") == told.get("extension")
    assert [card["summary"] for card in shown.get("cards", ())] == page.summaries
    assert page.summaries == [card["summary"] for card in told.get("cards", ())]
    for issue in shown.get("issue", ()):
        assert issue["details"]["text"] in page.read.under("outcome")


def test_another_order_is_drafted_in_place_of_the_own(trial: Trial) -> None:
    page = trial.page(f"/?fixture={EXAMPLE}&order=avapritinib")
    (order,) = [entry["resource"] for entry in page.request["context"]["draftOrders"]["entry"]]
    assert page.request["hook"] == "order-select"
    assert page.request["context"]["selections"] == [f"MedicationRequest/{order['id']}"]
    assert order["subject"] == {"reference": "Patient/pat-01"}
    assert order["reasonReference"] == [{"reference": "Condition/gist-1"}]
    assert [card["indicator"] for card in page.answer["cards"]] == ["info"]


def test_the_hook_may_be_chosen(trial: Trial) -> None:
    page = trial.page(f"/?fixture={EXAMPLE}&hook=order-sign")
    assert page.request["hook"] == "order-sign" and "selections" not in page.request["context"]


@pytest.mark.parametrize(
    ("stated", "led"),
    [
        ("order=none&hook=order-sign", "order=none"),
        ("order=none&hook=patient-view&tab=map", "order=none&tab=map"),
        ("hook=patient-view&order=imatinib", "order=none"),
        ("hook=patient-view", "order=none"),
        ("order=imatinb&hook=order-sine", ""),
    ],
)
def test_an_address_that_states_what_is_not_called_leads_to_the_one_that_does(
    trial: Trial, stated: str, led: str
) -> None:
    there = f"/?fixture={EXAMPLE}" + (f"&{led}" if led else "")
    assert trial.page(f"/?fixture={EXAMPLE}&{stated}", 302).response.headers["Location"] == there
    page = trial.page(there)
    if led:
        assert page.request["hook"] == "patient-view" and "draftOrders" not in page.request["context"]
        assert '<option value="none" selected>' in page.text and page.text.count(" selected>") == 1
        assert "nothing drafted" in page.read.under("cards")
    else:
        assert '<option value="own" selected>' in page.text and page.request["context"]["draftOrders"]


def test_a_patient_without_a_draft_may_be_opened_by_either_name(trial: Trial) -> None:
    name = "gist-resectable-minimal-morbidity/mitoses-missing-patient-view"
    assert (
        trial.page(f"/?fixture={name}&hook=patient-view").request == trial.page(f"/?fixture={name}").request
    )


def test_no_draft_at_order_select_is_answered_as_the_service_answers_it(trial: Trial) -> None:
    page = trial.page(
        "/?fixture=gist-resectable-minimal-morbidity/mitoses-missing-patient-view&hook=order-select"
    )
    again = trial.client.post("/cds-services/sarcoma-pathway", json=page.request)
    assert page.request["hook"] == "order-select"
    assert again.json is not None and page.answer.keys() == again.json.keys()


def test_facts_are_shown_with_the_records_that_they_came_from(trial: Trial) -> None:
    page = trial.page(f"/?fixture={EXAMPLE}")
    told = page.read.under("view-facts", "facts")
    for fact in page.answer["extension"]["org.sarcoma-cds.assessment"]["facts"]:
        for record in fact.get("evidence", ()):
            assert record in told
    assert "9 cm" in told and "2026-08-20" in told and "unknown: not recorded" in told


def test_a_result_that_leaves_others_open_is_not_told_as_nothing_recorded(trial: Trial) -> None:
    told = trial.page("/?fixture=genotype/kit-negative-alone").read.under("view-facts", "facts")
    assert "not KIT exon 9 mutation" in told and "of others it is not known" in told


def test_time_is_shown_by_phase(trial: Trial) -> None:
    told = trial.page(f"/?fixture={EXAMPLE}&tab=timing").read.under("view-timing")
    assert all(phase in told for phase in ("parse", "map", "evaluate", "render", "total"))


def test_the_patient_stands_on_the_map(trial: Trial) -> None:
    told = trial.page(f"/?fixture={EXAMPLE}&tab=map").read.under("view-map")
    assert "The patient’s group: Localised GIST, unresectable" in told
    assert "Options: Localised GIST, unresectable" in told
    assert "drafted: contraindicated" in told


def test_who_stands_on_no_pathway_is_told(trial: Trial) -> None:
    folder = sorted((FIXTURES / "not-sarcoma").iterdir())[0].name
    page = trial.page(f"/?fixture=not-sarcoma/{folder}&tab=map")
    assert page.answer["cards"] == []
    assert "stands on no pathway" in page.read.under("view-map")
    assert "nothing to say" in page.read.under("cards")


@pytest.mark.parametrize("tab", ["facts", "map", "request", "response", "timing"])
def test_the_address_says_which_view_is_open(trial: Trial, tab: str) -> None:
    text = trial.page(f"/?fixture={EXAMPLE}&tab={tab}").text
    assert f'id="view-{tab}">' in text
    assert text.count('class="view"') == text.count("hidden>") + 1
    assert f'value="{tab}" aria-pressed="true"' in text


def test_the_call_can_be_fetched_for_curl(trial: Trial) -> None:
    query = f"fixture={EXAMPLE}&order=sunitinib"
    page = trial.page(f"/?{query}")
    assert f"/sandbox/request.json?{query}" in page.read.under("view-request")
    assert trial.client.get(f"/sandbox/request.json?{query}").json == page.request


@pytest.mark.parametrize("path", ["/map/nope", "/map/gist/nope", "/sandbox/nope"])
def test_an_address_that_does_not_exist_leads_to_those_that_do(trial: Trial, path: str) -> None:
    page = trial.page(path, 404)
    for address in ("/", "/sandbox/patients", "/map", "/cds-services", "/openapi.json"):
        assert f'href="{address}"' in page.text
        assert trial.client.get(address).status_code == 200


def test_a_patient_that_is_not_there_is_refused_with_the_nearest(trial: Trial) -> None:
    told = trial.page("/?fixture=gist-unresectable/d842v-imatinb", 404).read.under("outcome")
    assert EXAMPLE in told


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "..", "/etc", "gist-unresectable/../clients", "a//b", "%00"]
)
def test_no_other_folder_is_read(trial: Trial, name: str) -> None:
    page = trial.page(f"/?fixture={name}", 404)
    assert "[project]" not in page.text and 'class="card ' not in page.text


def test_the_list_is_grouped_and_searched_without_a_script(trial: Trial) -> None:
    page = trial.page("/sandbox/patients")
    assert page.text.index("Localised GIST, unresectable") < page.text.index("Precedence")
    assert f"/?fixture={EXAMPLE}" in page.text
    found = trial.page("/sandbox/patients?q=D842V+avapritinib").text
    assert found.count("<li>") < page.text.count("<li>") and "<li>" in found
    for text, opened in ((page.text, 0), (found, found.count("<details"))):
        counts = [int(count) for count in re.findall(r'class="count">(\d+)<', text)]
        assert len(counts) == text.count("<details") and sum(counts) == text.count("<li>")
        assert text.count('<details class="group" open>') == opened
    assert "0 synthetic patients" in trial.page("/sandbox/patients?q=nothing-like-it").text


def test_a_fixture_that_is_written_is_listed_and_one_that_is_broken_is_not(
    loaded: Loaded, tmp_path: Path
) -> None:
    fixtures, example = tmp_path / "fixtures", FIXTURES / EXAMPLE
    trial = trial_of(loaded, tmp_path, fixtures=fixtures)
    for name in ("own/sound", "own/broken"):
        (fixtures / name).mkdir(parents=True)
        for file in ("patient.json", "request.json", "expected.yaml"):
            (fixtures / name / file).write_bytes((example / file).read_bytes())
    (fixtures / "own/broken/request.json").write_text("{")
    assert "1 synthetic patient<" in trial.page("/sandbox/patients").text
    assert trial.page("/?fixture=own/sound").summaries
    trial.page("/?fixture=own/broken", 404)


def test_without_a_checkout_a_record_can_still_be_pasted(loaded: Loaded, tmp_path: Path) -> None:
    trial = trial_of(loaded, tmp_path, fixtures=None, checkout=False)
    assert "Paste a record" in trial.page("/").text
    assert "without one" in trial.page("/sandbox/patients").text
    bundle = (FIXTURES / EXAMPLE / "patient.json").read_text()
    assert trial.pasted(bundle).summaries


def test_what_a_record_says_is_not_taken_for_markup(trial: Trial) -> None:
    bundle = json.loads((FIXTURES / EXAMPLE / "patient.json").read_text())
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    for entry in bundle["entry"]:
        entry["resource"]["text"] = {"status": "generated", "div": evil}
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["name"] = [{"text": f"</textarea>{evil}"}]
    page = trial.pasted(json.dumps(bundle))
    assert "<script>" not in page.text and "<img" not in page.text and "</textarea>&lt;" not in page.text
    assert page.response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in page.response.headers["Content-Security-Policy"]
    assert page.response.headers["Cache-Control"] == "no-store"

"""The call about an exported patient is the one that an EHR would send."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.population.chart_opened import ChartOpened
from cds_service.population.entry import KINDS, Entry, read_line
from cds_service.replay.fixture import answer
from tests.fhir_names import LOINC
from tests.shipped import patients, service


def resources_of(sent) -> list[str]:
    if sent is None:
        return []
    content = json.loads(bytes(sent)) if isinstance(sent, msgspec.Raw) else sent
    if content["resourceType"] != "Bundle":
        return [json.dumps(content, sort_keys=True)]
    entries = [e for e in content.get("entry", ()) if "search" not in e]
    return sorted(json.dumps(e["resource"], sort_keys=True) for e in entries)


def test_prefetch_is_what_a_fhir_server_would_answer():
    templates = service().prefetch
    charts = ChartOpened(templates, KINDS)
    found = 0
    for fixture in patients():
        owner = fixture.request["context"]["patientId"]
        recorded = [r for r in fixture.resources if r.get("status") != "draft"]
        entries = [read_line(json.dumps(r).encode()) for r in recorded]
        mine = [e for e in entries if isinstance(e, Entry) and e.patient == owner]
        call = charts.call(owner, mine)
        assert set(call.prefetch) == set(templates)
        for key, template in templates.items():
            expected = answer(template, {"patientId": owner}, tuple(recorded))
            assert resources_of(call.prefetch[key]) == resources_of(expected), (fixture.name, key)
            found += len(resources_of(expected))
    assert found > 1000


@pytest.mark.parametrize("status", ["draft", "active"])
def test_orders_in_draft_are_judged_and_active_ones_are_what_the_patient_has(status):
    order = {
        "resourceType": "MedicationRequest",
        "id": "r",
        "status": status,
        "subject": {"reference": "Patient/p"},
    }
    entry = read_line(json.dumps(order).encode())
    call = ChartOpened(service().prefetch, KINDS).call("p", [entry])
    drafted = [e["resource"] for e in call.context.get("draftOrders", {}).get("entry", ())]
    kept = resources_of(call.prefetch["medication-requests"])
    assert (len(drafted), len(kept)) == ((1, 0) if status == "draft" else (0, 1))
    assert call.hook == ("order-sign" if status == "draft" else "patient-view")


def test_a_lost_line_makes_its_query_partial_and_one_of_no_known_type_all_of_them():
    charts = ChartOpened(service().prefetch, KINDS)
    lost = read_line(b'{"resourceType":"Procedure","subject":{"reference":"Patient/p"}, broken').trace
    call = charts.call("p", [lost])
    totals = {
        key: json.loads(bytes(sent))["total"] for key, sent in call.prefetch.items() if sent is not None
    }
    assert {key for key, total in totals.items() if total} == {"procedures"}
    lost = read_line(b'{"subject":{"reference":"https://ehr.example.org/fhir/Patient/p"}').trace
    call = charts.call("p", [lost])
    assert all(json.loads(bytes(sent))["total"] == 1 for sent in call.prefetch.values() if sent is not None)


TEMPLATES = {
    "by-category": "Observation?patient={{context.patientId}}&category=laboratory,exam",
    "by-code": f"Observation?patient={{{{context.patientId}}}}&code={LOINC}|21889-1,4548-4",
    "by-both": f"Observation?patient={{{{context.patientId}}}}&category=laboratory&code={LOINC}|21889-1",
    "all": "Observation?patient={{context.patientId}}",
}
CODINGS = st.lists(
    st.fixed_dictionaries(
        {"system": st.sampled_from([LOINC, "http://elsewhere.example.org"])},
        optional={"code": st.sampled_from(["4548-4", "21889-1", "laboratory", "exam"])},
    ),
    max_size=2,
)
CONCEPTS = st.fixed_dictionaries({"coding": CODINGS})


@given(
    st.lists(
        st.fixed_dictionaries({"category": st.lists(CONCEPTS, max_size=2), "code": CONCEPTS}), max_size=4
    )
)
def test_an_observation_is_sent_under_the_keys_whose_search_finds_it(contents):
    observations = [
        {"resourceType": "Observation", "id": f"o{n}", "subject": {"reference": "Patient/p"}, **content}
        for n, content in enumerate(contents)
    ]
    call = ChartOpened(TEMPLATES, KINDS).call("p", [read_line(json.dumps(o).encode()) for o in observations])
    for key, template in TEMPLATES.items():
        expected = answer(template, {"patientId": "p"}, tuple(observations))
        assert resources_of(call.prefetch[key]) == resources_of(expected), key


def test_an_observation_that_no_search_can_read_is_sent_under_the_keys_of_codes():
    entry = read_line(b'{"resourceType":"Observation","subject":{"reference":"Patient/p"},"code":"x"}')
    prefetch = ChartOpened(TEMPLATES, KINDS).call("p", [entry]).prefetch
    assert {key for key, sent in prefetch.items() if resources_of(sent)} == {"by-code", "by-both"}

"""What the first true card must show, each sentence on a record made here by hand."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from .asking import Answer, Ask
from .charts import (
    LOINC,
    Json,
    call,
    coded,
    d842v,
    gist,
    kit_exon_11,
    liver_metastasis,
    margin,
    metastatic_untested,
    mitoses,
    observation,
    of_patient,
    prefetched,
    resected_high_risk,
    resected_without_mitoses,
    resection,
    searchset,
    size,
    stated,
    unresectable_d842v,
)

ORDER = "MedicationRequest/rx-1"


def detail(card: Json) -> str:
    text: str = card["detail"]
    return text


def test_imatinib_for_an_unresectable_d842v_gist_is_critical_and_avapritinib_takes_its_place(
    ask: Ask,
) -> None:
    answer = ask(call(unresectable_d842v()))
    assert answer.groups == ["gist-unresectable"]
    assert answer.verdicts == {ORDER: "contraindicated"}
    card = answer.card
    assert card["indicator"] == "critical"
    assert "imatinib" in card["summary"].lower()
    assert "contraindicated" in card["summary"]
    # why not
    assert re.search("D842V|insensitive", detail(card))
    # in its place
    replacing = card["suggestions"][0]
    assert [a["type"] for a in replacing["actions"]] == ["delete", "create"]
    assert replacing["actions"][0]["resourceId"] == ORDER
    created = replacing["actions"][1]["resource"]
    assert created["medicationCodeableConcept"]["text"] == "avapritinib"
    assert created["reasonReference"] == [{"reference": "Condition/gist-1"}]
    assert replacing["isRecommended"] is True
    # the source: 000 and 001 state it
    assert card["source"]["url"].startswith("https://")
    option = next(o for o in answer.assessment["options"] if o["option"] == "avapritinib")
    assert {"000", "001"} <= set(option["sources"])
    assert "**Sources:**" in detail(card)


def test_with_resectability_unknown_it_is_still_critical_and_avapritinib_comes_with_its_condition(
    ask: Ask,
) -> None:
    record = [gist(), size(9.0), d842v()]
    answer = ask(call(record))
    assert answer.assessment["placement"] == "several"
    assert set(answer.groups) == {
        "gist-resectable-minimal-morbidity",
        "gist-resectable-significant-morbidity",
        "gist-unresectable",
    }
    assert answer.verdicts == {ORDER: "contraindicated"}
    card = answer.card
    assert card["indicator"] == "critical"
    assert answer.created == ["avapritinib"]
    replacing = next(s for s in card["suggestions"] if any(a["type"] == "create" for a in s["actions"]))
    assert "isRecommended" not in replacing
    assert re.search(r"avapritinib\b.*\bif\b", replacing["label"], re.IGNORECASE)
    assert re.search(r"avapritinib\b.*\bif\b", detail(card), re.IGNORECASE)


def test_adjuvant_imatinib_at_high_risk_is_on_the_pathway_with_both_durations(ask: Ask) -> None:
    answer = ask(call(resected_high_risk()))
    assert answer.groups == ["gist-resectable-minimal-morbidity"]
    assert answer.value("recurrence-risk") == "high"
    assert answer.verdicts == {ORDER: "on-pathway"}
    assert answer.card["indicator"] == "info"
    assert "suggestions" not in answer.card
    assert re.search(r"at least (3|three) years", detail(answer.card), re.IGNORECASE)
    # 002 differs
    assert re.search(r"(1|one) year\b", detail(answer.card), re.IGNORECASE)
    assert "002" in detail(answer.card)
    option = next(
        o for o in answer.assessment["options"] if o["option"] == "imatinib" and o["role"] == "adjuvant"
    )
    assert option["note"] == "sources-differ"
    assert set(option["sources"]) == {"000", "001", "002"}


def test_imatinib_in_metastatic_disease_without_a_genotype_is_a_caution_that_offers_the_test(
    ask: Ask,
) -> None:
    answer = ask(call(metastatic_untested()))
    assert answer.groups == ["gist-recurrent-or-metastatic"]
    assert answer.verdicts == {ORDER: "caution"}
    assert answer.card["indicator"] == "warning"
    (suggestion,) = answer.card["suggestions"]
    (action,) = suggestion["actions"]
    assert action["resource"]["resourceType"] == "ServiceRequest"
    assert action["resource"]["code"]["coding"][0]["code"] == "mutation-testing"
    assert answer.why("genotype") == "missing"
    assert (
        answer.why("imatinib-sensitivity") == "missing"
        or answer.fact("imatinib-sensitivity")["state"] == "possible"
    )


def test_without_a_mitotic_count_the_answer_hangs_on_it(ask: Ask) -> None:
    answer = ask(call(resected_without_mitoses()))
    assert answer.fact("recurrence-risk") == {**answer.fact("recurrence-risk"), "state": "possible",
                                              "values": ["high", "low"]}  # fmt: skip
    assert answer.verdicts == {ORDER: "undetermined"}
    assert answer.assessment["missing"][0]["fact"] == "mitoses-per-50-hpf"
    assert "orders" in answer.assessment["missing"][0]["changes"]
    assert answer.card["indicator"] == "info"
    assert re.search("mitotic|mitoses", answer.card["summary"], re.IGNORECASE)


# -- the same request in other clothes ---------------------------------------------------------------

RECORDS: dict[str, Callable[[], list[Json]]] = {
    "contraindicated": unresectable_d842v,
    "on the pathway": resected_high_risk,
    "caution": metastatic_untested,
    "undetermined": resected_without_mitoses,
}
every_record = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)


def assert_same(ask: Ask, plain: Json, other: Json) -> Answer:
    expected, came = ask(plain), ask(other)
    assert came.assessment == expected.assessment
    assert came.stable == expected.stable
    return came


@every_record
def test_shuffled_entries_and_keys_change_nothing(ask: Ask, record: Callable[[], list[Json]]) -> None:
    plain = call([*record(), *irrelevant(30)])
    for seed in range(5):
        shuffled: Json = json.loads(json.dumps(plain))
        dice = random.Random(seed)
        keys = list(shuffled["prefetch"])
        dice.shuffle(keys)
        shuffled["prefetch"] = {key: shuffled["prefetch"][key] for key in keys}
        for held in shuffled["prefetch"].values():
            dice.shuffle(held.get("entry", []))
        assert_same(ask, plain, shuffled)


def irrelevant(count: int) -> list[Json]:
    """Resources of a chart that say nothing of the tumour, of every type that the service is sent."""

    def one(number: int) -> Json:
        name = f"irrelevant-{number}"
        kinds: tuple[Callable[[], Json], ...] = (
            lambda: observation(name, coded(LOINC, "718-7"), valueQuantity={"value": 11.0, "unit": "g/dL"}),
            lambda: observation(name, {"text": "Blood pressure"}, "exam", valueString="134/81"),
            lambda: of_patient(resourceType="Condition", id=name, code={"text": "Essential hypertension"}),
            lambda: of_patient(
                resourceType="MedicationRequest", id=name, status="active", intent="order",
                medicationCodeableConcept={"text": "metformin 500 mg"}, authoredOn="2024-03-01",
            ),
            lambda: of_patient(
                resourceType="Procedure", id=name, status="completed", code={"text": "Cataract surgery"}
            ),
            lambda: of_patient(resourceType="DiagnosticReport", id=name, status="final", code={"text": "Chest X-ray"}),
        )  # fmt: skip
        return kinds[number % len(kinds)]()

    return [one(number) for number in range(count)]


@every_record
def test_two_hundred_irrelevant_resources_change_nothing(ask: Ask, record: Callable[[], list[Json]]) -> None:
    assert_same(ask, call(record()), call([*record(), *irrelevant(200)]))


@every_record
def test_resource_types_that_nobody_asked_for_change_nothing(
    ask: Ask, record: Callable[[], list[Json]]
) -> None:
    plain = call(record())
    others = [{"resourceType": "Immunization", "id": "i-1"}, {"resourceType": "Appointment", "status": 5}]
    more: Json = json.loads(json.dumps(plain))
    for held in more["prefetch"].values():
        if held["resourceType"] == "Bundle":
            held["entry"] = [{"resource": o} for o in others] + held.get("entry", [])
            held["total"] += len(others)
    assert_same(ask, plain, more)


@every_record
def test_millimetres_are_tenths_of_centimetres(ask: Ask, record: Callable[[], list[Json]]) -> None:
    def in_millimetres(resource: Json) -> Json:
        if resource["id"] != "size-1":
            return resource
        return size(resource["component"][0]["valueQuantity"]["value"] * 10, "mm")

    assert_same(ask, call(record()), call([in_millimetres(r) for r in record()]))


@pytest.mark.parametrize(
    ("millimetres", "centimetres"),
    [(20, 2.0), (20.1, 2.01), (50, 5.0), (50.1, 5.01), (100, 10.0), (100.1, 10.01)],
)
def test_millimetres_and_centimetres_meet_at_every_cut_of_the_risk_table(
    ask: Ask, millimetres: float, centimetres: float
) -> None:
    def record(value: float, unit: str) -> list[Json]:
        return [gist(), size(value, unit), mitoses(3), kit_exon_11(), resection(), margin()]

    assert_same(ask, call(record(centimetres, "cm")), call(record(millimetres, "mm")))


@every_record
@pytest.mark.parametrize("key", ["observations-imaging", "observations-by-code"])
def test_resources_that_come_twice_count_once(ask: Ask, record: Callable[[], list[Json]], key: str) -> None:
    plain = call(record())
    twice: Json = {**plain, "prefetch": {**plain["prefetch"], key: searchset(*record())}}
    assert_same(ask, plain, twice)


def test_keys_that_are_not_ours_are_not_read(ask: Ask) -> None:
    plain = call([gist(), size(9.0), stated("resectability", "unresectable")])
    more = {
        **plain,
        "prefetch": {**plain["prefetch"], "somethingElse": searchset(d842v(), liver_metastasis())},
    }
    assert_same(ask, plain, more)


def test_unknown_members_and_extensions_of_the_call_change_nothing(ask: Ask) -> None:
    plain = call(unresectable_d842v())
    extended: dict[str, Any] = {
        **plain,
        "extension": {"com.epic.cdshooks.request.cds-hooks-specification-version": "1.1"},
        "newMember": [1, {"a": None}],
        "context": {**plain["context"], "extension": {"internalContextUseOnly": {"x": 1}}, "unitId": "u"},
    }
    assert_same(ask, plain, extended)


def test_prefetched_needs_no_order_of_keys() -> None:
    """The builder itself: every key that discovery names is answered."""
    assert set(prefetched([])) >= {"patient", "conditions", "observations-by-code"}

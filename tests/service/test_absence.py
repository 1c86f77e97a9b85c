"""The kinds of absence (decision 11): a missing key, null, an empty searchset, a failed and a partial answer.

Only an answer that came whole lets absence say anything. Nothing else is ever read as "not there".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.cli import main

from .asking import Ask
from .charts import (
    ALL_KEYS,
    Json,
    call,
    gist,
    imatinib_taken,
    liver_metastasis,
    margin,
    metastatic_kit_exon_11,
    mitoses,
    observation,
    prefetched,
    resected_high_risk,
    resected_very_low_risk,
    resection,
    searchset,
    size,
    stated,
    unresectable_d842v,
)

ORDER = "MedicationRequest/rx-1"


def outcome(severity: str) -> Json:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "processing"}]}


def with_entry(bundle: Json, resource: Json, *, first: bool = False) -> Json:
    entry = list(bundle.get("entry", []))
    entry.insert(0 if first else len(entry), {"resource": resource})
    return {**bundle, "entry": entry}


LOST: dict[str, Any] = {
    "absent": "absent",
    "outcome": outcome("error"),
    "fatal outcome": outcome("fatal"),
    "warning outcome alone": outcome("warning"),
    "error entry": with_entry(searchset(), outcome("error")),
    "fatal entry": with_entry(searchset(), outcome("fatal")),
    "next page": searchset(
        link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://e/p2"}]
    ),
    "total beyond the entries": searchset(total=3),
    "not FHIR": {"hello": "world"},
}
NONE: dict[str, Any] = {
    "null": None,
    "empty": searchset(),
    "empty with an empty entry": searchset(entry=[]),
    "warning entry": with_entry(searchset(), outcome("warning")),
    "information entry": with_entry(searchset(), outcome("information")),
    "self link": searchset(link=[{"relation": "self", "url": "https://e/x"}]),
}

# key -> (record without anything under the key, fact that absence would settle there)
SETTLED_BY_ABSENCE = {
    "procedures": "tumour-resected",
    "medication-requests": "current-therapy",
    "medication-statements": "current-therapy",
    "medication-administrations": "prior-therapies",
    "observations-survey": "recurrence",
    "observations-laboratory": "tumour-rupture",
}
UNKNOWN_ANYWAY = {
    "observations-laboratory": "mitoses-per-50-hpf",
    "observations-genomics": "genotype",
    "observations-imaging": "tumour-size-cm",
    "observations-by-code": "resectability",
    "patient": "age-years",
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_conditions_that_are_lost_are_412(ask: Ask, lost: Any) -> None:
    sent = call([], prefetch=prefetched([size(6.0)], conditions=lost))
    response = ask.client.post("/cds-services/sarcoma-pathway", json=sent)
    assert response.status_code == 412
    issue = response.get_json()["issue"][0]
    assert response.get_json()["resourceType"] == "OperationOutcome"
    assert "conditions" in issue["diagnostics"] + issue["details"]["text"] + str(issue.get("expression"))


@pytest.mark.parametrize("none", NONE.values(), ids=NONE)
@pytest.mark.parametrize("hook", ["order-select", "order-sign", "patient-view"])
def test_no_conditions_are_200_without_cards(ask: Ask, none: Any, hook: str) -> None:
    answer = ask(call([], hook=hook, prefetch=prefetched([size(6.0)], conditions=none)))
    assert answer.cards == []


@pytest.mark.parametrize("value", ["no", 1, True, [searchset()]], ids=str)
@pytest.mark.parametrize("key", ["conditions", "observations-laboratory"])
def test_a_prefetch_value_that_is_no_resource_is_400(ask: Ask, key: str, value: Any) -> None:
    sent = call([gist()])
    sent["prefetch"][key] = value
    assert ask.status(sent) == 400


@pytest.mark.parametrize(
    "answer",
    [searchset(searchset(searchset(gist()))), searchset(size(6.0))],
    ids=["nested Bundles", "another type"],
)
def test_an_answer_without_a_single_condition_to_the_question_for_conditions_is_412(
    ask: Ask, answer: Json
) -> None:
    assert ask.status(call([], prefetch={"conditions": answer})) == 412


def test_without_any_prefetch_it_is_412(ask: Ask) -> None:
    plain = call([])
    assert ask.status({**plain, "prefetch": {}}) == 412
    assert ask.status({k: v for k, v in plain.items() if k != "prefetch"}) == 412


@pytest.mark.parametrize("key", [k for k in ALL_KEYS if k != "conditions"])
@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_only_conditions_are_412(ask: Ask, key: str, lost: Any) -> None:
    sent = call([], prefetch=prefetched([gist(), size(6.0)], **{key.replace("-", "_"): lost}))
    answer = ask(sent)
    assert key in answer.assessment["failedQueries"]


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize(("key", "fact"), SETTLED_BY_ABSENCE.items(), ids=SETTLED_BY_ABSENCE)
def test_a_lost_answer_is_never_read_as_absence(ask: Ask, key: str, fact: str, lost: Any) -> None:
    record = [gist()]
    found = prefetched(record, **{key.replace("-", "_"): lost})
    read = ask(call([], prefetch=found)).fact(fact)
    assert "value" not in read, read
    assert read.get("why", "failed-query") == "failed-query"


@pytest.mark.parametrize(("key", "fact"), SETTLED_BY_ABSENCE.items(), ids=SETTLED_BY_ABSENCE)
@pytest.mark.parametrize("none", NONE.values(), ids=NONE)
def test_a_whole_answer_without_a_record_says_none(ask: Ask, key: str, fact: str, none: Any) -> None:
    answer = ask(call([], prefetch=prefetched([gist()], **{key.replace("-", "_"): none})))
    assert answer.fact(fact).get("state") == "known", answer.fact(fact)
    assert "failedQueries" not in answer.assessment


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize(("key", "fact"), UNKNOWN_ANYWAY.items(), ids=UNKNOWN_ANYWAY)
def test_a_fact_whose_query_failed_says_so(ask: Ask, key: str, fact: str, lost: Any) -> None:
    answer = ask(call([], prefetch=prefetched([gist()], **{key.replace("-", "_"): lost})))
    if answer.fact(fact):
        assert answer.why(fact) == "failed-query"
    whole = ask(call([gist()]))
    if fact != "age-years" and whole.fact(fact):
        assert whole.why(fact) == "missing"


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_a_card_says_that_a_query_failed(ask: Ask, lost: Any) -> None:
    record = [gist(), size(9.0), liver_metastasis()]
    sent = call([], prefetch=prefetched(record, observations_genomics=lost))
    answer = ask(sent)
    assert answer.why("genotype") == "failed-query"
    assert "could not be looked up" in answer.card["detail"]


@pytest.mark.parametrize("lost", ["next page", "total beyond the entries"])
def test_a_partial_answer_with_the_diagnosis_in_it_is_answered(ask: Ask, lost: str) -> None:
    """What was seen counts; what was not seen is not taken for absent."""
    partial = searchset(gist(), **{k: v for k, v in LOST[lost].items() if k in ("link", "total")})
    answer = ask(call([], prefetch=prefetched([size(6.0)], conditions=partial)))
    assert answer.assessment["disease"] == "gist"
    assert answer.why("m-category") == "failed-query"


@pytest.mark.parametrize("kind", ["MedicationRequest", "Medication"])
def test_resources_that_are_only_included_do_not_fill_up_the_total(ask: Ask, kind: str) -> None:
    """FHIR's `total` counts matches; an entry with search mode `include` is none."""
    included = {"resourceType": kind, "id": "included-1", "status": "active"}
    answer = searchset(total=1, entry=[{"resource": included, "search": {"mode": "include"}}])
    read = ask(call([], prefetch=prefetched([gist()], medication_requests=answer)))
    assert read.assessment.get("failedQueries") == ["medication-requests"]
    assert read.why("current-therapy") == "failed-query"


@pytest.mark.parametrize("key", ["observations-laboratory", "procedures", "medication-requests"])
@pytest.mark.parametrize("first", [True, False])
def test_where_an_error_stands_among_the_entries_changes_nothing(ask: Ask, key: str, first: bool) -> None:
    """The order of entries says nothing (DESIGN: same request, same assessment)."""
    record = [*resected_high_risk(), imatinib_taken()]
    found = prefetched(record)
    found[key] = with_entry(found[key], outcome("error"), first=first)
    other = prefetched(record)
    other[key] = with_entry(other[key], outcome("error"), first=not first)
    assert ask(call([], prefetch=found)).stable == ask(call([], prefetch=other)).stable


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_notice_among_the_entries_costs_nothing(ask: Ask, severity: str) -> None:
    """Some EHRs put an OperationOutcome into every searchset."""
    plain = call(unresectable_d842v())
    noted = call(unresectable_d842v())
    for held in noted["prefetch"].values():
        if held["resourceType"] == "Bundle":
            held |= with_entry(held, outcome(severity))
    assert ask(noted).stable == ask(plain).stable


def broken(resource: Json) -> Json:
    """The resource with one element of a wrong type, which leaves the rest readable for a person."""
    return {**resource, "meta": "not an object"}


UNREAD: dict[str, tuple[Callable[[], list[Json]], Json, str, Any]] = {
    # what absence would say, were the broken record not there
    "metastasis": (resected_very_low_risk, liver_metastasis(), "m-category", "M0"),
    "resection": (lambda: [gist(), size(6.0), mitoses(8)], resection(), "tumour-resected", False),
    "drug": (metastatic_kit_exon_11, imatinib_taken(), "current-therapy", []),
    "rupture": (resected_high_risk, stated("tumour-rupture", True), "tumour-rupture", False),
    "recurrence": (resected_high_risk, stated("recurrence", "distant"), "recurrence", "none"),
}


@pytest.mark.parametrize(("record", "lost", "fact", "absent"), UNREAD.values(), ids=UNREAD)
def test_a_record_that_cannot_be_read_is_never_read_as_absent(
    ask: Ask, record: Callable[[], list[Json]], lost: Json, fact: str, absent: Any
) -> None:
    answer = ask(call([*record(), broken(lost)]))
    assert [u["resource"] for u in answer.assessment["unread"]] == [f"{lost['resourceType']}/{lost['id']}"]
    read = answer.fact(fact)
    assert read.get("value", "nothing") != absent, read


def test_a_broken_resource_costs_only_its_own_facts_and_the_card_says_so(ask: Ask) -> None:
    record = [broken(r) if r["id"] == "mitoses-1" else r for r in resected_high_risk()]
    answer = ask(call(record))
    assert answer.value("tumour-size-cm") == 6
    assert answer.value("genotype") == ["kit-exon-11"]
    assert not answer.value("mitoses-per-50-hpf")
    assert [u["resource"] for u in answer.assessment["unread"]] == ["Observation/mitoses-1"]
    assert "could not be read" in answer.card["detail"]


# -- settings of a site -------------------------------------------------------------------------------


def test_null_may_be_set_to_mean_missing(ask: Ask, ask_as: Callable[..., Ask]) -> None:
    strict = ask_as(null_means="missing")
    assert strict.status(call([], prefetch=prefetched([], conditions=None))) == 412
    sent = call([], prefetch=prefetched([gist()], procedures=None))
    assert strict(sent).why("tumour-resected") == "failed-query"
    assert ask(sent).value("tumour-resected") is False


def test_null_may_be_set_to_mean_missing_but_empty_stays_none(ask_as: Callable[..., Ask]) -> None:
    strict = ask_as(null_means="missing")
    assert strict(call([], prefetch=prefetched([gist()]))).value("tumour-resected") is False


def test_keys_that_are_never_served_do_not_count_as_failed(ask: Ask, ask_as: Callable[..., Ask]) -> None:
    keys = ("procedures", "observations-genomics", "medication-statements")
    instead = dict.fromkeys((k.replace("-", "_") for k in keys), "absent")
    sent = call([], prefetch=prefetched([gist()], **instead))
    assert set(ask(sent).assessment["failedQueries"]) == set(keys)
    answer = ask_as(never_served=keys)(sent)
    assert "failedQueries" not in answer.assessment
    assert answer.value("tumour-resected") is False
    assert answer.why("genotype") == "missing"


def test_serve_refuses_a_key_that_is_no_prefetch_key_and_names_the_nearest() -> None:
    result = CliRunner().invoke(main, ["serve", "--development", "--never-served", "patient,procedure"])

    assert result.exit_code == 1
    assert "'procedure'" in result.output
    assert "'procedures'" in result.output


def test_a_key_that_is_never_served_but_fails_has_failed(ask_as: Callable[..., Ask]) -> None:
    sent = call([], prefetch=prefetched([gist()], procedures=outcome("error")))
    assert ask_as(never_served=("procedures",))(sent).why("tumour-resected") == "failed-query"


def test_the_assessment_can_be_switched_off(ask_as: Callable[..., Ask]) -> None:
    answer = ask_as(assessment_extension=False)(call(unresectable_d842v()))
    assert set(answer.body) == {"cards"}
    assert answer.card["indicator"] == "critical"


def test_a_margin_and_an_imaging_size_are_found_under_the_keys_that_hold_them(ask: Ask) -> None:
    record = [gist(), margin(), size(6.0)]
    imaged = observation("ct-1", {"text": "Tumor size"}, "imaging", valueString="7 x 6 cm")
    assert ask(call(record)).value("residual-tumour") == "R0"
    assert ask(call([gist(), imaged])).value("tumour-size-cm") == 7

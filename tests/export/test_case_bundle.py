"""A case as a Bundle: valid FHIR, and what our own service reads back from it is what we knew."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codesystem import CodeSystem

from cds_service.case.extract.stated import READ_AS
from cds_service.case.fact import Choice, Interval, Members, Value
from cds_service.case.vocabulary import CASE_FACTS
from cds_service.export.case_bundle import case_bundle
from cds_service.export.case_facts import case_facts
from tests.shipped import shipped

from ..case.chart import PATIENT, gist, service, subject
from ..case.chart import case_of as read_case

VOCABULARY = service().extractor.vocabulary


def known_values() -> list[Any]:
    """Every fact that a record can state, with a known value of its own."""
    found: list[Any] = []
    for name in VOCABULARY:
        definition = VOCABULARY[name]
        if name in ("disease", "patient-group"):
            continue
        value: Value
        match definition.type:
            case "boolean":
                value = Choice(frozenset({True}))
            case "code":
                value = Choice(frozenset({definition.values[-1]}))
            case "codes":
                value = Members(frozenset({definition.values[0]}))
            case _:
                value = Interval(2.0, 2.0)
        found.append(pytest.param(name, value, id=name))
    return found


@pytest.mark.parametrize(("name", "value"), known_values())
def test_the_service_reads_back_what_a_bundle_states(name: str, value: Value) -> None:
    """A known fact is written just as a record may state it, so a Bundle says nothing that we would not read."""
    (first, *others) = [entry["resource"] for entry in case_bundle({name: value}, VOCABULARY)["entry"]]
    stated = {**first, "id": "stated", "subject": subject()}
    read = read_case({"resourceType": "Patient", "id": PATIENT}, gist("C49.A0"), stated)
    # the pathway's stage is derived: what a record states of it is the stated one
    found = read.facts[READ_AS.get(name, name)].value

    if isinstance(value, Members):
        assert isinstance(found, Members)
        assert found.present == value.present
        assert [o for o in others if "value" in str(o.keys())] == [], "exclusions have no value of their own"
    else:
        assert found == value


def test_conflicting_values_are_read_back_as_both_possible() -> None:
    either = Choice(frozenset({"limited", "generalised"}))
    stated = [
        {**entry["resource"], "id": f"o{n}", "subject": subject()}
        for n, entry in enumerate(case_bundle({"progression": either}, VOCABULARY)["entry"])
    ]

    assert read_case(gist("C49.A0"), *stated).facts["progression"].value == either


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Interval(6, 6), {"valueQuantity": {"value": 6}}),
        (Interval(6.5, 6.5), {"valueQuantity": {"value": 6.5}}),
        (Interval(10, low_open=True), {"valueQuantity": {"value": 10, "comparator": ">"}}),
        (Interval(10), {"valueQuantity": {"value": 10, "comparator": ">="}}),
        (Interval(0.0, 2, high_open=True), {"valueQuantity": {"value": 2, "comparator": "<"}}),
        (Interval(0.0, 2), {"valueQuantity": {"value": 2, "comparator": "<="}}),
        (Interval(0.0, 2, True), {"component": [{"value": 0, "comparator": ">"}, {"value": 2, "comparator": "<="}]}),
        (Interval(2, 5, True), {"component": [{"value": 2, "comparator": ">"}, {"value": 5, "comparator": "<="}]}),
    ],
)  # fmt: skip
def test_a_number_is_written_as_far_as_it_is_known(value: Interval, written: dict[str, Any]) -> None:
    def bare(quantity: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in quantity.items() if k in ("value", "comparator")}

    (entry,) = case_bundle({"tumour-size-cm": value}, VOCABULARY)["entry"]
    found = entry["resource"]
    if "component" in written:
        assert [bare(c["valueQuantity"]) for c in found["component"]] == written["component"]
        assert "valueQuantity" not in found
    else:
        assert bare(found["valueQuantity"]) == written["valueQuantity"]


def test_nothing_is_written_of_what_is_unknown() -> None:
    unknown = {name: VOCABULARY[name].unknown() for name in VOCABULARY}

    assert case_bundle(unknown, VOCABULARY) == {"resourceType": "Bundle", "type": "collection"}


def test_a_bundle_is_valid_fhir_and_uses_only_published_codes() -> None:
    values = {p.values[0]: p.values[1] for p in known_values()}
    values |= {"disease": Choice(frozenset({"gist"})), "tumour-size-cm": Interval(2, 5)}
    bundle = case_bundle(values, VOCABULARY)
    Bundle.model_validate(bundle)

    def used(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(used, part))
        if isinstance(part, dict):
            mine = {part["code"]} if part.get("system") == CASE_FACTS else set()
            return mine.union(*map(used, part.values()))
        return set()

    published = case_facts(shipped())
    CodeSystem.model_validate(published)
    concepts = [c for top in published["concept"] for c in (top, *top.get("concept", ()))]
    codes = [c["code"] for c in concepts]
    assert len(codes) == len(set(codes))
    assert used(bundle) <= set(codes)

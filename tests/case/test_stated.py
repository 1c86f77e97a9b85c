"""Facts stated outright with the published CodeSystem `case-facts`, and the age."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.case.extract.stated import READ_AS
from cds_service.case.fact import Choice, Fact, Interval, Members
from tests.case.chart import (
    CASE_FACTS,
    ICDO,
    PATIENT,
    SCT,
    Json,
    case_of,
    concept,
    fact_of,
    gist,
    in_doubt,
    observation,
    point,
    possible,
    present,
    quantity,
    refer,
    service,
    size,
    stated,
    subject,
)

VOCABULARY = service().extractor.vocabulary


def _ways() -> list[Any]:
    """Every fact that can be stated with one of its values, as the contract says that it is written."""
    ways: list[Any] = []
    for name in VOCABULARY:
        definition = VOCABULARY[name]
        if name == "disease":
            continue
        match definition.type:
            case "boolean":
                ways += [pytest.param(name, {"valueBoolean": v}, v, id=f"{name}-{v}") for v in (True, False)]
            case "code" | "codes":
                ways += [
                    pytest.param(name, {"value": value}, value, id=f"{name}-{value}")
                    for value in definition.values
                ]
            case "integer":
                ways.append(pytest.param(name, {"valueInteger": 2}, 2.0, id=name))
            case _:
                unit = {"cm": "cm", "a": "a"}.get(definition.unit or "", "/(50.[HPF])")
                ways.append(pytest.param(name, {"valueQuantity": quantity(4, unit)}, 4.0, id=name))
    return ways


@pytest.mark.parametrize(("name", "value", "expected"), _ways())
def test_every_fact_can_be_stated(name: str, value: Json, expected: Any) -> None:
    """The contract: every fact can be stated this way. Age is stated where no date of birth is known; a stated stage
    is the record's own, not the pathway's."""
    nameless = {"resourceType": "Patient", "id": PATIENT}
    said = stated(name, category=[concept("urn:c", "survey")], **value)
    fact = case_of(nameless, gist("C49.A0"), said).facts[READ_AS.get(name, name)]
    assert _holds(fact, expected)
    assert [e.resource for e in fact.evidence] == [f"Observation/stated-{name}"]


def _holds(fact: Fact, expected: Any) -> bool:
    match fact.value:
        case Choice(found):
            return set(found) == {expected}
        case Members(found):
            return set(found) == {expected}
        case Interval(low, high):
            return low == high == expected


def test_the_system_may_carry_a_version() -> None:
    said = observation("s", concept(f"{CASE_FACTS}|1.0", "symptomatic"), valueBoolean=True)
    assert possible(fact_of("symptomatic", gist(), said)) == {True}


def test_the_disease_cannot_be_stated() -> None:
    assert possible(fact_of("disease", stated("disease", value="gist"))) == {"none"}


@pytest.mark.parametrize("status", ["R0", "R1", "R2"])
def test_a_stated_margin_is_that_of_a_resection(status: str) -> None:
    """As a coded margin is: R0 or R1 implies that the tumour has been resected."""
    said = stated("residual-tumour", value=status)
    assert possible(fact_of("tumour-resected", gist(), said)) == {True}
    assert possible(fact_of("tumour-resected", gist(), stated("residual-tumour", value="perhaps"))) == {False}


def test_a_fact_that_is_not_ours_is_passed_over() -> None:
    assert case_of(gist(), stated("shoe-size", valueInteger=43)).facts == case_of(gist()).facts


@pytest.mark.parametrize("name", ["resectability", "recurrence", "progression"])
def test_a_value_that_is_not_ours_is_uncodable(name: str) -> None:
    assert fact_of(name, gist(), stated(name, value="perhaps")).why == "uncodable"


def test_one_observation_for_each_value_of_a_set() -> None:
    one = stated("genotype", "a", value="kit-exon-11")
    two = stated("genotype", "b", value="sdh-deficient")
    assert present(fact_of("genotype", gist(), one, two)) == {"kit-exon-11", "sdh-deficient"}


@pytest.mark.parametrize(
    "value", [{"valueQuantity": quantity(6, "cm")}, {"valueQuantity": quantity(60, "mm")}], ids=["cm", "mm"]
)
def test_a_stated_size_in_any_unit_of_length(value: Json) -> None:
    assert point(fact_of("tumour-size-cm", gist(), stated("tumour-size-cm", **value))) == 6


@pytest.mark.parametrize(
    ("unit", "expected"), [("/50 HPF", 3), ("/5 mm2", 3), ("/10 HPF", 15), ("/mm2", None), ("/[HPF]", None)]
)
def test_a_stated_count_keeps_its_area(unit: str, expected: float | None) -> None:
    """A unit that contradicts the fact's own is never passed over."""
    said = stated("mitoses-per-50-hpf", valueQuantity=quantity(3, unit))
    assert point(fact_of("mitoses-per-50-hpf", gist(), said)) == expected


def test_a_stated_count_as_an_integer_is_per_fifty_fields() -> None:
    assert point(fact_of("mitoses-per-50-hpf", gist(), stated("mitoses-per-50-hpf", valueInteger=3))) == 3


def test_a_stated_age_in_months_is_no_age_in_years() -> None:
    nameless = {"resourceType": "Patient", "id": PATIENT}
    said = stated("age-years", valueQuantity=quantity(204, "mo"))
    assert point(fact_of("age-years", nameless, gist(), said)) in (None, 17)


@pytest.mark.parametrize("value", [9, 6])
def test_a_stated_performance_status_has_five_grades(value: int) -> None:
    said = stated("performance-status-ecog", valueInteger=value)
    assert point(fact_of("performance-status-ecog", gist(), said)) is None


def test_a_public_code_for_the_site() -> None:
    said = stated("primary-site", valueCodeableConcept=concept(SCT, "38848004"))
    assert possible(fact_of("primary-site", gist("C49.A0"), said)) == {"duodenum"}


def test_two_public_codes_that_disagree_are_not_chosen_between() -> None:
    both = {"coding": [{"system": SCT, "code": "38848004"}, {"system": SCT, "code": "69695003"}]}
    said = stated("primary-site", valueCodeableConcept=both)
    assert {"duodenum", "stomach"} <= possible(fact_of("primary-site", gist("C49.A0"), said))


@pytest.mark.parametrize("site", [concept(SCT, "10200004"), concept(ICDO, "C22.0")])
def test_a_public_code_for_a_metastatic_site(site: Json) -> None:
    said = stated("metastatic-sites", valueCodeableConcept=site)
    assert present(fact_of("metastatic-sites", gist(), said)) == {"liver"}


@pytest.mark.parametrize(("name", "text"), [("m-category", "M1"), ("n-category", "N1"), ("m-category", "M0")])
def test_m_and_n_as_strings(name: str, text: str) -> None:
    assert possible(fact_of(name, gist(), stated(name, valueString=text))) == {text}


def test_the_later_statement_wins() -> None:
    old = stated("symptomatic", "b", valueBoolean=True, effectiveDateTime="2024-01-01")
    new = stated("symptomatic", "a", valueBoolean=False, effectiveDateTime="2025-01-01")
    assert possible(fact_of("symptomatic", gist(), old, new)) == {False}


@pytest.mark.parametrize("second", ["2025-01-01", "2025-01", None])
def test_statements_of_one_day_conflict(second: str | None) -> None:
    dated = {"effectiveDateTime": second} if second else {}
    yes = stated("symptomatic", "a", valueBoolean=True, effectiveDateTime="2025-01-01")
    no = stated("symptomatic", "b", valueBoolean=False, **dated)
    fact = fact_of("symptomatic", gist(), yes, no)
    assert fact.why == "conflicting"
    assert possible(fact) == {True, False}


def test_a_stated_wild_type_leaves_other_drivers_open() -> None:
    fact = fact_of("genotype", gist(), stated("genotype", value="wild-type"))
    assert present(fact) == {"wild-type"}
    assert in_doubt(fact, "sdh-deficient")


def test_a_stated_fact_about_the_tumour_counts() -> None:
    said = stated("symptomatic", valueBoolean=True, focus=refer("Condition/gist"))
    assert possible(fact_of("symptomatic", gist(), said)) == {True}


# --- age -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1960-12-01", Interval(65, 65)),
        ("1960-12-02", Interval(64, 64)),
        ("1960-11-30", Interval(65, 65)),
        ("1960-12", Interval(64, 65)),
        ("1960-11", Interval(65, 65)),
        ("1960", Interval(64, 65)),
        ("2007-12", Interval(17, 18)),
        ("2024-02-29", Interval(1, 1)),
    ],
)
def test_age_on_the_day_of_the_call(born: str, expected: Interval) -> None:
    """A partial date of birth allows a range; on 1 December 2025."""
    patient = {"resourceType": "Patient", "id": PATIENT, "birthDate": born}
    assert fact_of("age-years", patient, gist()).value == expected


@pytest.mark.parametrize("born", ["2030-01-01", "soon", "1960-13-01", None])
def test_no_age_without_a_usable_date_of_birth(born: str | None) -> None:
    patient = {"resourceType": "Patient", "id": PATIENT, **({"birthDate": born} if born else {})}
    assert fact_of("age-years", patient, gist()).why is not None


def test_the_age_of_another_patient_is_not_taken() -> None:
    other = {"resourceType": "Patient", "id": "p2", "birthDate": "2015-01-01"}
    assert fact_of("age-years", other, gist(subject=subject())).why is not None


def test_a_measured_size_and_a_stated_one_are_equals() -> None:
    """`facts.yaml`: stated and pathology are one rank, so the later date decides."""
    measured = size("a", 4, specimen={"reference": "Specimen/x"}, effectiveDateTime="2025-02-01")
    said = stated("tumour-size-cm", "b", valueQuantity=quantity(7, "cm"), effectiveDateTime="2025-01-01")
    assert point(fact_of("tumour-size-cm", gist(), measured, said)) == 4

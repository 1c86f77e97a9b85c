"""Nothing hangs on how a record happens to be sorted, split over queries, or padded."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.case.chart import (
    ABSENT,
    ICD10CM,
    LOINC,
    SCT,
    TUMOUR,
    Json,
    answered,
    case_of,
    concept,
    condition,
    gene,
    gist,
    margin,
    mitoses,
    observation,
    protein,
    quantity,
    read_sent,
    refer,
    region,
    request,
    resection,
    searchset,
    service,
    size,
    stated,
    statement,
    variant,
)

DAYS = st.sampled_from([None, "2024", "2024-06", "2024-06-15", "2025-01-10", "2025-06-01"])


def _dated(make: Any) -> st.SearchStrategy[Json]:
    return DAYS.map(lambda day: make({"effectiveDateTime": day} if day else {}))


def _records() -> st.SearchStrategy[list[Json]]:
    """A patient with some of everything, often at odds with itself."""
    one_of = st.one_of(
        st.sampled_from([3, 6, 12]).flatmap(lambda cm: _dated(lambda d: size(f"size-{cm}-{d}", cm, **d))),
        st.sampled_from(["2/50 HPF", "8/5 mm2", "1/10 HPF", "7"]).flatmap(
            lambda t: _dated(lambda d: mitoses(f"mit-{t[0]}-{d}", valueString=t, **d))
        ),
        _dated(lambda d: variant(f"wt-{d}", gene("KIT"), gene("PDGFRA"), value=ABSENT, **d)),
        _dated(lambda d: variant(f"kit-{d}", gene("KIT"), protein("p.Val654Ala"), **d)),
        _dated(lambda d: variant(f"ex-{d}", gene("KIT"), region("Exon 11"), **d)),
        _dated(lambda d: variant(f"pdg-{d}", gene("PDGFRA"), protein("p.Asp842Val"), **d)),
        st.sampled_from(["R0", "R2"]).flatmap(lambda r: _dated(lambda d: margin(r, f"mar-{r}-{d}", **d))),
        st.sampled_from([True, False]).flatmap(
            lambda v: _dated(lambda d: stated("symptomatic", f"sym-{v}-{d}", valueBoolean=v, **d))
        ),
        DAYS.map(lambda day: statement(f"im-{day}", "imatinib", day)),
        DAYS.map(lambda day: request(f"su-{day}", "sunitinib", day)),
        DAYS.map(lambda day: resection(day)),
        st.sampled_from(["C78.7", "C77.2", "C18.9", "I50.9"]).map(
            lambda code: condition(f"c-{code}", concept(ICD10CM, code))
        ),
    )
    return st.lists(one_of, max_size=8, unique_by=lambda r: f"{r['resourceType']}/{_plain(r)}").map(
        lambda found: [gist(), *(dict(r, id=_plain(r)) for r in found)]
    )


def _plain(resource: Json) -> str:
    """An id of the characters that FHIR allows."""
    return "".join(c if c.isalnum() else "-" for c in resource["id"])


@settings(max_examples=60)
@given(st.data())
def test_the_order_of_entries_never_matters(data: st.DataObject) -> None:
    records = data.draw(_records())
    shuffled = data.draw(st.permutations(records))
    assert case_of(*shuffled) == case_of(*records)


@settings(max_examples=40)
@given(_records())
def test_a_resource_under_two_keys_counts_once(records: list[Json]) -> None:
    once = answered(*records)
    twice = dict(once)
    observations = [r for r in records if r["resourceType"] == "Observation"]
    twice["observations-by-code"] = searchset(*observations)
    twice["observations-survey"] = searchset(*reversed(observations))
    assert read_sent(twice)[0].facts == read_sent(once)[0].facts


@settings(max_examples=40)
@given(_records(), st.integers(min_value=1, max_value=20))
def test_irrelevant_resources_change_nothing(records: list[Json], number: int) -> None:
    noise: list[Json] = []
    for n in range(number):
        noise.append(observation(f"n{n}", concept(LOINC, "718-7"), valueQuantity=quantity(n, "g/dL")))
        noise.append(condition(f"n{n}", concept(SCT, "38341003", display="Hypertension")))
        noise.append(request(f"n{n}", "paracetamol 500 mg", "2025-01-01"))
    assert case_of(*records, *noise).facts == case_of(*records).facts


@settings(max_examples=40)
@given(_records())
def test_naming_the_tumour_as_focus_loses_nothing(records: list[Json]) -> None:
    """Beside no other cancer a record that names the GIST says what one without a focus says."""
    alone = [r for r in records if r["id"] != "c-C18-9"]
    focused = [{**r, "focus": refer(TUMOUR)} if r["resourceType"] == "Observation" else r for r in alone]
    assert case_of(*focused).facts == case_of(*alone).facts


@settings(max_examples=40)
@given(_records(), st.sampled_from(["entered-in-error", "preliminary", "cancelled"]))
def test_observations_that_are_no_evidence_are_as_if_not_sent(records: list[Json], status: str) -> None:
    kept = [r for r in records if r["resourceType"] != "Observation"]
    void = [{**r, "status": status} if r["resourceType"] == "Observation" else r for r in records]
    assert case_of(*void).facts == case_of(*kept).facts


@settings(max_examples=40)
@given(_records())
def test_another_patients_records_are_as_if_not_sent(records: list[Json]) -> None:
    theirs = [{**r, "id": f"x-{r['id']}", "subject": {"reference": "Patient/p2"}} for r in records]
    assert case_of(gist(), *theirs).facts == case_of(gist()).facts


def test_every_query_is_answered_in_these_tests() -> None:
    """Otherwise absence would never be read and the tests above would compare unknowns."""
    assert set(answered(gist())) == set(service().prefetch)

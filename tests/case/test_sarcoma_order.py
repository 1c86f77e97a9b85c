"""Nothing of a sarcoma's case hangs on how its record is sorted, and nothing is read from what is no evidence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.case.chart import (
    ICD10CM,
    LOINC,
    SARCOMA,
    SCT,
    Json,
    case_of,
    concept,
    condition,
    histology,
    margin,
    observation,
    procedure,
    refer,
    sarcoma,
    size,
    stated,
    statement,
)

DAYS = st.sampled_from([None, "2024", "2024-06", "2024-06-15", "2025-01-10", "2025-06-01"])


def _records() -> st.SearchStrategy[list[Json]]:
    """A patient with some of everything, often at odds with itself."""

    def dated(day: str | None) -> Json:
        return {"effectiveDateTime": day} if day else {}

    def performed(day: str | None) -> Json:
        return {"performedDateTime": day} if day else {}

    def named(kind: str, day: str | None) -> str:
        return f"{kind}-{day or 'never'}"

    one_of = st.one_of(
        DAYS.map(lambda d: size(named("size", d), 6, **dated(d))),
        st.tuples(DAYS, st.sampled_from([1, 2, 3])).map(
            lambda p: observation(
                named(f"g{p[1]}", p[0]), concept(LOINC, "33732-9"), valueInteger=p[1], **dated(p[0])
            )
        ),
        st.tuples(DAYS, st.sampled_from(["II", "3A", "ypIII"])).map(
            lambda p: observation(
                named(f"s{p[1]}", p[0]), concept(LOINC, "21908-9"), valueString=p[1], **dated(p[0])
            )
        ),
        DAYS.map(lambda d: margin("R1", named("margin", d), **dated(d))),
        DAYS.map(
            lambda d: procedure(
                named("op", d), concept(SCT, "370612006"), reasonReference=refer(SARCOMA), **performed(d)
            )
        ),
        DAYS.map(lambda d: procedure(named("rt", d), concept(SCT, "108290001"), **performed(d))),
        DAYS.map(lambda d: statement(named("dox", d), "doxorubicin", d)),
        st.tuples(DAYS, st.sampled_from(["local", "distant"])).map(
            lambda p: stated("recurrence", named(p[1], p[0]), value=p[1], **dated(p[0]))
        ),
        st.sampled_from(["C78.01", "C78.7", "C77.4", "C18.9"]).map(
            lambda code: condition(f"c-{code.replace('.', '')}", concept(ICD10CM, code))
        ),
        DAYS.map(
            lambda d: condition(
                named("again", d),
                concept(ICD10CM, "C49.9"),
                extension=histology("8850/3"),
                **({"recordedDate": d} if d else {}),
            )
        ),
    )
    return st.lists(one_of, max_size=8, unique_by=lambda r: f"{r['resourceType']}/{r['id']}").map(
        lambda found: [sarcoma(recordedDate="2024-01-01", extension=histology("8858/3")), *found]
    )


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_order_of_entries_never_matters(data: st.DataObject) -> None:
    records = data.draw(_records())
    assert case_of(*data.draw(st.permutations(records))) == case_of(*records)


@settings(max_examples=30, deadline=None)
@given(_records(), st.sampled_from(["entered-in-error", "preliminary", "cancelled"]))
def test_observations_that_are_no_evidence_are_as_if_not_sent(records: list[Json], status: str) -> None:
    kept = [r for r in records if r["resourceType"] != "Observation"]
    void = [{**r, "status": status} if r["resourceType"] == "Observation" else r for r in records]
    assert case_of(*void).facts == case_of(*kept).facts


@settings(max_examples=30, deadline=None)
@given(_records())
def test_another_patients_records_are_as_if_not_sent(records: list[Json]) -> None:
    theirs = [{**r, "id": f"x-{r['id']}", "subject": {"reference": "Patient/p2"}} for r in records]
    assert case_of(sarcoma(), *theirs).facts == case_of(sarcoma()).facts

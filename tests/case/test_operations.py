"""Operations by name, and those of which nobody can tell what was done."""

from __future__ import annotations

from typing import Any

import pytest

from .chart import (
    ICD10CM,
    SARCOMA,
    SCT,
    TUMOUR,
    Json,
    concept,
    condition,
    fact_of,
    gist,
    margin,
    possible,
    procedure,
    refer,
    sarcoma,
)

CPT = "http://www.ama-assn.org/go/cpt"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
FOR_TUMOUR: Json = {"reasonReference": refer(TUMOUR)}
MET = condition("met", concept(ICD10CM, "C78.7"))


def resected(done: Json, *others: Json) -> Any:
    return fact_of("tumour-resected", gist(), done, *others)


def operation(code: Json, **members: Any) -> Json:
    return procedure("op", code, "2025-06-01", **members)


@pytest.mark.parametrize(
    "name",
    ["Whipple procedure (pancreaticoduodenectomy)", "Partial colectomy with anastomosis", "Right hemicolectomy",
     "Proctectomy", "Oesophagectomy", "En bloc nephrectomy"],
)  # fmt: skip
def test_an_operation_for_the_tumour_by_its_name(name: str) -> None:
    assert possible(resected(operation(concept(text=name), **FOR_TUMOUR))) == {True}
    for_colon = condition("colon", concept(ICD10CM, "K57.3"))
    assert possible(resected(operation(concept(text=name)))) == {False}
    assert possible(
        resected(operation(concept(text=name), reasonReference=refer("Condition/colon")), for_colon)
    ) == {False}


def test_an_operation_on_an_organ_beside_a_sarcoma() -> None:
    done = operation(concept(text="En bloc nephrectomy and hemicolectomy"), reasonReference=refer(SARCOMA))
    assert possible(fact_of("tumour-resected", sarcoma("C48.0"), done)) == {True}


@pytest.mark.parametrize(
    "code",
    [
        concept(text="Splenectomy and distal pancreatectomy"),
        concept(text="Exploratory laparotomy"),
        concept(text="Major abdominal surgery"),
        concept("urn:oid:1.2.840.114350.1.13.1", "77"),
        concept(CPT, "43999"),
        concept(PCS, "0FTG0ZZ"),
    ],
)
def test_an_operation_for_the_tumour_that_cannot_be_read_leaves_open_whether_it_was_removed(
    code: Json,
) -> None:
    """10: absence means not resected only where there is no record."""
    found = resected(operation(code, **FOR_TUMOUR))

    assert (possible(found), found.why) == ({True, False}, "uncodable")
    assert [e.resource for e in found.evidence] == ["Procedure/op"]


def test_a_margin_beside_it_shows_the_resection() -> None:
    assert possible(resected(operation(concept(text="Splenectomy"), **FOR_TUMOUR), margin("R0"))) == {True}


@pytest.mark.parametrize(
    "done",
    [
        operation(concept(text="Splenectomy")),
        operation(concept(text="Splenectomy"), reasonCode=[concept(text="Trauma")]),
        operation(concept(text="Splenectomy"), reasonReference=refer("Condition/met")),
        operation(concept(text="CT of abdomen"), **FOR_TUMOUR),
        operation(concept(text="Insertion of port"), **FOR_TUMOUR),
        operation(concept(text="Surgical biopsy"), **FOR_TUMOUR),
        operation(concept(text="Consultation before surgery"), **FOR_TUMOUR),
        operation(concept(SCT, "86273004"), **FOR_TUMOUR),
        operation(concept(CPT, "74177"), **FOR_TUMOUR),
        operation(concept(PCS, "0DJ68ZZ"), **FOR_TUMOUR),
        {**operation(concept(text="Splenectomy"), **FOR_TUMOUR), "status": "not-done"},
        {**operation(concept(text="Splenectomy"), **FOR_TUMOUR), "status": "in-progress"},
    ],
)
def test_what_removed_no_tumour(done: Json) -> None:
    assert possible(resected(done, MET)) == {False}

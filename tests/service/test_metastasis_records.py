"""Whose metastasis it is: one of another cancer says nothing of this tumour, one that may be of either leaves M open.

Promise 1: what is about another tumour is no evidence. Decision 10: without a record of metastases M0 is taken.
"""

from __future__ import annotations

from typing import Any

import pytest

from .asking import Ask
from .charts import (
    ICD_10_CM,
    Json,
    call,
    coded,
    condition,
    draft,
    liver_metastasis,
    metastatic_kit_exon_11,
    resected_very_low_risk,
    stated,
)

ORDER = "MedicationRequest/rx-1"
METASTATIC = "gist-recurrent-or-metastatic"
LOCALISED = "gist-resectable-minimal-morbidity"
COLON = condition("colon-1", coded(ICD_10_CM, "C18.7"))
MELANOMA = condition("melanoma-1", coded(ICD_10_CM, "C43.59"))


def with_(*more: Json) -> list[Json]:
    return [*resected_very_low_risk(), *more]


def other(code: Json, **members: Any) -> Json:
    return condition("other-1", code, **members)


def related(to: str) -> Json:
    url = "http://hl7.org/fhir/StructureDefinition/condition-related"
    return {"extension": [{"url": url, "valueReference": {"reference": f"Condition/{to}"}}]}


@pytest.mark.parametrize(
    "elsewhere",
    [
        [other(coded(ICD_10_CM, "C61", text="Metastatic prostate cancer"))],
        [other({"text": "Metastatic breast cancer"})],
        [other({"text": "Metastatic melanoma"})],
        [other({"text": "Carcinoma of the lung with brain metastases"})],
        [other({"text": "Metastatic renal cell carcinoma"})],
        [MELANOMA, other(coded(ICD_10_CM, "C79.31", text="Brain metastasis from melanoma"))],
        [other(coded(ICD_10_CM, "C78.7", text="Colorectal liver metastases"))],
        [other(coded(ICD_10_CM, "C78.7", text="Liver metastases of breast cancer"))],
        [other(coded(ICD_10_CM, "C78.7", text="Metastatic adenocarcinoma to liver"))],
        [other(coded(ICD_10_CM, "C79.51", text="Bone metastasis, primary: prostate"))],
        [other({"text": "Liver metastases, breast primary"})],
        [COLON, liver_metastasis(**related("colon-1"))],
        [other(coded(ICD_10_CM, "E83.59", text="Metastatic calcification"))],
        [other({"text": "Metastatic calcification of the lung"})],
        [other({"text": "Encounter to evaluate for metastasis"})],
        [other({"text": "At risk for metastasis"})],
    ],
    ids=lambda records: records[-1]["code"].get("text", "related"),
)
def test_another_cancers_metastasis_is_none_of_this_tumour(ask: Ask, elsewhere: list[Json]) -> None:
    answer = ask(call(with_(*elsewhere)))
    assert answer.fact("m-category").get("value") != "M1"
    assert METASTATIC not in answer.groups or answer.why("m-category") is None
    assert answer.verdicts[ORDER] in ("off-pathway", "undetermined")


@pytest.mark.parametrize(
    "ours",
    [
        [liver_metastasis()],
        [other(coded(ICD_10_CM, "C78.7", text="Liver metastases"))],
        [other({"text": "Liver metastases"})],
        [other({"text": "Metastatic GIST"})],
        [other({"text": "Metastatic GIST under surveillance"})],
        [other({"text": "Metastatic disease"})],
        [other({"text": "GIST with liver mets"})],
        [other({"text": "Metastatic GIST to liver, high risk of bleeding"})],
        [other({"text": "GIST, metastatic to liver"})],
        [other(coded(ICD_10_CM, "C78.7", text="Metastasis to liver from gastrointestinal stromal tumor"))],
        [COLON, liver_metastasis(**related("gist-1"))],
        [COLON, other(coded(ICD_10_CM, "C78.7", text="Liver metastasis of GIST"))],
        # over for long
        [{**COLON, "clinicalStatus": {"text": "resolved"}}, liver_metastasis()],
    ],
    ids=lambda records: records[-1]["code"].get("text", f"{len(records)} coded"),
)
def test_a_metastasis_of_this_tumour_still_counts(ask: Ask, ours: list[Json]) -> None:
    answer = ask(call(with_(*ours)))
    assert answer.value("m-category") == "M1"
    assert answer.groups == [METASTATIC]


@pytest.mark.parametrize(
    "either",
    [
        [COLON, liver_metastasis()],
        [COLON, other({"text": "Liver metastases"})],
        [other({"text": "Metastatic cancer"})],
        [other({"text": "Liver metastases of unknown primary"})],
        [other({"text": "Suspected liver metastases"})],
        [other(coded(ICD_10_CM, "C78.7", text="Liver metastases?"))],
        [other({"text": "Metastatic leiomyosarcoma"})],
        [other({"text": "Lung nodules concerning for metastases"})],
        [other(coded(ICD_10_CM, "R91.8", text="Lung nodules, metastases"))],
        # the same organ under a less exact code
        [other(coded(ICD_10_CM, "C16.9", text="Gastric tumour, metastatic"))],
    ],
    ids=lambda records: records[-1]["code"].get("text", "coded"),
)
def test_a_metastasis_that_may_be_of_either_leaves_m_open(ask: Ask, either: list[Json]) -> None:
    answer = ask(call(with_(*either)))
    assert answer.why("m-category") == "uncodable"
    assert {METASTATIC, LOCALISED} <= set(answer.groups)
    assert answer.verdicts[ORDER] == "undetermined"


def test_nodes_that_may_be_of_either_leave_n_open(ask: Ask) -> None:
    nodes = condition("nodes-1", coded(ICD_10_CM, "C77.2"))
    answer = ask(call(with_(COLON, nodes)))
    assert (answer.why("n-category"), answer.value("m-category")) == ("uncodable", "M0")


def test_what_the_record_says_of_this_tumour_settles_an_open_metastasis(ask: Ask) -> None:
    said = stated("m-category", "M0", focus=[{"reference": "Condition/gist-1"}])
    assert ask(call(with_(COLON, liver_metastasis(), said))).value("m-category") == "M0"


@pytest.mark.parametrize(
    "text",
    [
        "Gastric GIST with low metastatic potential",
        "Gastric GIST, high risk for liver metastasis",
        "Gastric GIST, metastatic risk low",
        "Gastric GIST, screening for metastases",
        "Gastric GIST, metastatic work-up",
        "Gastric GIST, low risk of recurrence/metastasis",
    ],
)
def test_a_metastasis_that_may_come_is_none(ask: Ask, text: str) -> None:
    rest = [r for r in resected_very_low_risk() if r["resourceType"] != "Condition"]
    answer = ask(call([condition("gist-1", {"text": text}), *rest]))
    assert answer.groups == [LOCALISED]


@pytest.mark.parametrize("text", ["Gastric GIST, metastatic to liver", "Metastatic gastric GIST"])
def test_a_metastasis_in_the_name_of_the_tumour_counts(ask: Ask, text: str) -> None:
    rest = [r for r in resected_very_low_risk() if r["resourceType"] != "Condition"]
    answer = ask(call([condition("gist-1", {"text": text}), *rest]))
    assert answer.groups == [METASTATIC]


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("Metastatic breast cancer", "out-of-scope"),
        ("Brain metastases from melanoma", "out-of-scope"),
        ("Colorectal liver metastases", "out-of-scope"),
        ("Metastatic GIST", "on-pathway"),
        ("Liver metastases", "on-pathway"),
    ],
)
def test_an_order_for_another_cancers_metastasis_is_for_something_else(
    ask: Ask, reason: str, verdict: str
) -> None:
    """Decision 30: an order whose reason names another disease is out of scope."""
    ordered = draft(reasonReference=[], reasonCode=[{"text": reason}])
    answer = ask(call(metastatic_kit_exon_11(), [ordered]))
    assert answer.verdicts[ORDER] == verdict

"""One patient's assessment as a row of the Parquet files."""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from ..pathway.assessment import Assessment, fact_json
from .tally import UNKNOWN

Row = dict[str, Any]

COLUMNS = pa.schema(
    [
        ("patient", pa.string()),
        ("disease", pa.string()),
        ("placement", pa.string()),
        ("groups", pa.list_(pa.string())),
        ("not_addressed", pa.string()),
        ("stage", pa.string()),
        ("recurrence_risk", pa.string()),
        ("genotype", pa.list_(pa.string())),
        (
            "orders",
            pa.list_(pa.struct([("order", pa.string()), ("option", pa.string()), ("verdict", pa.string())])),
        ),
        ("missing", pa.list_(pa.string())),
        ("trials", pa.list_(pa.struct([("trial", pa.string()), ("eligibility", pa.string())]))),
        ("unread", pa.int32()),
        ("refused", pa.string()),
        ("failed", pa.string()),
        ("assessment", pa.string()),
    ]
)
"""`stage` and `recurrence_risk` are `unknown` where the record leaves them open, null where the disease has none;
`genotype` is then `unknown` too. `refused`: the code with which the service refused the patient; `failed`: the kind of
error that ended the evaluation of this patient; else null. `assessment` is the whole of it as JSON."""

_LISTS = tuple(field.name for field in COLUMNS if pa.types.is_list(field.type))
_EMPTY: Row = {**dict.fromkeys(COLUMNS.names), "unread": 0}


def assessed(patient: str, assessment: Assessment) -> Row:
    """The row of a patient who was assessed."""
    content = assessment.to_json()
    orders = [
        {"order": o["order"], "option": o.get("option"), "verdict": o["verdict"]}
        for o in content.get("orders", ())
    ]
    trials = [{"trial": t["trial"], "eligibility": t["eligibility"]} for t in content.get("trials", ())]
    sts, gist = assessment.disease == "sts", assessment.disease == "gist"
    return _row(
        patient,
        disease=assessment.disease,
        placement=assessment.placement,
        groups=list(assessment.groups),
        not_addressed=content.get("notAddressed"),
        stage=_settled(assessment, "stage") if sts else None,
        recurrence_risk=_settled(assessment, "recurrence-risk") if gist else None,
        genotype=_members(assessment, "genotype") if gist else [],
        orders=orders,
        missing=[m.fact for m in assessment.missing],
        trials=trials,
        unread=len(content.get("unread", ())),
        assessment=msgspec.json.encode(content).decode(),
    )


def unassessed(patient: str, *, refused: str | None = None, failed: str | None = None) -> Row:
    """The row of a patient for whom there is no assessment, and why."""
    return _row(patient, refused=refused, failed=failed)


def _row(patient: str, **stated: Any) -> Row:
    lists: Row = {name: [] for name in _LISTS}
    return {**_EMPTY, **lists, "patient": patient, **stated}


def line(row: Row) -> bytes:
    """The row as a line of NDJSON: `patient` with `assessment`, `refused` or `failed`."""
    told: Row = {"patient": row["patient"]}
    if row["assessment"] is not None:
        told["assessment"] = msgspec.Raw(row["assessment"].encode())
    told |= {name: row[name] for name in ("refused", "failed") if row[name]}
    return msgspec.json.encode(told) + b"\n"


def _fact(assessment: Assessment, name: str) -> dict[str, Any]:
    return fact_json(assessment.facts[name]) if name in assessment.facts else {"state": UNKNOWN}


def _settled(assessment: Assessment, name: str) -> str:
    found = _fact(assessment, name)
    return str(found["value"]) if found["state"] == "known" else UNKNOWN


def _members(assessment: Assessment, name: str) -> list[str]:
    found = _fact(assessment, name)
    return list(found.get("value", ["none"])) if found["state"] == "known" else [UNKNOWN]
